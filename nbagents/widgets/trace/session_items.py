"""Which items of a session a span made: found by the ids that the model API gives them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._sqlite import connect, translate
from nbagents.tracing.measure.layout import MODEL, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["SessionItems", "items_of_span"]

_MOST_IDS = 20
_COLUMNS = {"id", "session_id", "message_data"}


@dataclass(frozen=True, slots=True)
class SessionItems:
    """Items of a session that a span made.

    Attributes:
        session_id: The session.
        sessions_table: Where sessions are listed.
        messages_table: Where its items are kept.
        positions: Of the items, from 1, in order.
        total: How many items the session has.
    """

    session_id: str
    sessions_table: str
    messages_table: str
    positions: list[int]
    total: int


def items_of_span(record: TraceRecord, seq: int, path: Path | None) -> SessionItems | None:
    """Look for the session that keeps what a model call or a tool call came to.

    Args:
        record: The trace.
        seq: The span's place in the order of starting.
        path: The SQLite file with the sessions.

    Returns:
        The session and its items; None where no session of the file has any.

    Raises:
        StoreError: The file cannot be read.
    """
    spans = {span.row.seq: span for span in record.spans}
    ids = list(_ids(spans, seq))[:_MOST_IDS]
    if not ids or path is None or not path.exists():
        return None
    try:
        with closing(connect(path)) as connection:
            return _search(connection, ids)
    except sqlite3.Error as exc:
        raise translate(exc, path) from exc


def _ids(spans: dict[int, SpanRecord], seq: int) -> Iterator[str]:
    span = spans[seq]
    if span.row.type in MODEL:
        yield from _own_ids(span.output)
    elif span.row.type in TOOL:
        for before in range(seq - 1, -1, -1):  # the answer that asked for this tool
            if before in spans and spans[before].row.type in MODEL:
                yield from _call_ids(spans[before].output, span)
                return


def _own_ids(output: object) -> Iterator[str]:
    for item in _items(output):
        found = item.get("call_id") or item.get("id")
        if isinstance(found, str):
            yield found


def _call_ids(output: object, span: SpanRecord) -> Iterator[str]:
    calls = [item for item in _items(output) if item.get("name") == span.row.name and item.get("call_id")]
    same = [item for item in calls if _same_json(item.get("arguments"), span.input)]
    for item in same or calls:
        yield str(item["call_id"])


def _items(output: object) -> list[dict[str, Any]]:
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def _same_json(first: object, second: object) -> bool:
    try:
        return bool(json.loads(str(first)) == json.loads(str(second)))
    except ValueError:
        return first == second


def _search(connection: sqlite3.Connection, ids: Sequence[str]) -> SessionItems | None:
    for table in _message_tables(connection):
        quoted = '"' + table.replace('"', '""') + '"'
        anywhere = " OR ".join(["instr(message_data, ?)"] * len(ids))
        select = f"SELECT session_id, id FROM {quoted} WHERE {anywhere} ORDER BY id DESC"
        found = connection.execute(select, [json.dumps(id_) for id_ in ids]).fetchall()
        if found:
            session_id = found[0][0]
            meant = {row_id for owner, row_id in found if owner == session_id}
            select = f"SELECT id FROM {quoted} WHERE session_id = ? ORDER BY id"
            rows = [row_id for (row_id,) in connection.execute(select, (session_id,))]
            positions = [place for place, row_id in enumerate(rows, 1) if row_id in meant]
            return SessionItems(session_id, _sessions_table(connection, table), table, positions, len(rows))
    return None


def _message_tables(connection: sqlite3.Connection) -> list[str]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        name
        for name in tables
        if {row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))} >= _COLUMNS
    ]


def _sessions_table(connection: sqlite3.Connection, messages_table: str) -> str:
    """Return the table that a table of items refers to."""
    found = connection.execute('SELECT "table" FROM pragma_foreign_key_list(?)', (messages_table,)).fetchone()
    return found[0] if found else "agent_sessions"
