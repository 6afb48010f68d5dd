"""One event loop of our own, on a daemon thread: connections that are made on it serve any other loop or thread.

A connection belongs to the event loop it was made on. A notebook has its own loop, ``asyncio.run`` in a script
makes one for each call, and a widget's handler may have none.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from nbagents.sessions.loops.settled import settled

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

__all__ = ["BACKGROUND", "DISPLAY_WAIT_S", "Background"]

T = TypeVar("T")

DISPLAY_WAIT_S = 2.0  # for a display, which must not hang where a server does not answer


class Background:
    """A loop that is started when it is first needed and ends with the process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._left: list[object] = []

    @property
    def is_running(self) -> bool:
        """Whether it was needed yet."""
        return self._loop is not None

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]], *, whole: bool) -> T:
        """Run a coroutine on the loop, for a caller on another.

        Args:
            work: Makes the coroutine.
            whole: Whether it runs to its end when the caller is cancelled, who then waits for it. Otherwise it is
                cancelled with the caller.
        """
        future = asyncio.wrap_future(self.submit(work()))
        return await (settled(future) if whole else future)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin a coroutine on the loop; from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._started())

    def leave_to_parent(self) -> None:
        """Begin anew in a process that was forked, where the thread of the loop is not."""
        self._left.append(self._loop)
        self._guard, self._loop = threading.Lock(), None

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:  # without the guard, as Python may collect what is submitted at any time
            return self._loop
        with self._guard:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="nbagents-sessions", daemon=True).start()
                self._loop = loop
            return self._loop


BACKGROUND = Background()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BACKGROUND.leave_to_parent)
