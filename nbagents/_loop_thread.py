"""A thread with an event loop of its own, so that a blocked cell does not stop what runs there."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from nbagents._loops import call_soon

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["LoopThread"]

Result = TypeVar("Result")


class LoopThread:
    """An event loop on a daemon thread.

    Args:
        name: The thread's name.

    Example:
        >>> async def answer():
        ...     return 42
        >>> thread = LoopThread("example")
        >>> thread.submit(answer()).result()
        42
        >>> thread.stop()
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._stopped = False
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    @property
    def alive(self) -> bool:
        """Whether it still takes work."""
        return not self._stopped and self._thread.is_alive()

    def post(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function there soon, where it still runs; may be called on any thread."""
        with self._lock:
            if self.alive:
                self.loop.call_soon_threadsafe(function, *arguments)

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Run a coroutine there, in a copy of the caller's context.

        Args:
            coroutine: What to run; ``asyncio.run_coroutine_threadsafe`` leaves the context behind, and with it
                the cell that a trace belongs to.
        """
        done: Future[Result] = Future()
        context = contextvars.copy_context()

        def start() -> None:
            """Make the task, on the loop's own thread."""
            task = self.loop.create_task(coroutine, context=context)
            task.add_done_callback(lambda task: _hand_over(task, done))
            done.add_done_callback(lambda done: call_soon(self.loop, task.cancel) if done.cancelled() else None)

        with self._lock:
            alive = self.alive
            if alive:
                self.loop.call_soon_threadsafe(start)
        if not alive:
            coroutine.close()
            done.cancel()
        return done

    async def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine there and wait for it here, on another loop."""
        if self.is_current:
            return await coroutine
        return await asyncio.wrap_future(self.submit(coroutine))

    def stop(self, timeout: float = 1.0) -> None:
        """End the loop and wait for the thread.

        Args:
            timeout: Seconds to wait at most; a thread that blocks ends with the process.
        """
        with self._lock:
            if self.alive:
                self._stopped = True
                self.loop.call_soon_threadsafe(self.loop.stop)
        if not self.is_current:
            self._thread.join(timeout)

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()


def _hand_over(task: asyncio.Task[Result], done: Future[Result]) -> None:
    if done.done():
        if not task.cancelled():
            task.exception()  # nobody waits any more; asked for, so that asyncio does not complain
        return
    if task.cancelled():
        done.cancel()
    elif (error := task.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())
