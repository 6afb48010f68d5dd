"""When the next row may start: so many a second, and none while the server asks for patience."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Pace"]


class Pace:
    """One for all rows of a batch, in one event loop.

    Args:
        rate: Rows started per second at most; None is no limit.
    """

    def __init__(self, rate: float | None = None) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._next = 0.0
        self._held_until = 0.0
        self._over = asyncio.Event()

    @property
    def limited(self) -> bool:
        """Whether there is a rate to keep."""
        return self._gap > 0

    def hold(self, seconds: float) -> None:
        """Let no row start for a while: the server said when it wants to hear from us again.

        Args:
            seconds: From now.
        """
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    def end(self) -> None:
        """Let nobody wait any longer: no more rows will start."""
        self._over.set()

    async def turn(self) -> None:
        """Wait until the next row may start, or the end."""
        now = asyncio.get_running_loop().time
        mine = max(now(), self._next)
        self._next = mine + self._gap
        while (wait := max(mine, self._held_until) - now()) > 0 and not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._over.wait()
