"""HTTP transports that dispatch by mode: to the network, to rules in this process, or to a cassette.

Requests that are live or recorded go through clients made with openai's own defaults, so that timeouts,
connection limits, proxies and certificates are what they would be without nbagents. They are made at the
first such request and not before: offline and in replay, nothing that could open a socket exists.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import httpx2
import openai

from nbagents.errors import CassetteError, ConfigError
from nbagents.replay import offline
from nbagents.replay.notice import tell_once
from nbagents.replay.wire.ask import ask_of
from nbagents.replay.wire.carry import carry, carry_async
from nbagents.replay.wire.deck import Deck
from nbagents.replay.wire.pace import offline_speed, pause, wait_for
from nbagents.replay.wire.pieces import AsyncPieces, Pieces
from nbagents.replay.wire.playback import play, play_async, refusal
from nbagents.replay.wire.pools import AsyncPools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nbagents.replay.mode import Mode
    from nbagents.replay.wire.recorder import Take
    from nbagents.replay.wire.relay import Relay

__all__ = ["AsyncSeamTransport", "Seam", "SeamTransport"]


@dataclass
class Seam:
    """What every transport of this process shares: the mode, and the clients that reach the network.

    Attributes:
        mode: The mode that applies to the next request.
        deck: What is recorded on or replayed from.
    """

    mode: Mode
    deck: Deck = field(default_factory=Deck)
    _live_async: dict[asyncio.AbstractEventLoop, AsyncPools] = field(default_factory=dict, repr=False)

    def mode_for(self, request: httpx2.Request) -> Mode:
        """Return what answers a request: an export of traces is never recorded, and in replay never sent."""
        if self.mode in {"record", "replay"} and request.url.path.endswith("/traces/ingest"):
            return "live" if self.mode == "record" else "offline"
        return self.mode

    @property
    def live_async(self) -> AsyncPools:
        """The asynchronous way to the network, for all clients of the running event loop.

        A connection belongs to the loop it was made on: another ``asyncio.run`` needs its own.
        """
        loop = asyncio.get_running_loop()
        if loop not in self._live_async:
            self._live_async = {other: pools for other, pools in self._live_async.items() if not other.is_closed()}
            self._live_async[loop] = AsyncPools()
        return self._live_async[loop]

    @cached_property
    def live_sync(self) -> httpx2.Client:
        """The synchronous way to the network; one connection pool for all clients."""
        return openai.DefaultHttpxClient()

    @cached_property
    def relay(self) -> Relay:
        """The way of WebSockets that are recorded or replayed."""
        from nbagents.replay.wire.relay import Relay

        return Relay(self.deck)

    def close_relay(self) -> None:
        """End WebSockets that are recorded or replayed."""
        if "relay" in self.__dict__:
            self.relay.close()


class AsyncSeamTransport(httpx2.AsyncBaseTransport):
    """The seam for ``AsyncOpenAI``."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as the mode says."""
        seam = self._seam
        match seam.mode_for(request):
            case "live":
                # The outer client owns authentication and redirects; the inner one only carries.
                return await seam.live_async.send(request)
            case "record":
                take = _take(seam.deck, request, await request.aread())
                if isinstance(take, httpx2.Response):
                    return take
                return await carry_async(seam.live_async, request, take)
            case "replay":
                return await play_async(seam.deck, ask_of(request, await request.aread()))
        paced = _answer(request, await request.aread())
        if not paced.answer.streamed:
            await asyncio.sleep(paced.seconds)
        return paced.response(AsyncPieces(_chunks_async(paced)))


class SeamTransport(httpx2.BaseTransport):
    """The seam for ``OpenAI``."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as the mode says."""
        seam = self._seam
        match seam.mode_for(request):
            case "live":
                return seam.live_sync.send(request, auth=None, follow_redirects=False, stream=True)
            case "record":
                take = _take(seam.deck, request, request.read())
                return take if isinstance(take, httpx2.Response) else carry(seam.live_sync, request, take)
            case "replay":
                return play(seam.deck, ask_of(request, request.read()))
        paced = _answer(request, request.read())
        if not paced.answer.streamed:
            pause(paced.seconds)
        return paced.response(Pieces(_chunks(paced)))


def _take(deck: Deck, request: httpx2.Request, body: bytes) -> Take | httpx2.Response:
    try:
        return deck.begin(ask_of(request, body))
    except CassetteError as exc:
        return refusal(exc)


@dataclass(frozen=True)
class _Paced:
    """An offline answer, and how many seconds it takes."""

    answer: offline.Answer
    seconds: float

    @property
    def seconds_per_chunk(self) -> float:
        """How long each piece of a streamed answer takes."""
        return self.seconds / len(self.answer.chunks) if self.answer.streamed else 0.0

    def response(self, stream: httpx2.AsyncByteStream | httpx2.SyncByteStream) -> httpx2.Response:
        """Return the answer as one of the network."""
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


async def _chunks_async(paced: _Paced) -> AsyncIterator[bytes]:
    for chunk in paced.answer.chunks:
        await asyncio.sleep(paced.seconds_per_chunk)  # 0 still lets other tasks run
        yield chunk


def _chunks(paced: _Paced) -> Iterator[bytes]:
    for chunk in paced.answer.chunks:
        pause(paced.seconds_per_chunk)
        yield chunk
