"""One event loop of our own, on a daemon thread: connections that are made on it serve any other loop or thread.

A connection belongs to the event loop it was made on. A notebook has its own loop, ``asyncio.run`` in a script
makes one for each call, and a widget's handler may have none.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from nbagents.sessions.loops.settled import settled

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

__all__ = ["BACKGROUND", "Background"]

T = TypeVar("T")


class Background:
    """A loop that is started when it is first needed and ends with the process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

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

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="nbagents-sessions", daemon=True).start()
            return self._loop


BACKGROUND = Background()
