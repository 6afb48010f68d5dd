"""One SQLite connection on aiosqlite's thread, which outlives the event loops it answers to.

A unit of work is a function of the SQLite connection. It runs whole on the connection's own thread, so that

- a transaction is one hop between threads, not one for each statement;
- a cancelled caller leaves it done or not done, never half done;
- two tasks, two event loops or two threads cannot come between its statements.

aiosqlite's thread dies when it answers to a loop that was closed meanwhile. A loop that cancels its tasks before
it closes, as ``asyncio.run`` does, is kept until the answer is there; where one is closed at once, the connection
moves to another thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import aiosqlite

from nbagents.sessions.loops.background import BACKGROUND
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.sqlite.retirement import RETIREMENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Self

__all__ = ["WorkConnection", "Worker"]

T = TypeVar("T")

_LOOK_S = 0.2
_CHUNK = 64  # rows; aiosqlite wants to know, and no cursor of its own is used here


class _ThreadEndedError(Exception):
    """The thread that was to do the work has ended, with the work undone."""


class _Job(Generic[T]):
    """A unit of work in the form of a statement, and then its rows.

    aiosqlite's thread keeps the last it was given while it waits for the next: the work, which knows its session,
    and the outcome, which may be large, are not in it any more by then.
    """

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self._work = [work]
        self._value: list[T] = []

    def do(self, connection: sqlite3.Connection) -> Self:
        self._value.append(self._work.pop()(connection))
        return self

    def fetchall(self) -> None:
        """Give aiosqlite no rows."""

    def take(self) -> T:
        return self._value.pop()


class WorkConnection(sqlite3.Connection):
    """A SQLite connection that executes units of work as well as statements, and tells when it is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - sqlite3's own arguments
        super().__init__(*args, **kwargs)
        self.closed = threading.Event()

    def execute(self, sql: Any, parameters: Any = (), /) -> Any:  # noqa: ANN401 - a statement or a unit of work
        """Run a statement as ever, or a unit of work with this connection."""
        return sql.do(self) if isinstance(sql, _Job) else super().execute(sql, parameters)

    def close(self) -> None:
        """Close, and set ``closed``."""
        super().close()
        self.closed.set()


class _Watch:
    """Wakes the task that waits for a thread when the thread has ended: nobody else would.

    Made by the task, which is then cancelled; it asks ``raise_if_ended`` whether that was the reason.
    """

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._next = self._loop.call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        if self._thread.is_alive():
            self._next = self._loop.call_later(_LOOK_S, self._look)
        elif self._task is not None:
            self._ended = self._task.cancel()

    def raise_if_ended(self) -> None:
        if self._ended and self._task is not None and not self._task.uncancel():
            raise _ThreadEndedError

    def end(self) -> None:
        self._next.cancel()


class Worker:
    """An open connection and its thread; made by ``start``.

    Args:
        raw: The connection.
        connection: aiosqlite's face of it.
        thread: aiosqlite's thread.
        owner: When it is collected, the connection is closed.
    """

    def __init__(
        self, raw: WorkConnection, connection: aiosqlite.Connection, thread: threading.Thread, owner: object
    ) -> None:
        self._raw, self._connection, self._thread = raw, connection, thread
        self._owner = weakref.ref(owner)
        self._moving = asyncio.Lock()
        RETIREMENT.take(owner, connection, raw.closed)

    @classmethod
    async def start(cls, open_: Callable[[], WorkConnection], owner: object) -> Worker:
        """Open a connection on a thread of its own; runs on the background's loop.

        Args:
            open_: Opens the connection; what it raises is raised here.
            owner: When it is collected, the connection is closed.
        """
        return cls(*await _opened(open_), owner)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one unit of work and return what it returns, even where the caller is cancelled meanwhile.

        Raises:
            ValueError: The connection was closed.
        """
        while True:
            thread = self._thread
            try:
                return await self._answer(work, thread)
            except _ThreadEndedError:
                await settled(asyncio.wrap_future(BACKGROUND.submit(self._move(thread))))

    async def close(self) -> None:
        """Finish what was handed in and close."""
        await settled(asyncio.wrap_future(BACKGROUND.submit(self._close())))

    async def _close(self) -> None:
        await self.run(bool)  # so that there is a thread, and it has nothing else to do
        await self._connection.close()

    async def _answer(self, work: Callable[[sqlite3.Connection], T], thread: threading.Thread) -> T:
        if self._raw.closed.is_set():
            raise ValueError("the connection is closed")
        if not thread.is_alive():
            raise _ThreadEndedError
        job = _Job(work)
        watch = _Watch(thread)
        try:
            await _done(self._connection, job)
        except asyncio.CancelledError:
            watch.raise_if_ended()
            # The thread still has to answer to this loop, which may be about to be closed.
            await settled(asyncio.wrap_future(BACKGROUND.submit(self._emptied(thread))))
            raise
        finally:
            watch.end()
        return job.take()

    async def _emptied(self, thread: threading.Thread) -> None:
        """Wait until what was handed in before is done, or never will be; on the background's loop."""
        last = asyncio.ensure_future(_done(self._connection, _Job(bool)))
        while thread.is_alive() and not last.done():
            await asyncio.wait({last}, timeout=_LOOK_S)
        last.cancel()
        await asyncio.gather(last, return_exceptions=True)  # an error says that it was closed, after all was done

    async def _move(self, ended: threading.Thread) -> None:
        """Go on with the same connection, and what is in its memory, on another thread."""
        async with self._moving:
            owner = self._owner()
            if self._thread is ended and owner is not None:
                self._connection._connection = None  # noqa: SLF001 - it would complain
                _, self._connection, self._thread = await _opened(lambda: self._raw)
                RETIREMENT.take(owner, self._connection, self._raw.closed)


def _done(connection: aiosqlite.Connection, job: _Job[Any]) -> Awaitable[Any]:
    """Await that a connection did a unit of work; it passes its argument on to ``WorkConnection.execute``."""
    return connection.execute_fetchall(cast("str", job))


async def _opened(
    open_: Callable[[], WorkConnection],
) -> tuple[WorkConnection, aiosqlite.Connection, threading.Thread]:
    """Open on the connection's own thread.

    An opener that raises makes aiosqlite stop the thread without waiting for it. So it gets a stand-in, closed
    before the error is raised. And aiosqlite keeps its opener for as long as the connection, which must not keep
    its owner: so the opener forgets what it opened with.
    """
    openers = [open_]
    del open_
    opened: list[tuple[WorkConnection, threading.Thread]] = []
    failed: list[Exception] = []

    def open_there() -> WorkConnection:
        try:
            raw = openers.pop()()
        except Exception as exc:  # noqa: BLE001 - raised below
            failed.append(exc)
            raw = sqlite3.connect(":memory:", factory=WorkConnection)
        opened.append((raw, threading.current_thread()))
        return raw

    connection = await aiosqlite.Connection(open_there, _CHUNK)
    if failed:
        await connection.close()
        raise failed[0]
    raw, thread = opened[0]
    return raw, connection, thread
