"""A change of a stored history: the rows it can touch are looked up, and what must be written is planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.errors import FrameError
from nbagents.sessions.grid.around import item_of, rows_around
from nbagents.sessions.grid.changes import (
    NoRoomError,
    check_slots,
    edited_row,
    inserted_row,
    laid_out,
    plan_of,
    settled_slots,
)
from nbagents.sessions.grid.copies import copied
from nbagents.sessions.grid.outline import names_of
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell
from nbagents.sessions.items.item_ids import own_id
from nbagents.sessions.sqlite.store import Ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.grid.changes import Slot
    from nbagents.sessions.grid.sheet import Change
    from nbagents.sessions.grid.stored_rows import StoredRows
    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.table.edited import Wanted
    from nbagents.sessions.table.edits import Plan
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["Planner", "news_of", "stamps_of"]


def stamps_of(change: Change) -> dict[str, str | None]:
    """Return the rows that a change names, with their stamps where it must know what they are.

    Example:
        >>> stamps_of(SetCell("1024", "9f", "text", "Hi")), stamps_of(Insert(before="2048"))
        ({'1024': '9f'}, {'2048': None})
    """
    if isinstance(change, SetCell):
        return {change.key: change.stamp}
    if isinstance(change, Delete):
        return dict(zip(change.keys, change.stamps, strict=True))
    keys = [change.before, *(change.keys if isinstance(change, Move) else [])]
    return {key: None for key in keys if key is not None}


def news_of(change: Change, named: Mapping[str, RawRow], label: object, *, session_id: str) -> list[Wanted]:
    """Return the rows that a change edits or brings.

    Args:
        change: The change.
        named: The rows it names, by key.
        label: How errors name the row.
        session_id: For the error.

    Raises:
        FrameError: A value that the row cannot have, or a row that cannot be moved.
    """
    if isinstance(change, SetCell):
        return [edited_row(named[change.key], change, label, session_id=session_id)]
    if isinstance(change, Move):
        for key in change.keys:
            if item_of(named[key]) is None:
                raise FrameError(
                    f"row {label!r} holds no item; it can only be deleted. Nothing was written.",
                    session_id=session_id,
                    row=label,
                )
    if not isinstance(change, Insert):
        return []
    if change.copies:
        return copied(change.copies, session_id=session_id)
    return [inserted_row(change.cells, session_id=session_id)]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans a change of one session's rows.

    Attributes:
        stored: The session's rows.
        on_orphan: What becomes of orphans.
    """

    stored: StoredRows
    on_orphan: OnOrphan

    def plan(self, change: Change, named: Sequence[RawRow]) -> tuple[Plan, list[int]]:
        """Return what must be written, and the ids of the rows that come to stand or are edited.

        Args:
            change: The change.
            named: The rows it names.

        Raises:
            FrameError: It is none that a history can have.
        """
        session_id = self.stored.store.session_id
        by_key = {str(row[0]): row for row in named}
        label = next((self.stored.labels([row])[row[0] or 0] for row in named), None)
        news = news_of(change, by_key, label, session_id=session_id)
        rows = self._rows(change, named, news)
        ids = Ids(self.stored.store, self.stored.connection)
        try:
            plan, touched = plan_of(self._slots(rows, change, news), ids)
        except NoRoomError as full:
            tail = self.stored.since(full.high)
            rows = sorted({row[0]: row for row in [*rows, *tail]}.values(), key=lambda row: row[0] or 0)
            plan, touched = plan_of(self._slots(rows, change, news), ids, renumber_from=full.high)
        return plan, touched

    def _rows(self, change: Change, named: Sequence[RawRow], news: Sequence[Wanted]) -> list[RawRow]:
        before = change.before if isinstance(change, Insert | Move) else None
        points = [int(before) if before is not None else None] if isinstance(change, Insert | Move) else []
        touched = [row for row in named if str(row[0]) in _touched(change)]
        names = {name for row in news for name in names_of(row.item)}
        known = {own_id(item_of(row) or {}) for row in touched}
        new_ids = {id_ for row in news if (id_ := own_id(row.item)) is not None} - known
        rows = {row[0]: row for row in rows_around(self.stored, touched, points, names)}
        rows |= {row[0]: row for id_ in new_ids for row in self.stored.with_own_id(id_)}
        return [rows[id_] for id_ in sorted(id_ for id_ in rows if id_ is not None)]

    def _slots(self, rows: Sequence[RawRow], change: Change, news: Sequence[Wanted]) -> list[Slot]:
        session_id = self.stored.store.session_id
        slots = laid_out(rows, self.stored.labels(rows), change, news)
        check_slots(slots, rows, session_id=session_id)
        return settled_slots(slots, rows, self.on_orphan, session_id=session_id)


def _touched(change: Change) -> set[str]:
    if isinstance(change, SetCell):
        return {change.key}
    return set(change.keys) if isinstance(change, Delete | Move) else set()
