"""The rows that a step of the edit log left, swapped for those it found, or the other way round.

SQLite copies them from the log, so that ids, times and bytes are exactly what they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.errors import Conflict
from nbagents.sessions.sqlite.log import Side
from nbagents.sessions.sqlite.store import fetch_rows
from nbagents.sessions.table.edits import conflict_error, shown_value

if TYPE_CHECKING:
    import sqlite3

    from nbagents.sessions.sqlite.log import Step
    from nbagents.sessions.sqlite.store import Store

__all__ = ["check_swap", "image_ids", "swap"]


def swap(store: Store, connection: sqlite3.Connection, step: Step, to: Side) -> None:
    """Make the rows of a step what they were on one side of it.

    Args:
        store: The session.
        connection: An open connection, in a transaction.
        step: The step.
        to: Before it or after it.
    """
    values = _values(store, step, to)
    messages = store.tables.messages
    image = "nb_edit_rows WHERE step = :step AND side"
    store.touch(connection, step.began_at)
    connection.execute(
        "DELETE FROM nb_item_metadata WHERE messages_table = :table "
        f"AND message_id IN (SELECT id FROM {image} = :away)",
        values,
    )
    connection.execute(
        f"DELETE FROM {messages} WHERE session_id = :session AND id IN (SELECT id FROM {image} = :away)", values
    )
    connection.execute(
        f"INSERT INTO {messages} (id, session_id, message_data, created_at) "
        f"SELECT id, :session, data, created_at FROM {image} = :to",
        values,
    )
    connection.execute(
        "INSERT INTO nb_item_metadata (messages_table, message_id, metadata) "
        f"SELECT :table, id, metadata FROM {image} = :to AND metadata IS NOT NULL",
        values,
    )


def image_ids(connection: sqlite3.Connection, step: Step, side: Side) -> list[int]:
    """Return the ids of a step's rows on one side of it, rising."""
    found = connection.execute(
        "SELECT id FROM nb_edit_rows WHERE step = ? AND side = ? ORDER BY id", (step.step, side)
    )
    return [row[0] for row in found]


def check_swap(store: Store, connection: sqlite3.Connection, step: Step, to: Side) -> None:
    """Compare the rows that are stored with those that are about to be swapped away.

    Raises:
        ConflictError: One changed or went since, or an id is taken; it holds both values of each.
    """
    values, tables = _values(store, step, to), store.tables
    found: list[tuple[Any, ...]] = []
    for select in (_CHANGED, _TAKEN):
        found += fetch_rows(connection, select.format(messages=tables.messages, metadata=tables.metadata), values)
    conflicts = [
        Conflict(id_, shown_value(data, metadata), shown_value(data_now, metadata_now))
        for id_, data, metadata, data_now, metadata_now in found
    ]
    if conflicts:
        first = f"rows changed since step {step.step} of the edit log; nothing was written:"
        raise conflict_error(conflicts, (first, _CURE), session_id=store.session_id)


_CURE = "Edit them by to_frame() and apply_frame() instead."

_CHANGED = """
    SELECT s.id, s.data, s.metadata, m.message_data, d.metadata
    FROM nb_edit_rows s LEFT JOIN {messages} m ON m.id = s.id AND m.session_id = :session {metadata}
    WHERE s.step = :step AND s.side = :away
    AND (m.id IS NULL OR m.message_data IS NOT s.data OR d.metadata IS NOT s.metadata)
"""

_TAKEN = """
    SELECT s.id, NULL, NULL, m.message_data, d.metadata
    FROM nb_edit_rows s JOIN {messages} m ON m.id = s.id {metadata}
    WHERE s.step = :step AND s.side = :to
    AND s.id NOT IN (SELECT id FROM nb_edit_rows WHERE step = :step AND side = :away)
"""


def _values(store: Store, step: Step, to: Side) -> dict[str, object]:
    return {
        "session": store.session_id,
        "table": store.tables.messages,
        "step": step.step,
        "to": to,
        "away": Side.AFTER if to is Side.BEFORE else Side.BEFORE,
    }
