"""The arithmetic of row ids. The SDK reads a history in the order of its ids, so an id is also a place.

New items get ids a ``STRIDE`` apart. An item that is inserted or moved then takes a free id between its new
neighbours, and every other row keeps its own. Where rows lie densely (the SDK wrote them) and there is no room,
the rows from there on are renumbered at the end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STRIDE", "appended", "between", "longest_rising", "placed"]

STRIDE = 1024


def appended(last: int, count: int) -> list[int]:
    """Return ids for rows that are added after every other.

    Args:
        last: The largest id the table ever gave.
        count: How many ids.

    Example:
        >>> appended(0, 2)
        [1024, 2048]
    """
    return list(range(last + STRIDE, last + STRIDE * count + 1, STRIDE))


def between(low: int, high: int, count: int, taken: Sequence[int]) -> list[int] | None:
    """Return rising free ids strictly between two ids, spread evenly, or None where there is no room.

    Args:
        low: The id before.
        high: The id after.
        count: How many ids.
        taken: Ids that rows of the table have, rising.

    Example:
        >>> between(1024, 2048, 1, ())
        [1536]
        >>> between(3, 5, 2, ()) is None
        True
    """
    occupied = list(taken[bisect_right(taken, low) : bisect_left(taken, high)])
    if high - low - 1 - len(occupied) < count:
        return None
    chosen: list[int] = []
    for number in range(1, count + 1):
        wish = low + (high - low) * number // (count + 1)
        id_ = _nearest_free(wish, low, high, occupied)
        insort(occupied, id_)
        insort(chosen, id_)
    return chosen


def _nearest_free(wish: int, low: int, high: int, occupied: Sequence[int]) -> int:
    def free(id_: int) -> bool:
        """Tell whether an id is between the two and not taken."""
        place = bisect_left(occupied, id_)
        return low < id_ < high and (place == len(occupied) or occupied[place] != id_)

    distance = 0
    while True:  # ends: the caller counted that one is free
        for id_ in (wish - distance, wish + distance):
            if free(id_):
                return id_
        distance += 1


def longest_rising(ids: Sequence[int]) -> set[int]:
    """Return the most ids that can stay where they are, which are the longest rising subsequence.

    Args:
        ids: Ids in their new order; none twice.

    Example:
        >>> sorted(longest_rising([1, 4, 2, 3]))
        [1, 2, 3]
    """
    ends: list[int] = []  # the smallest id that ends a rising run of each length
    places: list[int] = []
    before: list[int] = []
    for place, id_ in enumerate(ids):
        length = bisect_left(ends, id_)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(id_)
            places.append(place)
        else:
            ends[length], places[length] = id_, place
    kept: set[int] = set()
    place = places[-1] if places else -1
    while place >= 0:
        kept.add(ids[place])
        place = before[place]
    return kept


def placed(order: Sequence[int | None], taken: Sequence[int], last: int) -> list[int]:
    """Give every row of a history an id, so that ids rise in the order of the rows.

    Args:
        order: The rows' present ids in their new order; None for a row that has none yet.
        taken: Ids that rows of the table have, rising; those between two that stay cannot be used.
        last: The largest id the table ever gave.

    Returns:
        One id for each row; as many as possible are the present ones.

    Example:
        >>> placed([1024, None, 2048], (), 2048)
        [1024, 1536, 2048]
        >>> placed([1, None, 2], (), 2)
        [1, 1026, 2050]
    """
    staying = longest_rising([id_ for id_ in order if id_ is not None])
    fixed = [id_ if id_ in staying else None for id_ in order]
    ids: list[int] = []
    while len(ids) < len(fixed):
        start = len(ids)
        stop = next((place for place in range(start, len(fixed)) if fixed[place] is not None), len(fixed))
        room = _room(ids[-1] if ids else 0, fixed[stop] if stop < len(fixed) else None, stop - start, taken)
        if room is None:
            return ids + appended(last, len(fixed) - start)
        ids += room
        ids += [id_ for id_ in fixed[stop : stop + 1] if id_ is not None]
    return ids


def _room(low: int, high: int | None, count: int, taken: Sequence[int]) -> list[int] | None:
    if count == 0:
        return []
    return None if high is None else between(low, high, count, taken)
