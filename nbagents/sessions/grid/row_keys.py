"""Names for the rows of a history that keeps no ids: each row goes by one name for as long as it is there."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["common_ends", "followed"]


def followed(
    was: Sequence[object], keys: Sequence[str], now: Sequence[object], new_key: Callable[[], str]
) -> list[str]:
    """Return the keys of a history's rows after somebody changed it.

    Rows that are as they were keep their keys, moved ones too; of those that are not, each row that stands where
    one stood before takes its key, if as many stand there.

    Args:
        was: What each row held before.
        keys: Their keys.
        now: What each row holds now.
        new_key: Makes a new key.

    Example:
        >>> followed(["a", "b", "c"], ["1", "2", "3"], ["b", "a", "d", "c"], lambda: "new")
        ['2', '1', 'new', '3']
    """
    head, tail = common_ends(was, now)
    old, old_keys = was[head : len(was) - tail], keys[head : len(was) - tail]
    new = now[head : len(now) - tail]
    free: defaultdict[object, deque[int]] = defaultdict(deque)
    for place, content in enumerate(old):
        free[content].append(place)
    origins = [free[content].popleft() if free.get(content) else None for content in new]
    left = {place for places in free.values() for place in places} if len(old) == len(new) else set()
    middle = [
        old_keys[origin] if origin is not None else old_keys[place] if place in left else new_key()
        for place, origin in enumerate(origins)
    ]
    return [*keys[:head], *middle, *keys[len(was) - tail :]]


def common_ends(was: Sequence[object], now: Sequence[object]) -> tuple[int, int]:
    """Return how many rows two histories share at their beginning, and then at their end.

    Example:
        >>> common_ends("abc", "ac")
        (1, 1)
    """
    shorter = min(len(was), len(now))
    head = 0
    while head < shorter and was[head] == now[head]:
        head += 1
    tail = 0
    while tail < shorter - head and was[-1 - tail] == now[-1 - tail]:
        tail += 1
    return head, tail
