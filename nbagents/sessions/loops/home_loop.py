"""The event loop that a client lives on: where it is first used, for as long as that loop runs.

A client's connections belong to a loop. A widget's handler, or a thread with a loop of its own, hands its work
over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["HomeLoop"]

T = TypeVar("T")


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
        """
        here = asyncio.get_running_loop()
        home = self._loop
        if home is None or not home.is_running():
            home = self._loop = here
        if home is here:
            return await work()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), home))
