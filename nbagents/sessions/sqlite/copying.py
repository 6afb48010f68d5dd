"""One session's rows as the beginning of another: copied by SQLite itself, one statement for any number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.sessions.items.rows import Row
from nbagents.sessions.table.ids import STRIDE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from nbagents.sessions.sqlite.store import Store
    from nbagents.sessions.table.edited import Wanted
    from nbagents.sessions.table.history import History

__all__ = ["Copy", "copy_of"]


@dataclass(frozen=True, slots=True)
class Copy:
    """What a new session begins with.

    Attributes:
        through: The id of the last row that is copied.
        without: The ids of rows before it that are not.
        made: The rows between the copies that are not stored anywhere yet, with their ids.
    """

    through: int
    without: Sequence[int]
    made: Sequence[Row]

    def write(self, connection: sqlite3.Connection, source: Store, into: Store, last: int) -> None:
        """Begin the session. The caller holds the transaction.

        Args:
            connection: An open connection, in a transaction.
            source: The session that is copied.
            into: The new session.
            last: The largest id the table ever gave; copies get ids after it, in their order.
        """
        table = source.tables.messages
        copied = (
            f"(SELECT id, :last + {STRIDE} * row_number() OVER (ORDER BY id) AS new FROM {table} "
            "WHERE session_id = :source AND id <= :through AND id NOT IN (SELECT value FROM json_each(:without)))"
        )
        values = {"source": source.session_id, "into": into.session_id, "table": table, "last": last}
        values |= {"through": self.through, "without": json.dumps(self.without)}
        into.insert(connection, self.made)
        connection.execute(
            f"INSERT INTO {table} (id, session_id, message_data, created_at) "
            f"SELECT new, :into, message_data, created_at FROM {copied} JOIN {table} USING (id)",
            values,
        )
        connection.execute(
            "INSERT INTO nb_item_metadata (messages_table, message_id, metadata) "
            f"SELECT :table, new, metadata FROM {copied} JOIN nb_item_metadata d "
            "ON d.messages_table = :table AND d.message_id = id",
            values,
        )


def copy_of(history: History, kept: Sequence[Wanted], before: Sequence[Wanted], last: int) -> Copy:
    """Tell what of a history is copied as it is stored, and what is made beside it.

    Args:
        history: The history.
        kept: What the copy holds, in order: rows of ``before``, edited ones, and new ones.
        before: The rows of the history.
        last: The largest id the table ever gave.
    """
    stored = {id(row) for row in before}
    times = {row[0]: row[1] for row in history.rows}
    copied: set[int | None] = set()
    made: list[Row] = []
    place = last
    for row in kept:
        if id(row) in stored:
            copied.add(row.id)
            place = last + STRIDE * len(copied)
        else:
            place += 1
            made.append(Row(place, times.get(row.id), row.data, row.metadata))
    through = max((id_ for id_ in copied if id_ is not None), default=0)
    ids = [row[0] for row in history.rows] + [row.id for row in history.bad]
    return Copy(through, [id_ for id_ in ids if id_ is not None and id_ <= through and id_ not in copied], made)
