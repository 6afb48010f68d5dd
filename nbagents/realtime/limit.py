"""When a connection is renewed: in time before the server ends it."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Limit"]

_EARLY_S = 300.0  # before the limit that the server names
_TICK_S = 0.5  # the limit is known only once the server has named it


class Limit:
    """The time limit of the connection that is used now.

    Args:
        seconds: After how long the server ends a connection, where it does not say so itself.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._renew_at = 0.0

    def note(self, expires_at: float | None = None) -> None:
        """Note when the connection ends.

        Args:
            expires_at: In seconds since 1970, as the server says; None is a connection that begins now.
        """
        left = self._seconds if not expires_at else min(self._seconds, expires_at - time.time())
        if left > 0:  # a recording's is in the past
            self._renew_at = time.monotonic() + left - min(_EARLY_S, left / 4)

    async def tick(self) -> None:
        """Wait until it may be time."""
        await asyncio.sleep(max(0.05, min(_TICK_S, self._renew_at - time.monotonic())))

    def due(self, *, idle: bool) -> bool:
        """Tell whether to renew now: when nobody speaks, or at the last moment.

        Args:
            idle: Whether nobody speaks.
        """
        late = time.monotonic() - self._renew_at
        return late >= 0 and (idle or late > self._seconds / 20)
