"""What every part of a SQLite session stands on: its file, its two tables, and work done on its connection."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nbagents import _sqlite
from nbagents._given import check_name, path_of
from nbagents.errors import SessionClosedError
from nbagents.sessions.items.rows import warn_of
from nbagents.sessions.loops.closing import Closing
from nbagents.sessions.sqlite.connection import Desk
from nbagents.sessions.sqlite.line import ClosedError, WorkConnection
from nbagents.sessions.sqlite.store import Store
from nbagents.sessions.sqlite.tables import check_names, create_tables
from nbagents.sessions.table.edit import Editable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agents.memory import SessionSettings

    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.sqlite.tables import Tables
    from nbagents.sessions.table.history import History

__all__ = ["MEMORY", "SessionCore", "open_file"]

T = TypeVar("T")

MEMORY = ":memory:"


class SessionCore(Editable, Closing):
    """One session of one file, opened at first use.

    Its arguments are those of ``SQLiteSession``, which is documented there.
    """

    session_settings: SessionSettings | None
    serves_any_loop = True

    def __init__(  # noqa: PLR0913 - the SDK's own parameters, in its order
        self,
        session_id: str,
        db_path: str | Path | None = None,
        sessions_table: str = "agent_sessions",
        messages_table: str = "agent_messages",
        session_settings: SessionSettings | dict[str, Any] | None = None,
        *,
        table_name: str | None = None,
    ) -> None:
        check_name("session_id", session_id)
        tables = check_names(sessions_table, table_name or messages_table, session_id=session_id)
        self.session_id = session_id
        self.session_settings = _settings(session_settings)
        self.db_path: Path | str = _path(db_path)
        self.sessions_table = tables.sessions
        self.messages_table = tables.messages
        self._store = Store(tables, session_id)
        self._desk = Desk(self.db_path, partial(open_file, self.db_path, tables))
        place = str(self.db_path) if self.db_path != MEMORY else f"{MEMORY}{id(self)}"
        self._owner = (place, tables.messages, session_id)
        self._named: set[int | None] = set()

    async def close(self) -> None:
        """Close the file; what was begun is finished first. Closing twice is nothing."""
        await self._desk.close()

    def __repr__(self) -> str:
        return f"SQLiteSession({self.session_id!r}, {str(self.db_path)!r})"

    async def _read(self, limit: int | None, *, metadata: bool = False) -> History:
        history = await self._run(lambda connection: self._store.read(connection, limit, metadata=metadata))
        self._warn(history.bad)
        return history

    def _warn(self, bad: Sequence[Row]) -> None:
        warn_of(bad, session_id=self.session_id, where=self.db_path, named=self._named)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._desk.run(work)
        except ClosedError as exc:
            raise SessionClosedError(
                f"session {self.session_id!r} is closed; make another SQLiteSession for it",
                session_id=self.session_id,
            ) from exc
        except sqlite3.Error as exc:
            raise _sqlite.translate(exc, self.db_path) from exc


def _settings(settings: SessionSettings | dict[str, Any] | None) -> SessionSettings | None:
    if not isinstance(settings, dict):
        return settings
    from agents.memory import SessionSettings

    return SessionSettings(**settings)


def _path(db_path: str | Path | None) -> Path | str:
    if db_path is None:
        return _sqlite.default_path()
    return MEMORY if str(db_path) == MEMORY else path_of("db_path", db_path)


def open_file(path: Path | str, tables: Tables) -> WorkConnection:
    """Open a file and make what it lacks; on the thread that uses it, until that thread's end."""
    connection = cast("WorkConnection", _sqlite.connect(path, check_same_thread=False, factory=WorkConnection))
    try:
        create_tables(connection, tables, path)
        _sqlite.migrate(connection, path)
    except sqlite3.Error as exc:
        connection.close()
        raise _sqlite.translate(exc, path) from exc
    except BaseException:
        connection.close()
        raise
    return connection
