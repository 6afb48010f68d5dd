"""Ends the connections that nobody closed: a notebook user never calls ``close()``."""

from __future__ import annotations

import atexit
import concurrent.futures
import os
import weakref
from typing import TYPE_CHECKING

from nbagents.sessions.loops.background import BACKGROUND

if TYPE_CHECKING:
    from nbagents.sessions.sqlite.line import Line

__all__ = ["RETIREMENT", "Retirement"]

_EXIT_WAIT_S = 5.0


class Retirement:
    """Open connections, and what becomes of them when their owner is collected or the interpreter exits."""

    def __init__(self) -> None:
        self._open: dict[Line, None] = {}
        self._left: list[object] = []

    def take(self, owner: object, line: Line) -> None:
        """Close a connection when its owner is collected.

        Args:
            owner: Whose connection it is.
            line: An open connection.
        """
        self._open[line] = None
        weakref.finalize(owner, self._retire, line).atexit = False

    def forget(self, line: Line) -> None:
        """Somebody else closes it."""
        self._open.pop(line, None)

    def leave(self) -> None:
        """Close every connection that is still open and wait until it is; run when the interpreter exits."""
        ending = [BACKGROUND.submit(line.end()) for line in dict(self._open)]
        concurrent.futures.wait(ending, _EXIT_WAIT_S)

    def leave_to_parent(self) -> None:
        """Keep what a forked process got from its parent: SQLite wants it neither used nor closed there."""
        self._left.append(self._open)
        self._open = {}

    def _retire(self, line: Line) -> None:
        if line in self._open:
            self.forget(line)
            BACKGROUND.submit(line.end())


RETIREMENT = Retirement()
atexit.register(RETIREMENT.leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=RETIREMENT.leave_to_parent)
