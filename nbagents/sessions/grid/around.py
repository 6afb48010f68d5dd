"""The rows that a change can touch: those it names, their other halves, and what stands beside each of them.

Settling orphans among these rows comes to the same as settling the whole history (see ``settle_orphans``), because
a pair is decided by the rows that share its call id, and reasoning by what follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nbagents.sessions.grid.outline import names_of
from nbagents.sessions.items.rows import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nbagents.sessions.items.rows import Item, RawRow

__all__ = ["Lookup", "item_of", "rows_around"]

_MOST_ROWS = 100  # more are found by reading through the history than one by one
_STEP = 4  # rows looked at in one go beside a row


class Lookup(Protocol):
    """How the rows of one history are found."""

    def rows(self, ids: Collection[int]) -> list[RawRow]:
        """Return the rows that have some ids, in order."""

    def beside(self, id_: int | None, count: int, *, after: bool) -> list[RawRow]:
        """Return the rows next to an id, the nearest first; None stands for what comes after the last row."""

    def named(self, names: Collection[str]) -> list[RawRow]:
        """Return the rows whose items have one of some names (``names_of``), in order."""

    def every(self) -> list[RawRow]:
        """Return the whole history."""


def rows_around(
    lookup: Lookup, touched: Sequence[RawRow], points: Iterable[int | None], names: Iterable[str] = ()
) -> list[RawRow]:
    """Return the rows that a change can touch, in order.

    Args:
        lookup: The history.
        touched: The rows that the change names.
        points: Rows before which others come to stand; None is the end.
        names: What new or edited items may be called by others.
    """
    called = {*names, *(name for row in touched for name in names_of(item_of(row) or {}))}
    if len(touched) > _MOST_ROWS or len(called) > _MOST_ROWS:
        return lookup.every()
    stands = set(points)
    near = [*touched, *lookup.rows({id_ for id_ in stands if id_ is not None}), *lookup.named(called)]
    if len(near) > _MOST_ROWS:
        return lookup.every()
    found = {row[0]: row for row in near}
    for id_ in stands.union(found):
        for after in (False, True):
            found.update((row[0], row) for row in _through(lookup, id_, after=after))
    _add_namesakes(lookup, found)
    return [found[id_] for id_ in sorted(id_ for id_ in found if id_ is not None)]


def item_of(row: RawRow) -> Item | None:
    """Return a row's item, None where it holds none."""
    _, items, _ = decode([row])
    return items[0] if items else None


def _through(lookup: Lookup, id_: int | None, *, after: bool) -> list[RawRow]:
    """Return the rows beside one, through the first that is not reasoning."""
    found: list[RawRow] = []
    while not (after and id_ is None):
        step = lookup.beside(id_, _STEP, after=after)
        for row in step:
            found.append(row)
            item = item_of(row)
            if item is not None and item.get("type") != "reasoning":
                return found
        if len(step) < _STEP:
            return found
        id_ = step[-1][0]
    return found


def _add_namesakes(lookup: Lookup, found: dict[int | None, RawRow]) -> None:
    """Add reasoning of the same id as some that was found, with what follows it: it may have been alone before."""
    items = (item_of(row) for row in list(found.values()))
    names = {name for item in items if item and item.get("type") == "reasoning" for name in names_of(item)}
    for row in lookup.named(names) if names else ():
        if row[0] not in found:
            found[row[0]] = row
            found.update((next_[0], next_) for next_ in _through(lookup, row[0], after=True))
