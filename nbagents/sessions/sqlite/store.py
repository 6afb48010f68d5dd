"""Reading and writing one session's rows, as units of work on a SQLite connection."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._now import stamp
from nbagents.sessions.items.rows import as_rows, decode
from nbagents.sessions.sqlite.log import Log
from nbagents.sessions.table.edits import EditReport, Plan
from nbagents.sessions.table.history import History
from nbagents.sessions.table.ids import appended
from nbagents.sessions.table.pause import collection_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nbagents.sessions.items.rows import RawRow, Row
    from nbagents.sessions.sqlite.tables import Tables

__all__ = ["Store", "fetch_rows", "known_metadata", "transaction"]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write everything in the block or nothing; the write lock is taken at once, so that it is waited for here."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise


@dataclass(frozen=True, slots=True)
class Store:
    """One session's rows.

    Attributes:
        tables: The tables' checked names.
        session_id: The session.
    """

    tables: Tables
    session_id: str

    def read(
        self,
        connection: sqlite3.Connection,
        limit: int | None = None,
        *,
        metadata: bool = False,
        until: int | None = None,
    ) -> History:
        """Read the newest items, oldest first; corrupt rows do not count.

        Args:
            connection: An open connection.
            limit: How many items; None and negative are all, as in the SDK.
            metadata: Read the rows' metadata too; a file that only the SDK opened has no table for it.
            until: The id of the last row that is read.
        """
        if limit == 0:
            return History([], [], [])
        if limit is None or limit < 0:
            with collection_paused():
                return History(*decode(self._fetch(connection, -1, metadata=metadata, until=until)))
        window = limit
        while True:  # a corrupt row among the newest takes a place that belongs to an older item
            fetched = self._fetch(connection, window, metadata=metadata, until=until)
            rows, items, bad = decode(fetched)
            if len(items) >= limit or len(fetched) < window:
                return History(rows[-limit:], items[-limit:], bad)
            window *= 2

    def fetch(self, connection: sqlite3.Connection) -> list[RawRow]:
        """Read every row as it is, with metadata, oldest first."""
        with collection_paused():
            return self._fetch(connection, -1, metadata=True, through=self._is_most(connection))

    def _fetch(
        self,
        connection: sqlite3.Connection,
        limit: int,
        *,
        metadata: bool,
        until: int | None = None,
        through: bool = False,
    ) -> list[RawRow]:
        newest = limit >= 0
        column, join = known_metadata(connection, self.tables) if metadata else ("NULL", "")
        select = (
            f"SELECT m.id, m.created_at, m.message_data, {column} "
            f"FROM {self.tables.messages} m {'NOT INDEXED' if through else ''} {join} "
            f"WHERE m.session_id = :session {'' if until is None else 'AND m.id <= :until'} "
            f"ORDER BY m.id {'DESC' if newest else 'ASC'} LIMIT :limit"
        )
        values: dict[str, object] = {"session": self.session_id, "limit": limit, "until": until}
        fetched = fetch_rows(connection, select, values)
        return fetched[::-1] if newest else fetched

    def _is_most(self, connection: sqlite3.Connection) -> bool:
        """Tell whether more than half of the table is this session's: reading it through is then quickest."""
        count = f"SELECT count(*) FROM {self.tables.messages}"
        found = connection.execute(f"SELECT 2 * ({count} WHERE session_id = ?) > ({count})", (self.session_id,))
        return bool(found.fetchone()[0])

    def add(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Append rows that ``encode`` made."""
        with transaction(connection):
            self.touch(connection)
            ids, moment = appended(self.last_id(connection), len(rows)), stamp()
            connection.executemany(
                f"INSERT INTO {self.tables.messages} (id, session_id, message_data, created_at) "
                "VALUES (?, ?, ?, coalesce(?, CURRENT_TIMESTAMP))",
                [(id_, self.session_id, row.data, moment) for id_, row in zip(ids, rows, strict=True)],
            )
            self._write_metadata(connection, [(id_, row.metadata) for id_, row in zip(ids, rows, strict=True)])

    def insert(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Begin a session with rows that have their ids and times. The caller holds the transaction."""
        self.touch(connection)
        self._insert(connection, rows)
        self._write_metadata(connection, [(row.id, row.metadata) for row in rows])

    def append(self, connection: sqlite3.Connection, rows: Sequence[Row], *, origin: str) -> None:
        """Add rows without ids at the end, with their times, as an edit that is logged."""
        with transaction(connection):
            ids = appended(self.last_id(connection), len(rows))
            new = [row._replace(id=id_) for id_, row in zip(ids, rows, strict=True)]
            self.write(connection, Plan([], [], new, EditReport(len(new), 0, 0), []), origin=origin)

    def pop(self, connection: sqlite3.Connection) -> History:
        """Remove the newest item and return it; corrupt rows after it stay."""
        with transaction(connection):
            history = self.read(connection, 1)
            self._remove(connection, [row[0] for row in history.rows if row[0] is not None], "pop")
        return history

    def clear(self, connection: sqlite3.Connection) -> None:
        """Remove the session: its items, the corrupt rows too, their metadata and its entry."""
        select = f"SELECT id FROM {self.tables.messages} WHERE session_id = ? ORDER BY id"
        with transaction(connection):
            ids = [row[0] for row in connection.execute(select, (self.session_id,))]
            self._remove(connection, ids, "clear")
            self.forget_entry(connection)

    def _remove(self, connection: sqlite3.Connection, ids: list[int], origin: str) -> None:
        if ids:
            self.write(connection, Plan(ids, [], [], EditReport(0, 0, len(ids)), []), origin=origin)

    def replace(
        self,
        connection: sqlite3.Connection,
        planned: Callable[[Sequence[Row], Ids], Plan],
        *,
        origin: str = "frame",
    ) -> Plan:
        """Read the history, let a plan be made from it, and carry it out, in one transaction.

        Args:
            connection: An open connection.
            planned: Makes the plan from the rows and what is known of ids; what it raises undoes everything.
            origin: What asked for it.
        """
        with transaction(connection):
            history = self.read(connection, metadata=True)
            plan = planned(as_rows(history.rows), Ids(self, connection))
            if plan.writes:
                self.write(connection, plan, origin=origin)
        return plan

    def write(self, connection: sqlite3.Connection, plan: Plan, *, origin: str) -> None:
        """Carry out a plan and log it; the one place where a plan is. The caller holds the transaction.

        Args:
            connection: An open connection, in a transaction.
            plan: What must be written; something must.
            origin: What asked for it, as the edit log names it: ``"frame"``, ``"grid"``, ``"pop"``, ``"clear"``,
                ``"doctor"``, ``"import"``, ...
        """
        with self.log.edit(connection, plan, origin):
            self.touch(connection)
            self._delete(connection, plan.deleted)
            self._insert(connection, plan.inserted)
            connection.executemany(
                f"UPDATE {self.tables.messages} SET message_data = ? WHERE id = ?",
                [(row.data, row.id) for row in plan.updated],
            )
            written = [*plan.inserted, *plan.updated]
            self._forget_metadata(connection, [row.id for row in written])
            self._write_metadata(connection, [(row.id, row.metadata) for row in written])

    @property
    def log(self) -> Log:
        """The session's edit log."""
        return Log(self.tables, self.session_id)

    def forget_entry(self, connection: sqlite3.Connection) -> None:
        """Remove the session from the table of sessions."""
        connection.execute(f"DELETE FROM {self.tables.sessions} WHERE session_id = ?", (self.session_id,))

    def count(self, connection: sqlite3.Connection) -> int:
        """Return how many rows there are."""
        found = connection.execute(
            f"SELECT count(*) FROM {self.tables.messages} WHERE session_id = ?", (self.session_id,)
        )
        return int(found.fetchone()[0])

    def last_id(self, connection: sqlite3.Connection) -> int:
        """Return the largest id the table ever gave, so that no id comes back."""
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (self.tables.messages,))
        row = found.fetchone()
        return int(row[0]) if row else 0

    def ids_from(self, connection: sqlite3.Connection, low: int, high: int) -> list[int]:
        """Return the ids from low to high that are not free, those of other sessions too, rising."""
        found = connection.execute(
            f"SELECT id FROM {self.tables.messages} WHERE id BETWEEN ? AND ? ORDER BY id", (low, high)
        )
        taken = [row[0] for row in found]
        reserved = self.log.reserved(connection, low, high)
        return sorted({*taken, *reserved}) if reserved else taken

    def touch(self, connection: sqlite3.Connection, began_at: str | None = None) -> None:
        """Note in the table of sessions that the session changes; one that is not there begins then, or now."""
        connection.execute(
            f"INSERT INTO {self.tables.sessions} (session_id, created_at, updated_at) "
            "VALUES (?, coalesce(?, CURRENT_TIMESTAMP), coalesce(?, CURRENT_TIMESTAMP)) "
            "ON CONFLICT (session_id) DO UPDATE SET updated_at = excluded.updated_at "
            "WHERE updated_at IS NOT excluded.updated_at",  # in one second no page is written again
            (self.session_id, began_at or stamp(), stamp()),
        )

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        connection.executemany(
            f"INSERT INTO {self.tables.messages} (id, session_id, message_data, created_at) "
            "VALUES (?, ?, CAST(? AS TEXT), coalesce(?, CURRENT_TIMESTAMP))",  # bytes are text that is no UTF-8
            [(row.id, self.session_id, row.data, row.created_at or stamp()) for row in rows],
        )

    def _delete(self, connection: sqlite3.Connection, ids: Sequence[int | None]) -> None:
        connection.executemany(f"DELETE FROM {self.tables.messages} WHERE id = ?", [(id_,) for id_ in ids])
        self._forget_metadata(connection, ids)

    def _forget_metadata(self, connection: sqlite3.Connection, ids: Sequence[int | None]) -> None:
        connection.executemany(
            "DELETE FROM nb_item_metadata WHERE messages_table = ? AND message_id = ?",
            [(self.tables.messages, id_) for id_ in ids],
        )

    def _write_metadata(
        self, connection: sqlite3.Connection, pairs: Sequence[tuple[int | None, str | None]]
    ) -> None:
        known = [(self.tables.messages, id_, metadata) for id_, metadata in pairs if metadata is not None]
        if known:
            connection.executemany("INSERT OR REPLACE INTO nb_item_metadata VALUES (?, ?, ?)", known)


