"""From a change and the rows it can touch to what must be written. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from nbagents.errors import FrameError
from nbagents.sessions.grid.around import item_of
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell
from nbagents.sessions.items.item_ids import check_ids
from nbagents.sessions.items.item_shape import check_shape
from nbagents.sessions.table.columns import COLUMNS, EDITABLE
from nbagents.sessions.table.edited import Cells, Wanted, unchanged_rows, wanted_rows
from nbagents.sessions.table.edits import plan_with_ids
from nbagents.sessions.table.ids import appended, between
from nbagents.sessions.table.orphans import settle_orphans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.table.edits import KnownIds, Plan
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = [
    "NoRoomError",
    "Slot",
    "check_slots",
    "edited_row",
    "inserted_row",
    "laid_out",
    "plan_of",
    "settled_slots",
]


class NoRoomError(Exception):
    """There is no free id before a row; all from there on must be renumbered.

    Attributes:
        high: The row's id.
    """

    def __init__(self, high: int) -> None:
        super().__init__(high)
        self.high = high


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the history that is being made.

    Attributes:
        row: What stands there; None where a row is gone, or holds no item and stays.
        id: The id of the row that stood there before; None where a row comes to stand.
        stored: The row as it is stored.
        gone: Whether nothing stands there any more. It still is a bound for the ids beside it.
    """

    row: Wanted | None
    id: int | None
    stored: RawRow | None = None
    gone: bool = False


def edited_row(row: RawRow, change: SetCell, label: object, *, session_id: str) -> Wanted:
    """Return what one row becomes.

    Args:
        row: The row.
        change: A change of one of its cells.
        label: How errors name the row.
        session_id: For the error.

    Raises:
        FrameError: It cannot have that value.
    """
    if change.column not in EDITABLE:
        known = any(column.name == change.column for column in COLUMNS)
        problem = "cannot be edited; it follows from the item" if known else "is not a column of a session"
        _refuse(problem, label, change.column, session_id)
    if item_of(row) is None:
        _refuse("the row holds no item; it can only be deleted", label, change.column, session_id)
    cells = Cells([label], [row[0]], {change.column: [change.value]})
    wanted = wanted_rows(cells, [row], session_id=session_id)[0]
    if wanted.data != row[2]:
        _check(wanted, label, change.column, session_id)
    return wanted


def inserted_row(cells: Mapping[str, str | None], *, session_id: str) -> Wanted:
    """Return a row that is new.

    Raises:
        FrameError: The cells do not make an item.
    """
    for name in cells:
        if name not in {column.name for column in COLUMNS}:
            _refuse("is not a column of a session", "new", name, session_id)
    given = {name: [value] for name, value in cells.items() if name not in {"id", "position", "created_at"}}
    wanted = wanted_rows(Cells(["new"], [None], given), [], session_id=session_id)[0]
    _check(wanted, "new", "item", session_id)
    return wanted


def _check(wanted: Wanted, label: object, column: str, session_id: str) -> None:
    try:
        check_shape(wanted.item)
    except ValueError as exc:
        _refuse(str(exc), label, column, session_id, exc)


def _refuse(problem: str, label: object, column: str, session_id: str, cause: Exception | None = None) -> NoReturn:
    raise FrameError(
        f"row {label!r}, column {column!r}: {problem}. Nothing was written.",
        session_id=session_id,
        row=label,
        column=column,
    ) from cause


def laid_out(
    rows: Sequence[RawRow],
    labels: Mapping[int, int],
    change: SetCell | Insert | Delete | Move,
    news: Sequence[Wanted],
) -> list[Slot]:
    """Lay a history out as a change wants it.

    Args:
        rows: The rows it can touch (``rows_around``), or the whole history.
        labels: How errors name each.
        change: The change.
        news: The rows that are edited or new.
    """
    slots = [_slot(row, labels) for row in rows]
    if isinstance(change, SetCell):
        return [replace(slot, row=news[0]) if slot.id == news[0].id else slot for slot in slots]
    if isinstance(change, Insert):
        return _put(slots, [Slot(row, None) for row in news], change.before)
    named = {int(key) for key in change.keys}
    gone = [replace(slot, row=None, gone=True) if slot.id in named else slot for slot in slots]
    if isinstance(change, Delete):
        return gone
    moved = [slot for slot in slots if slot.id in named]
    there = _put(gone, [Slot(slot.row, None) for slot in moved], change.before)
    order = [slot.row.id for slot in there if slot.row is not None]
    return slots if order == [slot.id for slot in slots if slot.row is not None] else there


