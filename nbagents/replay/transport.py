"""HTTP transports that dispatch by mode: to the network, or to rules in this process.

Live requests go through a client made with openai's own defaults, so that timeouts, connection limits, proxies and
certificates are what they would be without nbagents. That client is made at the first live request and not before:
offline, nothing that could open a socket exists.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import httpx2
import openai

from nbagents.errors import ConfigError
from nbagents.replay import offline
from nbagents.replay.notice import tell_once
from nbagents.replay.pace import offline_speed, wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nbagents.replay.mode import Mode

__all__ = ["AsyncSeamTransport", "Seam", "SeamTransport"]


@dataclass
class Seam:
    """What every transport of this process shares: the mode, and the clients that reach the network.

    Attributes:
        mode: The mode that applies to the next request.
    """

    mode: Mode
    _live_async: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = field(default_factory=dict, repr=False)

    @property
    def live_async(self) -> httpx2.AsyncClient:
        """The asynchronous way to the network; one connection pool for all clients of the running event loop.

        A connection belongs to the loop it was made on: another ``asyncio.run`` needs its own.
        """
        loop = asyncio.get_running_loop()
        if loop not in self._live_async:
            self._live_async = {
                other: client for other, client in self._live_async.items() if not other.is_closed()
            }
            self._live_async[loop] = openai.DefaultAsyncHttpxClient()
        return self._live_async[loop]

    @cached_property
    def live_sync(self) -> httpx2.Client:
        """The synchronous way to the network; one connection pool for all clients."""
        return openai.DefaultHttpxClient()


class AsyncSeamTransport(httpx2.AsyncBaseTransport):
    """The seam for ``AsyncOpenAI``."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as the mode says."""
        if self._seam.mode == "live":
            # The outer client owns authentication and redirects; the inner one only carries.
            return await self._seam.live_async.send(request, auth=None, follow_redirects=False, stream=True)
        paced = _answer(request, await request.aread())
        if not paced.answer.streamed:
            await asyncio.sleep(paced.seconds)
        return paced.response(_AsyncChunks(paced))


class SeamTransport(httpx2.BaseTransport):
    """The seam for ``OpenAI``."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as the mode says."""
        if self._seam.mode == "live":
            return self._seam.live_sync.send(request, auth=None, follow_redirects=False, stream=True)
        paced = _answer(request, request.read())
        if not paced.answer.streamed:
            time.sleep(paced.seconds)
        return paced.response(_Chunks(paced))


@dataclass(frozen=True)
class _Paced:
    """An offline answer, and how many seconds it takes."""

    answer: offline.Answer
    seconds: float

    @property
    def seconds_per_chunk(self) -> float:
        return self.seconds / len(self.answer.chunks) if self.answer.streamed else 0.0

    def response(self, stream: httpx2.AsyncByteStream | httpx2.SyncByteStream) -> httpx2.Response:
        return httpx2.Response(self.answer.status, headers=self.answer.headers, stream=stream)


def _answer(request: httpx2.Request, body: bytes) -> _Paced:
    try:
        factor = offline_speed(os.environ)
    except ConfigError as exc:
        return _Paced(offline.refuse(str(exc)), 0.0)
    answer = offline.answer(request.method, request.url.path, body)
    if answer.words:
        tell_once()
    return _Paced(answer, wait_for(answer.words, factor))


class _AsyncChunks(httpx2.AsyncByteStream):
    def __init__(self, paced: _Paced) -> None:
        self._paced = paced

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._paced.answer.chunks:
            await asyncio.sleep(self._paced.seconds_per_chunk)  # 0 still lets other tasks run
            yield chunk


class _Chunks(httpx2.SyncByteStream):
    def __init__(self, paced: _Paced) -> None:
        self._paced = paced

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._paced.answer.chunks:
            time.sleep(self._paced.seconds_per_chunk)
            yield chunk
