"""One SQLite connection on aiosqlite's thread, which outlives the event loops it answers to.

A unit of work is a function of the SQLite connection. It runs whole on the connection's own thread, so that

- a transaction is one hop between threads, not one for each statement;
- a cancelled caller leaves it done or not done, never half done;
- two tasks, two event loops or two threads cannot come between its statements.

A loop that cancels its tasks before it closes, as ``asyncio.run`` does, is kept until the answer is there; where
one is closed at once, and the thread with it, the connection moves to another thread.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, TypeVar

from nbagents.sessions.loops.background import BACKGROUND
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.sqlite.line import LOOK_S, ClosedError, Job, Line
from nbagents.sessions.sqlite.retirement import RETIREMENT

if TYPE_CHECKING:
    import sqlite3
    import threading
    from collections.abc import Callable

    from nbagents.sessions.sqlite.line import WorkConnection

__all__ = ["Worker"]

T = TypeVar("T")


class _ThreadEndedError(Exception):
    """The thread that was to do the work has ended, with the work undone."""


class _Watch:
    """Wakes the task that waits for a thread when the thread has ended: nobody else would.

    Made by the task, which is then cancelled; it asks ``end`` whether that was the reason.
    """

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._woke = False
        self._next = self._loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        if self._thread.is_alive():
            self._next = self._loop.call_later(LOOK_S, self._look)
        elif self._task is not None:
            self._woke = self._task.cancel()

    def end(self) -> bool:
        """Look no more; tell whether the task was cancelled by this, and by nobody else."""
        self._next.cancel()
        woke, self._woke = self._woke, False
        return woke and self._task is not None and not self._task.uncancel()


class Worker:
    """An open connection and its thread; made by ``start``.

    Args:
        line: The connection and its thread.
        owner: When it is collected, the connection is closed.
    """

    def __init__(self, line: Line, owner: object) -> None:
        self._line = line
        self._owner = weakref.ref(owner)
        self._moving = asyncio.Lock()
        RETIREMENT.take(owner, line)

    @classmethod
    async def start(cls, open_: Callable[[], WorkConnection], owner: object) -> Worker:
        """Open a connection on a thread of its own; runs on the background's loop.

        Args:
            open_: Opens the connection; what it raises is raised here.
            owner: When it is collected, the connection is closed.
        """
        return cls(await Line.open(open_), owner)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one unit of work and return what it returns, even where the caller is cancelled meanwhile.

        Raises:
            ClosedError: The connection was closed; the work is undone.
        """
        while True:
            line = self._line
            try:
                return await self._answer(work, line)
            except _ThreadEndedError:
                await settled(asyncio.wrap_future(BACKGROUND.submit(self._move(line))))

    async def close(self) -> None:
        """Finish what was handed in and close."""
        await settled(asyncio.wrap_future(BACKGROUND.submit(self._end())))

    async def _answer(self, work: Callable[[sqlite3.Connection], T], line: Line) -> T:
        if not line.thread.is_alive():
            raise _ThreadEndedError
        job = Job(work)
        watch = _Watch(line.thread)
        try:
            await line.hand_in(job)
        except asyncio.CancelledError:
            if not watch.end():
                # The thread still has to answer to this loop, which may be about to be closed.
                await settled(asyncio.wrap_future(BACKGROUND.submit(line.emptied())))
                raise
            if not job.is_done:
                raise _ThreadEndedError from None
        except ValueError as exc:
            if job.is_begun:
                raise
            raise ClosedError from exc  # aiosqlite says it so
        finally:
            watch.end()
        return job.take()

    async def _move(self, left: Line) -> None:
        """Go on with the same connection, and what is in its memory, on another thread."""
        async with self._moving:
            owner = self._owner()
            if self._line is not left or owner is None:
                return
            await left.let_go()
            if left.raw.is_closed:
                raise ClosedError
            RETIREMENT.forget(left)
            self._line = await Line.open(lambda: left.raw)
            RETIREMENT.take(owner, self._line)

    async def _end(self) -> None:
        async with self._moving:
            RETIREMENT.forget(self._line)
            await self._line.end()
