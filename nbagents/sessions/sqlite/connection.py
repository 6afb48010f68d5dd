"""One aiosqlite connection for one session, for any number of event loops, that never keeps a process alive.

A unit of work is a function of the SQLite connection. It runs whole on the connection's own thread, so that

- a transaction is one hop between threads, not one for each statement;
- a cancelled caller leaves it done or not done, never half done;
- two tasks, two event loops or two threads cannot come between its statements.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sqlite3
import threading
import warnings
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aiosqlite

from nbagents._sqlite import file_at
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.sqlite.retirement import RETIREMENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ClosedError", "Desk", "FileReplacedWarning", "WorkConnection"]

T = TypeVar("T")


class ClosedError(Exception):
    """The connection was closed before the work was taken up."""


class FileReplacedWarning(UserWarning):
    """A session's file was removed or replaced while it was in use."""


class _Outcome:
    """What a unit of work returned, where aiosqlite looks for rows."""

    def __init__(self, value: object) -> None:
        self._value = value

    def fetchall(self) -> object:
        return self._value


class WorkConnection(sqlite3.Connection):
    """A SQLite connection that executes functions as well as statements, and tells when it is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - sqlite3's own arguments
        super().__init__(*args, **kwargs)
        self.closed = threading.Event()

    def execute(self, sql: Any, parameters: Any = (), /) -> Any:  # noqa: ANN401 - a statement or a function
        """Run a statement as ever, or a function with this connection; its value is ``fetchall()``'s."""
        return _Outcome(sql(self)) if callable(sql) else super().execute(sql, parameters)

    def close(self) -> None:
        """Close, and set ``closed``."""
        super().close()
        self.closed.set()


class Desk:
    """Where a session's work is handed in: opened at first use, shared by every loop and thread.

    Args:
        path: The file.
        open_: Opens the connection and makes its tables; runs on the connection's own thread.
    """

    def __init__(self, path: Path | str, open_: Callable[[], WorkConnection]) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None
        self._open = open_
        self._guard = threading.Lock()
        self._opening: concurrent.futures.Future[aiosqlite.Connection] | None = None
        self.closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one unit of work and return what it returns, even where the caller is cancelled meanwhile.

        Raises:
            ClosedError: ``close()`` came first.
        """
        await self._leave_what_is_gone()
        connection = await self._connected()
        try:
            # aiosqlite passes its argument on to WorkConnection.execute, which knows functions.
            value: object = await settled(connection.execute_fetchall(cast("str", work)))
        except ValueError as exc:
            if self.closed:
                raise ClosedError from exc
            raise
        return cast("T", value)

    def run_here(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Run one unit of work from code that cannot await, and block until it is done.

        Returns:
            What it returned, or None where nothing is open: an opening may need the loop that is blocked here.
        """
        opening = self._opening
        if opening is None or not opening.done():
            return None
        with concurrent.futures.ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, self.run(work)).result()

    async def close(self) -> None:
        """Finish what was handed in and close; again is nothing."""
        with self._guard:
            opening, self._opening = self._opening, None
            self.closed = True
        if opening is not None:
            connection = await settled(asyncio.wrap_future(opening))
            await settled(connection.close())

    async def _leave_what_is_gone(self) -> None:
        """Close a file that was removed or replaced: what comes next belongs in the one that is there now."""
        with self._guard:
            opening = self._opening
            if opening is None or not opening.done() or file_at(self._path) == self._file:
                return
            self._opening = None
        warnings.warn(
            f"{self._path} was removed or replaced while it was in use; what comes next is kept in a new file",
            FileReplacedWarning,
            stacklevel=2,
        )
        await settled(opening.result().close())

    async def _connected(self) -> aiosqlite.Connection:
        with self._guard:
            if self.closed:
                raise ClosedError
            opening = self._opening
            mine = opening is None
            if opening is None:
                opening = self._opening = concurrent.futures.Future()
                opening.set_running_or_notify_cancel()  # one caller's cancellation is not everybody's
        if mine:
            await settled(self._connect(opening))
        elif opening.done():
            return opening.result()
        return await settled(asyncio.wrap_future(opening))

    async def _connect(self, opening: concurrent.futures.Future[aiosqlite.Connection]) -> None:
        try:
            opened, connection = await self._open_apart()
        except BaseException as exc:
            with self._guard:
                self._opening = None  # so that the next use tries again
            opening.set_exception(exc)
            if not isinstance(exc, Exception):
                raise
        else:
            RETIREMENT.take(self, connection, opened.closed)
            opening.set_result(connection)

    async def _open_apart(self) -> tuple[WorkConnection, aiosqlite.Connection]:
        """Open on the connection's own thread.

        An opener that raises makes aiosqlite stop the thread without waiting for it, and a thread that answers to
        a loop that has ended meanwhile dies loudly. So it gets a stand-in, closed before the error is raised.
        """
        opened: list[WorkConnection] = []
        failed: list[Exception] = []

        def open_() -> WorkConnection:
            try:
                opened.append(self._open())
                self._file = file_at(self._path)
            except Exception as exc:  # noqa: BLE001 - raised below
                failed.append(exc)
                opened.append(sqlite3.connect(":memory:", factory=WorkConnection))
            return opened[0]

        connection = await _on_daemon_thread(open_)
        if failed:
            await connection.close()
            raise failed[0]
        return opened[0], connection


def _on_daemon_thread(open_: Callable[[], sqlite3.Connection]) -> aiosqlite.Connection:
    """Make a connection whose thread does not keep the interpreter alive: a thread is what its maker is."""
    made: list[aiosqlite.Connection] = []
    maker = threading.Thread(target=lambda: made.append(aiosqlite.Connection(open_, 64)), daemon=True)
    maker.start()
    maker.join()
    return made[0]
