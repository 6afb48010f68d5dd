"""The asynchronous way to the network: a few small connection pools in place of a large one.

httpx looks at every connection of a pool whenever a call begins or ends, and asks the system about each that
is idle. With a hundred calls at once that is a sixth of what a whole run costs. Calls that follow each other share
one pool, and so its connection.
"""

from __future__ import annotations

from collections import Counter

import httpx2
import openai

__all__ = ["AsyncPools"]

_CALLS = 16  # that wait for an answer in each pool before another is opened
_POOLS = 8
_LIMITS = httpx2.Limits(max_connections=125, max_keepalive_connections=125)  # together openai's own 1,000


class AsyncPools:
    """The connections of one event loop, made when they are first needed."""

    def __init__(self) -> None:
        self._waiting: Counter[httpx2.AsyncClient] = Counter()

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return the response when it begins; authentication and redirects are the caller's.

        Args:
            request: What is sent.
        """
        pool = self._least_busy()
        self._waiting[pool] += 1
        try:
            return await pool.send(request, auth=None, follow_redirects=False, stream=True)
        finally:
            self._waiting[pool] -= 1

    async def aclose(self) -> None:
        """Close every connection."""
        while self._waiting:
            await self._waiting.popitem()[0].aclose()

    def _least_busy(self) -> httpx2.AsyncClient:
        pool = min(self._waiting, key=self._waiting.__getitem__, default=None)
        if pool is None or (self._waiting[pool] >= _CALLS and len(self._waiting) < _POOLS):
            pool = openai.DefaultAsyncHttpxClient(limits=_LIMITS)
            self._waiting[pool] = 0
        return pool
