"""The edit log as a DataFrame: who changed what and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents.sessions.items.rows import decode
from nbagents.sessions.sqlite.log import Side, Step
from nbagents.sessions.sqlite.store import fetch_rows
from nbagents.sessions.table.history import History
from nbagents.sessions.table.records import TIME, frame_of_records
from nbagents.sessions.table.static import lines_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from nbagents.sessions.sqlite.log import Log

__all__ = ["rows_frame", "steps_frame"]

_MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class _Changed:
    """One row of a step: what it was and what it became, None where it was not there."""

    step: int
    id: int
    was_id: int | None
    before: tuple[Any, str | None] | None
    after: tuple[Any, str | None] | None

    def turned(self) -> _Changed:
        """The same change taken back."""
        there = self.after is not None and self.before is not None
        id_ = self.was_id if self.was_id is not None else self.id
        return _Changed(self.step, id_, self.id if there else None, self.after, self.before)


def steps_frame(log: Log, connection: sqlite3.Connection) -> pd.DataFrame:
    """Return the log of a session, one row for each step, oldest first; see ``SQLiteSession.edit_log``."""
    steps = _steps(log, connection)
    first: dict[int, _Changed] = {}
    for change in _changes(log, connection, only_first=True):
        first.setdefault(change.step, change)
    undone = _undone(steps)
    return frame_of_records(
        _STEP | dict.fromkeys(("inserted", "updated", "deleted", "moved"), "int64") | _UNDO,
        [
            (
                *(step.step, step.at_us, step.author, step.origin),
                _what(step, first.get(step.of_step or step.step)),
                *(step.inserted, step.updated, step.deleted, step.moved),
                step.of_step,
                step.step in undone,
            )
            for step in steps
        ],
    )


def rows_frame(log: Log, connection: sqlite3.Connection) -> pd.DataFrame:
    """Return the log of a session, one row for each row that a step touched; see ``SQLiteSession.edit_log``."""
    changes: dict[int, list[_Changed]] = {}
    for change in _changes(log, connection):
        changes.setdefault(change.step, []).append(change)
    return frame_of_records(
        {name: dtype for name, dtype in _STEP.items() if name != "what"} | _ROW,
        [
            (
                *(step.step, step.at_us, step.author, step.origin, change.id, change.was_id),
                *(side and side[0] for side in (change.before, change.after)),
                *(side and side[1] for side in (change.before, change.after)),
            )
            for step in _steps(log, connection)
            for change in _of(step, changes)
        ],
    )


_STEP = {"step": "int64", "at": TIME, "author": "object", "origin": "object", "what": "object"}
_UNDO = {"of_step": "Int64", "undone": "bool"}
_ROW = {"id": "int64", "was_id": "Int64"} | dict.fromkeys(
    ("before", "after", "metadata_before", "metadata_after"), "object"
)


def _steps(log: Log, connection: sqlite3.Connection) -> list[Step]:
    found = connection.execute(
        "SELECT * FROM nb_edit_steps WHERE messages_table = ? AND session_id = ? ORDER BY step",
        (log.tables.messages, log.session_id),
    )
    return [Step._make(row) for row in found]


def _undone(steps: Iterable[Step]) -> set[int]:
    """Return the steps that are taken back now."""
    undone: set[int] = set()
    for step in steps:
        if step.origin == "undo" and step.of_step is not None:
            undone.add(step.of_step)
        elif step.of_step is not None:
            undone.discard(step.of_step)
    return undone


def _of(step: Step, changes: Mapping[int, Sequence[_Changed]]) -> list[_Changed]:
    """Return what a step changed; an undo and a redo hold no rows of their own."""
    mine = changes.get(step.of_step or step.step, [])
    return [change.turned() for change in mine] if step.origin == "undo" else [*mine]


def _changes(log: Log, connection: sqlite3.Connection, *, only_first: bool = False) -> list[_Changed]:
    """Return what the steps of a session changed, by step and then in the order of the history.

    Args:
        log: The session's log.
        connection: An open connection.
        only_first: Only the first row of each side of each step; a long log is then quick to show.
    """
    first = (
        "AND r.id = (SELECT min(id) FROM nb_edit_rows f WHERE f.step = r.step AND f.side = r.side)"
        if only_first
        else ""
    )
    select = (
        "SELECT r.step, r.side, r.id, r.was_id, r.data, r.metadata FROM nb_edit_rows r "
        "JOIN nb_edit_steps s USING (step) WHERE s.messages_table = :table AND s.session_id = :session "
        f"{first} ORDER BY r.step, r.side DESC, r.id"
    )
    values: dict[str, object] = {"table": log.tables.messages, "session": log.session_id}
    rows = fetch_rows(connection, select, values)
    images = {(step, id_): (data, metadata) for step, side, id_, _, data, metadata in rows if side == Side.BEFORE}
    changes = []
    for step, side, id_, was_id, data, metadata in rows:  # what a step left comes before what it found
        if side == Side.AFTER:
            before = images.pop((step, was_id), None)
            changes.append(_Changed(step, id_, was_id, before, (data, metadata)))
        elif (step, id_) in images:
            changes.append(_Changed(step, id_, id_, (data, metadata), None))
    return sorted(changes, key=lambda change: (change.step, change.id))


def _what(step: Step, change: _Changed | None) -> str:
    """Say in one line what a step did: its first row, and how many more there were."""
    if change is None:
        return ""
    change = change.turned() if step.origin == "undo" else change
    before, after = (_said(side[0]) if side else None for side in (change.before, change.after))
    if before is None or after is None:
        text = f"+ {after}" if before is None else f"- {before}"
    else:
        text = before if before == after else f"{before} → {after}"
    more = step.inserted + step.updated + step.deleted + step.moved - 1
    return f"{text} (+{more:,})" if more > 0 else text


def _said(data: str | bytes) -> str:
    rows, items, _ = decode([(None, None, data, None)])
    if not items:
        return "a row that holds no item"
    line = lines_of(History(rows, items, []))[0]
    text = f"{line.kind}: {line.text}" if line.text else line.kind
    return short(text, _MOST_CHARACTERS)