@dataclass(frozen=True, slots=True)
class Ids:
    """What a plan must know of the table's ids, asked only where rows move."""

    store: Store
    connection: sqlite3.Connection

    def last(self) -> int:
        """Return the largest id the table ever gave."""
        return self.store.last_id(self.connection)

    def between(self, low: int, high: int) -> list[int]:
        """Return the table's ids from low to high, rising."""
        return self.store.ids_from(self.connection, low, high)


def known_metadata(connection: sqlite3.Connection, tables: Tables) -> tuple[str, str]:
    """Return the column with the metadata of rows ``m``, and its join; no join where no row has any."""
    found = connection.execute(
        "SELECT 1 FROM nb_item_metadata WHERE messages_table = ? LIMIT 1", (tables.messages,)
    ).fetchone()
    return ("d.metadata", tables.metadata) if found else ("NULL", "")


def fetch_rows(connection: sqlite3.Connection, select: str, values: dict[str, object]) -> list[Any]:
    """Fetch rows; a text that is not UTF-8 comes as bytes, and those of others are not lost with it.

    Args:
        connection: An open connection.
        select: The statement.
        values: What it is about.
    """
    try:
        return connection.execute(select, values).fetchall()
    except sqlite3.OperationalError as exc:
        if "decode" not in str(exc).lower():
            raise
    usual = connection.text_factory
    connection.text_factory = _text_or_bytes  # slower, so only where it is needed
    try:
        return connection.execute(select, values).fetchall()
    finally:
        connection.text_factory = usual


def _text_or_bytes(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
