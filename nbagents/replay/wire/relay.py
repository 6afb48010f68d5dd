"""Where WebSockets of OpenAI's clients go in modes record and replay: to this process, by loopback.

A client asks for its address and opens the connection itself, with no transport of ours in between. So it is given
an address of ours, with a token for the cell that asks: what it sends goes on to the API and is noted, or is
checked against the recording, which answers. That is streamed transcription, the realtime API of a plain client,
and Responses by WebSocket.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import secrets
import sys
import threading
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import serve

from nbagents._loop_thread import LoopThread
from nbagents.errors import CassetteError, ConfigError
from nbagents.replay.wire.ask import Ask
from nbagents.replay.wire.line_player import LinePlayer, Refused
from nbagents.replay.wire.line_recorder import LineRecorder

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

    from nbagents.replay.match.place import Place
    from nbagents.replay.wire.deck import Deck

    _Line = LineRecorder | LinePlayer | Refused

__all__ = ["Relay"]

Result = TypeVar("Result")

_HOST = "127.0.0.1"
_REMEMBERED = 64  # addresses: a client uses its own at once
_CLOSE_S = 0.5  # a client that is gone does not answer


@dataclass(frozen=True)
class _Asker:
    """Who was given an address.

    Attributes:
        place: The cell that asked.
        context: Of its task: it knows the cell and the replay's time.
        upstream: Where the API is, such as ``wss://api.openai.com/v1``.
    """

    place: Place
    context: contextvars.Context
    upstream: str


class Relay:
    """A server on loopback, from the first address that is asked for.

    Args:
        deck: What is recorded on or replayed from.
    """

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._server: Server | None = None
        self._port = 0
        self._askers: dict[str, _Asker] = {}
        self._lines: WeakKeyDictionary[ServerConnection, tuple[contextvars.Context, _Line]] = WeakKeyDictionary()

    def address(self, upstream: str) -> str:
        """Return where a client may open its WebSockets, for the cell that runs.

        Args:
            upstream: Where they would go without us.

        Raises:
            ConfigError: A proxy of the environment stands between this process and itself.
        """
        with self._lock:
            if self._thread is None:
                self._thread = LoopThread("nbagents-websockets")
                self._thread.submit(self._listen()).result()
            _check_proxy(f"{_HOST}:{self._port}")
            return f"ws://{_HOST}:{self._port}/{self._token(self._deck.place(), upstream)}"

    def close(self) -> None:
        """End every connection and the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._askers.clear()
        if thread is not None:
            thread.submit(self._end()).result()
            thread.stop()

    def _token(self, place: Place, upstream: str) -> str:
        """Return the asker's token: openai asks twice for each connection."""
        for token, asker in self._askers.items():
            if (asker.place, asker.upstream) == (place, upstream):
                return token
        if len(self._askers) >= _REMEMBERED:
            del self._askers[next(iter(self._askers))]
        token = secrets.token_urlsafe(12)
        self._askers[token] = _Asker(place, contextvars.copy_context(), upstream)
        return token

    async def _listen(self) -> None:
        self._server = await serve(
            self._serve,
            _HOST,
            0,
            process_request=self._open,
            compression=None,
            max_size=None,
            ping_interval=None,
            close_timeout=_CLOSE_S,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Choose what is at the other end, while the client waits for its handshake."""
        address = urlsplit(request.path)
        token, _, path = address.path.removeprefix("/").partition("/")
        asker = self._askers.get(token)
        if asker is None:
            return connection.respond(404, "unknown address\n")
        line = asker.context.run(self._line, Ask("CONNECT", f"/v1/{path}", address.query), asker.upstream)
        self._lines[connection] = asker.context, line
        return await _within(asker.context, line.open(connection, request))

    def _line(self, ask: Ask, upstream: str) -> _Line:
        try:
            if self._deck.recorder is not None:
                return LineRecorder(self._deck.recorder, ask, upstream)
            return LinePlayer(self._deck, ask)
        except CassetteError as exc:
            return Refused(exc)

    async def _serve(self, connection: ServerConnection) -> None:
        context, line = self._lines.pop(connection)
        try:
            await _within(context, line.run(connection))
        except CassetteError as exc:  # the next request raises it; this connection has ended
            sys.stderr.write(f"{type(exc).__name__}: {exc}\n")


async def _within(context: contextvars.Context, work: Coroutine[Any, Any, Result]) -> Result:
    return await asyncio.create_task(work, context=context)


def _check_proxy(address: str) -> None:
    """A WebSocket to this process would go to the proxy, which knows another machine by that address."""
    schemes = {"ws", "socks", "https", "http"} & urllib.request.getproxies().keys()
    if schemes and not urllib.request.proxy_bypass(address):
        raise ConfigError(
            "a proxy is set, and to record or replay a WebSocket this machine must reach itself without it: set "
            f"NO_PROXY={_HOST},localhost and restart the kernel",
            name="NO_PROXY",
            value=os.environ.get("NO_PROXY"),
        )
