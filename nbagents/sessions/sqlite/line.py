"""A SQLite connection that aiosqlite's thread serves, which may end before the connection does.

That thread dies when it answers to an event loop that was closed meanwhile, and then answers nobody. So whoever
waits for it looks now and then whether it is there, and what is waited for here is waited for on the background's
loop, which is never closed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Self

__all__ = ["LOOK_S", "ClosedError", "Job", "Line", "WorkConnection"]

T = TypeVar("T")

LOOK_S = 0.2  # between two looks whether a thread is there
_CHUNK = 64  # rows; aiosqlite wants to know, and no cursor of its own is used here


class ClosedError(Exception):
    """The connection was closed before the work was taken up."""


class Job(Generic[T]):
    """A unit of work in the form of a statement, and then its rows.

    aiosqlite's thread keeps the last it was given while it waits for the next: the work, which knows its session,
    and the outcome, which may be large, are not in it any more by then.
    """

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self._work = [work]
        self._value: list[T] = []

    @property
    def is_begun(self) -> bool:
        """Whether it was taken up."""
        return not self._work

    @property
    def is_done(self) -> bool:
        """Whether there is an outcome to take."""
        return bool(self._value)

    def do(self, connection: WorkConnection) -> Self:
        """Do it, on the connection's thread."""
        if connection.is_closed:
            raise ClosedError
        self._value.append(self._work.pop()(connection))
        return self

    def fetchall(self) -> None:
        """Give aiosqlite no rows."""

    def take(self) -> T:
        """Return the outcome; once."""
        return self._value.pop()


class WorkConnection(sqlite3.Connection):
    """A SQLite connection that executes units of work as well as statements, and knows whether it is closed."""

    is_closed = False

    def execute(self, sql: Any, parameters: Any = (), /) -> Any:  # noqa: ANN401 - a statement or a unit of work
        """Run a statement as ever, or a unit of work with this connection."""
        return sql.do(self) if isinstance(sql, Job) else super().execute(sql, parameters)

    def close(self) -> None:
        """Close, and know it."""
        super().close()
        self.is_closed = True


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """An open connection, aiosqlite's face of it, and aiosqlite's thread; made by ``open``."""

    raw: WorkConnection
    connection: aiosqlite.Connection
    thread: threading.Thread

    @classmethod
    async def open(cls, open_: Callable[[], WorkConnection]) -> Self:
        """Open on the connection's own thread.

        An opener that raises makes aiosqlite stop the thread without waiting for it. So it gets a stand-in, closed
        before the error is raised. And aiosqlite keeps its opener for as long as the connection, which must not
        keep its owner: so the opener forgets what it opened with.

        Args:
            open_: Opens the connection; what it raises is raised here.
        """
        openers = [open_]
        del open_
        opened: list[tuple[WorkConnection, threading.Thread]] = []
        failed: list[Exception] = []

        def open_there() -> WorkConnection:
            """Open, or note why not; on the connection's own thread."""
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
        return cls(raw, connection, thread)

    def hand_in(self, job: Job[Any]) -> Coroutine[Any, Any, object]:
        """Have a job done and await it; aiosqlite passes its argument on to ``WorkConnection.execute``."""
        return self.connection.execute_fetchall(cast("str", job))

    async def emptied(self) -> None:
        """Wait until what was handed in before is done, or never will be."""
        await self._answered(self.hand_in(Job(bool)))

    async def let_go(self) -> None:
        """Have aiosqlite finish with the connection; where its thread has ended, that stays open."""
        await self._answered(self.connection.close())

    async def end(self) -> None:
        """Finish what was handed in and close."""
        await self.let_go()
        self.raw.close()

    async def _answered(self, call: Coroutine[Any, Any, object]) -> None:
        """Wait for the thread's answer, whatever it is; where the thread has ended, give it up."""
        answer = asyncio.ensure_future(call)
        while self.thread.is_alive() and not answer.done():
            await asyncio.wait({answer}, timeout=LOOK_S)
        while not answer.done():
            await asyncio.sleep(0)
            answer.cancel()
        if not answer.cancelled():
            answer.exception()  # that it is closed already
