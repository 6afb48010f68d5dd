"""Where a session's work is handed in: its connection is opened at first use, and left when its file is gone."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
import warnings
import weakref
from typing import TYPE_CHECKING, TypeVar

from nbagents._sqlite import file_at
from nbagents.sessions.loops.background import BACKGROUND
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.sqlite.line import ClosedError
from nbagents.sessions.sqlite.worker import Worker

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from nbagents.sessions.sqlite.line import WorkConnection

__all__ = ["Desk", "FileReplacedWarning"]

T = TypeVar("T")

_MOST_OPEN = 32  # files; past that those that were not used for a while are closed until they are used again
_IDLE_S = 10.0


class FileReplacedWarning(UserWarning):
    """A session's file was removed or replaced while it was in use."""


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
        self._opening: concurrent.futures.Future[Worker] | None = None
        self._used = 0.0
        self.closed = False
        _DESKS.add(self)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one unit of work and return what it returns, even where the caller is cancelled meanwhile.

        Raises:
            ClosedError: ``close()`` came first.
        """
        while True:
            self._used = time.monotonic()
            worker = self._ready() or await self._worker()
            try:
                return await worker.run(work)
            except ClosedError:
                if worker is self._ready():
                    raise  # by nobody here: the interpreter exits

    def run_here(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Run one unit of work from code that cannot await, and block until it is done.

        Returns:
            What it returned, or None where nothing is open.
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
            worker = await settled(asyncio.wrap_future(opening))
            await worker.close()

    @property
    def is_idle(self) -> bool:
        """Whether it has a file open that was not used for a while."""
        opening = self._opening
        is_open = opening is not None and opening.done() and self._file is not None
        return is_open and time.monotonic() - self._used >= _IDLE_S

    def rest(self) -> None:
        """Close the file until it is used again; what was handed in is finished."""
        with self._guard:
            opening = self._opening
            if opening is None or not opening.done():
                return
            self._opening = None
        BACKGROUND.submit(opening.result().close())

    def leave_to_parent(self) -> None:
        """Open the file anew in a process that was forked; what is in memory alone is gone on with."""
        self._guard = threading.Lock()
        opening = self._opening
        if opening is not None and (self._file is not None or not opening.done()):
            self._opening = None

    def _ready(self) -> Worker | None:
        """Return what is open, None where nothing is or its file is no longer there."""
        with self._guard:
            opening = self._opening
            if opening is None or not opening.done() or file_at(self._path) != self._file:
                return None
        return opening.result()

    async def _worker(self) -> Worker:
        """Open what is not open, or wait until it is."""
        await self._leave_what_is_gone()
        with self._guard:
            if self.closed:
                raise ClosedError
            opening = self._opening
            if opening is None:
                opening = self._opening = BACKGROUND.submit(self._start())
        return await settled(asyncio.wrap_future(opening))

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
        await opening.result().close()

    async def _start(self) -> Worker:
        try:
            worker = await Worker.start(self._open_file, self)
        except BaseException:
            with self._guard:
                self._opening = None  # so that the next use tries again
            raise
        _rest_the_idle(self)
        return worker

    def _open_file(self) -> WorkConnection:
        opened = self._open()
        self._file = file_at(self._path)
        return opened


_DESKS: weakref.WeakSet[Desk] = weakref.WeakSet()
_OPENED: list[weakref.ref[Desk]] = []  # the longest open first; the background's loop alone touches it


def _rest_the_idle(opened: Desk) -> None:
    """Close files that nobody uses, where many are open: a page that shows a session keeps it for good.

    Each has a thread and two or three open files, of which a process may have a thousand.
    """
    _OPENED.append(weakref.ref(opened))
    desks = list(dict.fromkeys(desk for each in _OPENED if (desk := each()) is not None and not desk.closed))
    idle = [desk for desk in desks if desk.is_idle][: max(0, len(desks) - _MOST_OPEN)]
    for desk in idle:
        desk.rest()
    _OPENED[:] = [weakref.ref(desk) for desk in desks if desk not in idle]


def _leave_to_parent() -> None:
    for desk in list(_DESKS):
        desk.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
