"""Which items of a session a span made: found by the ids that the model API gives them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from nbagents._sqlite import connect, translate
from nbagents.tracing.measure.layout import MODEL, TOOL
from nbagents.widgets.chat import chat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["items_of_span"]

_AROUND = 3  # items before and after those that are meant
_MOST_IDS = 20
_COLUMNS = {"id", "session_id", "message_data"}


def items_of_span(record: TraceRecord, seq: int, path: Path | None) -> dict[str, Any] | None:
    """Look for the session that keeps what a model call or a tool call came to.

    Args:
        record: The trace.
        seq: The span's place in the order of starting.
        path: The SQLite file with the sessions.

    Returns:
        ``session_id``, ``table``, ``total`` (items in the session) and ``items``: each ``position`` (from 1),
        ``meant`` (whether the span made it) and ``chat``; None where no session of the file has any.

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


def _search(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Any] | None:
    for table in _message_tables(connection):
        quoted = '"' + table.replace('"', '""') + '"'
        anywhere = " OR ".join(["instr(message_data, ?)"] * len(ids))
        select = f"SELECT session_id, id FROM {quoted} WHERE {anywhere} ORDER BY id DESC"
        found = connection.execute(select, [json.dumps(id_) for id_ in ids]).fetchall()
        if found:
            session_id = found[0][0]
            meant = {row_id for owner, row_id in found if owner == session_id}
            return _excerpt(connection, quoted, session_id, meant) | {"table": table}
    return None


def _message_tables(connection: sqlite3.Connection) -> list[str]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        name
        for name in tables
        if {row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))} >= _COLUMNS
    ]


def _excerpt(connection: sqlite3.Connection, quoted: str, session_id: str, meant: set[int]) -> dict[str, Any]:
    rows = connection.execute(
        f"SELECT id, message_data FROM {quoted} WHERE session_id = ? ORDER BY id", (session_id,)
    ).fetchall()
    places = [place for place, (row_id, _) in enumerate(rows) if row_id in meant]
    first, last = max(0, places[0] - _AROUND), min(len(rows), places[-1] + _AROUND + 1)
    items = [
        {"position": place + 1, "meant": rows[place][0] in meant, "chat": _chat(rows[place][1])}
        for place in range(first, last)
    ]
    return {"session_id": session_id, "total": len(rows), "items": items}


def _chat(text: object) -> dict[str, Any] | None:
    try:
        return chat([json.loads(str(text))])
    except ValueError:
        return None
