"""The event loop that a client lives on: where it is first used, for as long as that loop runs.

A client's connections belong to a loop. A widget's handler, or a thread with a loop of its own, hands its work
over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["HomeEndedError", "HomeLoop"]

T = TypeVar("T")

_LOOK_S = 0.2


class HomeEndedError(Exception):
    """The loop that was asked ended before it answered."""


class HomeLoop:
    """Where work is done that any loop may ask for.

    Example:
        >>> home = HomeLoop()
        >>> async def answer():
        ...     return 42
        >>> asyncio.run(home.run(answer)), asyncio.run(home.run(answer))
        (42, 42)
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine at home; where home no longer runs, this loop is home from now on.

        Args:
            work: Makes the coroutine.

        Raises:
            HomeEndedError: Home ended meanwhile; what was begun there may be done or not.
        """
        here = asyncio.get_running_loop()
        home = self._loop
        if home is None or not home.is_running():
            home = self._loop = here
        if home is here:
            return await work()
        return await _answer(asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), home)), home)


async def _answer(asked: asyncio.Future[T], home: asyncio.AbstractEventLoop) -> T:
    """Wait for what another loop was asked: one that ends cancels it, or never answers."""
    try:
        running = True
        while running and not asked.done():  # once more after its end, as the answer may be on its way
            running = home.is_running()
            await asyncio.wait({asked}, timeout=_LOOK_S)
    finally:
        here = asked.cancel()  # it is not done: whoever asked was cancelled, or home has ended
    if here or asked.cancelled():
        raise HomeEndedError
    return asked.result()
