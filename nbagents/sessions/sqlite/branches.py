"""The branches of a session: which session each was branched off, at which item, and which is gone on with.

A branch is a session of its own in the SDK's tables, so that plain SDK code goes on in it as well. Its rows are
copies with ids of their own, made when it begins and not at the first edit: a row of those tables has one
``session_id``, by which the SDK finds it; SQLite has no trigger that runs when it reads; and where the table is a
view, the SDK fails, because it makes an index on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nbagents._now import now_us
from nbagents.errors import ItemNotFoundError, SessionExistsError, SessionNotFoundError
from nbagents.sessions.sqlite.author import author
from nbagents.sessions.sqlite.copying import Copy, copy_of
from nbagents.sessions.sqlite.store import Store, transaction
from nbagents.sessions.table.edited import unchanged_rows
from nbagents.sessions.table.orphans import lone, settle_orphans
from nbagents.sessions.table.pause import collection_paused

if TYPE_CHECKING:
    import sqlite3

    from nbagents.sessions.table.history import History
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["Branch", "Branches"]


class Branch(NamedTuple):
    """One session of a family.

    Attributes:
        session_id: The session.
        parent_id: The session that it was branched off, None for the one that all come from.
        at_id: The id, in the parent, of the item that it was branched at; None where the parent was empty.
        created_us: When, in microseconds since 1970 UTC.
        author: By whom.
    """

    session_id: str
    parent_id: str | None = None
    at_id: int | None = None
    created_us: int | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Branches:
    """The family of one session. Its methods run on the session's connection.

    Attributes:
        store: The session's store.
    """

    store: Store

    def add(self, connection: sqlite3.Connection, new_id: str, at: int | None, on_orphan: OnOrphan) -> History:
        """Begin a session that holds the history through an item, and go on with it; one transaction.

        Args:
            connection: An open connection.
            new_id: The new session.
            at: The item's id; None is the newest.
            on_orphan: What becomes of items whose other half comes later.

        Returns:
            The history through the item, with its corrupt rows, which are not copied.

        Raises:
            SessionExistsError: The name was used before.
            ItemNotFoundError: The session has no such item.
        """
        with transaction(connection), collection_paused():
            self._check_new(connection, new_id)
            history = self.store.read(connection, until=at)
            at_id = history.rows[-1][0] if history.rows else None
            self._check_item(at, at_id)
            last = self.store.last_id(connection)
            copy = self._begun(connection, history, at, on_orphan, last)
            copy.write(connection, self.store, Store(self.store.tables, new_id), last)
            values = (self.store.tables.messages, new_id, self.store.session_id, at_id, now_us(), author())
            connection.execute("INSERT INTO nb_branches VALUES (?, ?, ?, ?, ?, ?)", values)
            self._remember(connection, new_id)
        return history

    def switch(self, connection: sqlite3.Connection, session_id: str) -> None:
        """Remember which session of the family is gone on with.

        Raises:
            SessionNotFoundError: The family has no such session.
        """
        with transaction(connection):
            known = [branch.session_id for branch in self.family(connection)]
            if session_id not in known:
                raise SessionNotFoundError(
                    f"session {self.store.session_id!r} has no branch {session_id!r}; it has {', '.join(known)}",
                    session_id=session_id,
                )
            self._remember(connection, session_id)

    def current(self, connection: sqlite3.Connection) -> str:
        """Return the session of the family that is gone on with; without branches it is the session itself."""
        found = connection.execute(
            "SELECT session_id FROM nb_current_branches WHERE messages_table = ? AND root_id = ?",
            (self.store.tables.messages, self._root(connection)),
        )
        row = found.fetchone()
        return row[0] if row else self.store.session_id

    def family(self, connection: sqlite3.Connection) -> list[Branch]:
        """Return the session that all come from, and then its branches in the order in which they were made."""
        root = self._root(connection)
        found = connection.execute(
            "WITH RECURSIVE family(id) AS (SELECT :root UNION SELECT b.session_id FROM nb_branches b "
            "JOIN family ON b.parent_id = family.id WHERE b.messages_table = :table) "
            "SELECT session_id, parent_id, at_id, created_us, author FROM nb_branches "
            "WHERE messages_table = :table AND session_id IN family ORDER BY created_us, session_id",
            {"root": root, "table": self.store.tables.messages},
        )
        return [Branch(root), *map(Branch._make, found)]

    def check_known(self, connection: sqlite3.Connection, session_id: str) -> None:
        """Make sure that the file has a session.

        Raises:
            SessionNotFoundError: It has none of that name.
        """
        tables = self.store.tables
        found = connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM {tables.sessions} WHERE session_id = :id) "
            f"OR EXISTS (SELECT 1 FROM {tables.messages} WHERE session_id = :id)",
            {"id": session_id},
        )
        if not found.fetchone()[0]:
            raise SessionNotFoundError(
                f"there is no session {session_id!r} in this file; list_sessions() lists those it has",
                session_id=session_id,
            )

    def _root(self, connection: sqlite3.Connection) -> str:
        found = connection.execute(
            "WITH RECURSIVE up(id, steps) AS (SELECT :session, 0 UNION SELECT parent_id, steps + 1 "
            "FROM nb_branches b JOIN up ON b.session_id = up.id WHERE b.messages_table = :table) "
            "SELECT id FROM up ORDER BY steps DESC LIMIT 1",
            {"session": self.store.session_id, "table": self.store.tables.messages},
        )
        return str(found.fetchone()[0])

    def _remember(self, connection: sqlite3.Connection, session_id: str) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO nb_current_branches VALUES (?, ?, ?)",
            (self.store.tables.messages, self._root(connection), session_id),
        )

    def _check_new(self, connection: sqlite3.Connection, new_id: str) -> None:
        """Refuse a name that was used before: what undo could bring back there would mix with the branch."""
        tables = self.store.tables
        uses = (
            f"SELECT 1 FROM {tables.sessions} WHERE session_id = :new",
            f"SELECT 1 FROM {tables.messages} WHERE session_id = :new",
            "SELECT 1 FROM nb_edit_steps WHERE messages_table = :table AND session_id = :new",
            "SELECT 1 FROM nb_branches WHERE messages_table = :table AND :new IN (session_id, parent_id)",
        )
        used = connection.execute(
            f"SELECT {' OR '.join(f'EXISTS ({use})' for use in uses)}", {"new": new_id, "table": tables.messages}
        )
        if used.fetchone()[0]:
            raise SessionExistsError(
                f"there is or was a session {new_id!r} in this file; give the branch another name",
                session_id=new_id,
            )

    def _check_item(self, at: int | None, found: int | None) -> None:
        if at not in {None, found}:
            raise ItemNotFoundError(
                f"session {self.store.session_id!r} has no item with id {at!r}; the column id of to_frame() has "
                "those it has",
                session_id=self.store.session_id,
                id=at,
            )

    def _begun(
        self, connection: sqlite3.Connection, history: History, at: int | None, on_orphan: OnOrphan, last: int
    ) -> Copy:
        """Tell what the branch begins with: a history through an item, less what loses its other half there."""
        if at is None or not lone(history.items):
            through = history.rows[-1][0] if history.rows else None
            return Copy(through or 0, [row.id for row in history.bad if row.id is not None], [])
        whole = self.store.read(connection, metadata=True)
        every = unchanged_rows(whole.rows)
        kept = settle_orphans(every[: len(history.rows)], every, on_orphan, session_id=self.store.session_id)
        return copy_of(whole, kept, every, last)
