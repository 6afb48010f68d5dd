"""Two histories lined up, item by item. No I/O."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from nbagents.sessions.table.records import frame_of_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

__all__ = ["common_start", "lined_up"]

Pair = tuple[int | None, int | None]

_KIND = ("type", "role", "tool")
_SAID = ("text", "arguments", "output")
_TYPES = {
    "status": "object",
    "position": "Int64",
    "other_position": "Int64",
    **dict.fromkeys((*_KIND, "what", "other_what"), "object"),
}


def lined_up(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Line two histories up by what their items say; the ids that servers give do not count.

    Args:
        here: A frame of ``to_frame``.
        there: Another.

    Returns:
        One row for each pair, and for each item that has none; see ``SQLiteSession.compare``.

    Example:
        >>> from nbagents.sessions.table.frame import frame_of
        >>> a, b = '{"role": "user", "content": "A"}', '{"role": "user", "content": "B"}'
        >>> one, two = (frame_of([(1, None, a, None), (2, None, last, None)])[0] for last in (a, b))
        >>> lined_up(one, two)[["status", "what", "other_what"]].values.tolist()
        [['same', 'A', 'A'], ['changed', 'A', 'B']]
    """
    ours, theirs = _columns(here), _columns(there)
    says, other_says = _what(here), _what(there)
    records = []
    for left, right in _pairs(list(zip(*ours, strict=True)), list(zip(*theirs, strict=True))):
        columns, place = (ours, left) if left is not None else (theirs, right or 0)
        records.append(
            (
                _status(left, right, says, other_says),
                *(None if place is None else place + 1 for place in (left, right)),
                *(column[place] for column in columns[: len(_KIND)]),
                None if left is None else says[left],
                None if right is None else other_says[right],
            )
        )
    return frame_of_records(_TYPES, records)


def common_start(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two histories begin with in common.

    Example:
        >>> common_start("abcd", "abxd")
        2
    """
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _columns(frame: pd.DataFrame) -> list[list[Any]]:
    return [frame[name].tolist() for name in (*_KIND, *_SAID)]


def _what(frame: pd.DataFrame) -> list[str]:
    """Return what each item says, whole."""
    columns = (frame[name].tolist() for name in ("text", "tool", "arguments", "output", "item"))
    return [
        text or (f"{tool}({arguments})" if arguments is not None else output or item)
        for text, tool, arguments, output, item in zip(*columns, strict=True)
    ]


def _status(left: int | None, right: int | None, says: Sequence[str], other_says: Sequence[str]) -> str:
    if left is None:
        return "only there"
    if right is None:
        return "only here"
    return "same" if says[left] == other_says[right] else "changed"


def _pairs(here: Sequence[tuple[Any, ...]], there: Sequence[tuple[Any, ...]]) -> Iterator[Pair]:
    """Pair what is equal; between that, what is of the same kind."""
    start = common_start(here, there)
    end = common_start(here[start:][::-1], there[start:][::-1])
    yield from ((place, place) for place in range(start))
    middle, other_middle = here[start : len(here) - end], there[start : len(there) - end]
    matcher = SequenceMatcher(None, middle, other_middle, autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            yield from ((start + a + step, start + b + step) for step in range(a_end - a))
        else:
            yield from _kin(here, there, range(start + a, start + a_end), range(start + b, start + b_end))
    yield from ((len(here) - step, len(there) - step) for step in range(end, 0, -1))


def _kin(
    here: Sequence[tuple[Any, ...]], there: Sequence[tuple[Any, ...]], ours: range, theirs: range
) -> Iterator[Pair]:
    """Pair items of the same type, role and tool; the others stand alone."""
    kinds = [here[place][: len(_KIND)] for place in ours]
    other_kinds = [there[place][: len(_KIND)] for place in theirs]
    for tag, a, a_end, b, b_end in SequenceMatcher(None, kinds, other_kinds, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(ours[a:a_end], theirs[b:b_end], strict=True)
        else:
            yield from ((place, None) for place in ours[a:a_end])
            yield from ((None, place) for place in theirs[b:b_end])
