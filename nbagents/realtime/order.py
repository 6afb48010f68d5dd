"""The order of a conversation's items, from what each says it follows, however late that is said."""

from __future__ import annotations

from collections import defaultdict

__all__ = ["Order"]


class Order:
    """Item ids in conversation order.

    Example:
        >>> order = Order()
        >>> order.place("c", "b"), order.place("b", "a"), order.place("a", None)
        (None, None, None)
        >>> order.ids
        ['a', 'b', 'c']
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._previous: dict[str, str | None] = {}
        self._start: str | None = None

    def place(self, item_id: str, previous: str | None) -> None:
        """Put an item after the one it follows, which may not be known yet.

        Args:
            item_id: The item.
            previous: The item before it; None is the beginning of this connection's conversation.
        """
        if item_id not in self._previous:
            self._previous[item_id] = self._start if previous is None else previous
            self.ids = self._sorted()

    def place_last(self, item_id: str) -> None:
        """Put an item at the end where nothing is known of its place."""
        if item_id not in self._previous:
            self._previous[item_id] = self.ids[-1] if self.ids else None
            self.ids.append(item_id)

    def remove(self, item_id: str) -> None:
        """Take an item out; what followed it follows the one before."""
        before = self._previous.pop(item_id, None)
        for other, previous in self._previous.items():
            if previous == item_id:
                self._previous[other] = before
        self.ids = self._sorted()

    def begin_again(self) -> None:
        """Note that a new connection begins: what it calls first comes after all there is."""
        self._start = self.ids[-1] if self.ids else None

    def _sorted(self) -> list[str]:
        following: dict[str, list[str]] = defaultdict(list)
        first, orphans = [], []
        for item_id, previous in self._previous.items():
            if previous is None:
                first.append(item_id)
            elif previous in self._previous:
                following[previous].append(item_id)
            else:
                orphans.append(item_id)
        ids: list[str] = []
        todo = [*reversed(orphans), *reversed(first)]
        while todo:  # not recursive: a conversation is one long chain
            ids.append(todo.pop())
            todo += following[ids[-1]]  # of two that say they follow it, the later was put in between
        return ids