def _slot(row: RawRow, labels: Mapping[int, int]) -> Slot:
    item = item_of(row)
    id_ = row[0]
    wanted = None
    if item is not None:
        wanted = Wanted(labels.get(id_ or 0), id_, row[2], row[3], item)
    return Slot(wanted, id_, row)


def _put(slots: list[Slot], new: list[Slot], before: str | None) -> list[Slot]:
    place = len(slots)
    if before is not None:
        place = next(place for place, slot in enumerate(slots) if slot.id == int(before))
    return [*slots[:place], *new, *slots[place:]]


def check_slots(slots: Sequence[Slot], before: Sequence[RawRow], *, session_id: str) -> None:
    """Refuse a history in which a change brought an id that another item has (``check_ids``).

    Raises:
        FrameError: It names both rows.
    """
    check_ids([slot.row for slot in slots if slot.row], unchanged_rows(before), session_id=session_id)


def settled_slots(
    slots: Sequence[Slot], before: Sequence[RawRow], on_orphan: OnOrphan, *, session_id: str
) -> list[Slot]:
    """Deal with what a change left alone, as ``settle_orphans`` does.

    Args:
        slots: The history that is being made.
        before: The rows before the change.
        on_orphan: The policy.
        session_id: For the error.

    Raises:
        FrameError: With ``"error"``, where something is left alone.
    """
    wanted = [slot.row for slot in slots if slot.row is not None]
    settled = settle_orphans(wanted, unchanged_rows(before), on_orphan, session_id=session_id)
    given = {id(row) for row in wanted}
    kept = {id(row) for row in settled}
    new = [(place, row) for place, row in enumerate(settled) if id(row) not in given]
    stubs = {id(settled[place - 1]): row for place, row in new if row.id is None}  # right after its call
    altered: dict[int | None, Wanted] = {row.id: row for _, row in new if row.id is not None}
    made: list[Slot] = []
    for slot in slots:
        row = slot.row and altered.get(slot.row.id, slot.row)
        if row is None or id(row) in kept:
            made.append(replace(slot, row=row))
        elif slot.id is not None:
            made.append(replace(slot, row=None, gone=True))
        if row is not None and id(row) in stubs:
            made.append(Slot(stubs[id(row)], None))
    return made


def plan_of(slots: Sequence[Slot], ids: KnownIds, *, renumber_from: int | None = None) -> tuple[Plan, list[int]]:
    """Give every row its id and tell what must be written.

    Args:
        slots: The history that is being made; what is not among them stands nowhere between them.
        ids: The table's ids.
        renumber_from: Rows from this id on get ids after every other.

    Returns:
        The plan, and the ids of the rows that come to stand or are edited, in order.

    Raises:
        NoRoomError: Rows must be renumbered; the slots must then hold all rows from there on.
    """
    given = _given_ids(slots, ids, renumber_from)
    there = [(slot, slot.row, id_) for slot, id_ in zip(slots, given, strict=True) if slot.row is not None]
    kept = {row.id for _, row, _ in there}
    gone = [slot.id for slot in slots if slot.gone and slot.id is not None and slot.id not in kept]
    stored = {slot.id: slot.stored for slot in slots if slot.stored is not None}
    plan = plan_with_ids([row for _, row, _ in there], [id_ for _, _, id_ in there], stored, gone)
    touched = [
        id_
        for slot, row, id_ in there
        if id_ is not None and (slot.stored is None or slot.stored[2:] != (row.data, row.metadata))
    ]
    return plan, touched


def _given_ids(slots: Sequence[Slot], ids: KnownIds, renumber_from: int | None) -> list[int | None]:
    """Return each slot's id: its own, or a free one between those beside it."""
    given = [slot.id for slot in slots]
    place = 0
    while place < len(slots):
        if given[place] is not None:
            place += 1
            continue
        stop = next((stop for stop in range(place, len(slots)) if given[stop] is not None), len(slots))
        high = given[stop] if stop < len(slots) else None
        if high is not None and renumber_from is not None and high >= renumber_from:
            return given[:place] + _at_the_end(slots[place:], ids)
        given[place:stop] = _free((given[place - 1] if place else 0) or 0, high, stop - place, ids)
        place = stop
    return given


def _at_the_end(slots: Sequence[Slot], ids: KnownIds) -> list[int | None]:
    """Give rows ids after every other; what is gone or holds no item stays."""
    new = iter(appended(ids.last(), len(slots)))
    return [slot.id if slot.row is None else next(new) for slot in slots]


def _free(low: int, high: int | None, count: int, ids: KnownIds) -> list[int]:
    if high is None:
        return appended(ids.last(), count)
    free = between(low, high, count, ids.between(low, high))
    if free is None:
        raise NoRoomError(high)
    return free
