"""Ends the connections that nobody closed: a notebook user never calls ``close()``.

aiosqlite complains of a connection that is collected while it is open, and asks the caller's event loop for a
future when it is told to stop; at that time the loop may be closed. So a daemon thread, which has none, does it.
"""

from __future__ import annotations

import atexit
import queue
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiosqlite

__all__ = ["RETIREMENT", "Retirement"]

_EXIT_WAIT_S = 5.0


class Retirement:
    """Connections and what becomes of them when their owner is collected or the interpreter exits."""

    def __init__(self) -> None:
        self._leaving: queue.SimpleQueue[aiosqlite.Connection] = queue.SimpleQueue()
        self._closed: dict[aiosqlite.Connection, threading.Event] = {}
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, owner: object, connection: aiosqlite.Connection, closed: threading.Event) -> None:
        """Stop a connection when its owner is collected.

        Args:
            owner: Whose connection it is.
            connection: An open connection.
            closed: Set when the connection is closed, by whomever.
        """
        with self._start:  # now, because at exit no thread can be started
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="nbagents-retirement", daemon=True)
                self._thread.start()
        self._closed[connection] = closed
        weakref.finalize(owner, self._retire, connection).atexit = False

    def leave(self) -> None:
        """Stop every connection that is still open and wait until it is; run when the interpreter exits."""
        waiting = dict(self._closed)
        for connection in waiting:
            self._retire(connection)
        for closed in waiting.values():
            closed.wait(_EXIT_WAIT_S)

    def _retire(self, connection: aiosqlite.Connection) -> None:
        closed = self._closed.pop(connection, None)
        if closed is not None and not closed.is_set():
            self._leaving.put(connection)

    def _work(self) -> None:
        while True:
            self._leaving.get().stop()


RETIREMENT = Retirement()
atexit.register(RETIREMENT.leave)
