"""The branches of a session as a DataFrame, with the point where each parts from its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.sessions.sqlite.store import Store
from nbagents.sessions.table.compare import common_start
from nbagents.sessions.table.history import History
from nbagents.sessions.table.records import TIME, frame_of_records
from nbagents.sessions.table.static import lines_of

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd

    from nbagents.sessions.sqlite.branches import Branches

__all__ = ["branches_frame"]

_TYPES = {
    "session_id": "object",
    "parent": "object",
    "at_id": "Int64",
    "common": "Int64",
    "at": "object",
    "items": "int64",
    "created_at": TIME,
    "author": "object",
    "current": "bool",
}


def branches_frame(branches: Branches, connection: sqlite3.Connection) -> pd.DataFrame:
    """Return one row for each session of the family; see ``SQLiteSession.branches``."""
    tables = branches.store.tables
    family = branches.family(connection)
    current = branches.current(connection)
    histories = {branch.session_id: Store(tables, branch.session_id).read(connection) for branch in family}
    records = []
    for branch in family:
        mine, common = histories[branch.session_id], None
        if branch.parent_id is not None:
            common = common_start(_texts(mine), _texts(histories[branch.parent_id]))
        records.append(
            (
                *(branch.session_id, branch.parent_id, branch.at_id, common),
                *(_words(mine, common), len(mine.items), branch.created_us, branch.author),
                branch.session_id == current,
            )
        )
    return frame_of_records(_TYPES, records)


def _texts(history: History) -> list[str | bytes]:
    return [row[2] for row in history.rows]


def _words(history: History, common: int | None) -> str | None:
    if not common:
        return None
    line = lines_of(History(history.rows[common - 1 : common], history.items[common - 1 : common], []))[0]
    return f"{line.kind}: {line.text}"
