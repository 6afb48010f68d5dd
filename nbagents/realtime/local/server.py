"""The server: WebSocket connections on a thread and loop of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve

from nbagents._loop_thread import LoopThread
from nbagents.errors import RealtimeError
from nbagents.realtime.local.call import Call
from nbagents.realtime.local.engines import best_engines

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.server import Server, ServerConnection

    from nbagents.realtime.local.engines import Engines
    from nbagents.realtime.local.faults import Fault

__all__ = ["LocalRealtimeServer"]

_LIMIT_S = 3600  # the API ends a connection after an hour
_REMEMBERED = 2_000  # client events
_CLOSE_S = 0.5  # a client that is gone does not answer
_MAX_SIZE = 16 * 1024 * 1024


class LocalRealtimeServer:
    """OpenAI's realtime API on loopback: voice activity, transcription, rules with real calls, speech.

    Args:
        engines: What hears and speaks; None is the best that is installed.
        speed: How much faster than it is heard speech is sent.
        limit_s: After how many seconds a connection is ended.
        port: Where it listens on loopback; 0 is a free one.

    Attributes:
        received: The newest events of clients, without their sound.
        faults: What goes wrong on request.
        calls: The connections there are, by the call that they attached to or an id of their own.
        peers: Where the speech of a call goes that somebody made by WebRTC, by its id.

    Example:
        >>> with LocalRealtimeServer() as server:
        ...     server.url.startswith("ws://127.0.0.1:")
        True
    """

    def __init__(
        self, engines: Engines | None = None, *, speed: float = 4.0, limit_s: float = _LIMIT_S, port: int = 0
    ) -> None:
        self.engines = engines if engines is not None else best_engines()
        self.speed = speed
        self.limit_s = limit_s
        self.received: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self.faults: list[Fault] = []
        self.calls: dict[str, Call] = {}
        self.peers: dict[str, Callable[[bytes], None]] = {}
        self._thread: LoopThread | None = None
        self._server: Server | None = None
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens: ``ws://127.0.0.1:PORT/v1/realtime``."""
        return f"ws://127.0.0.1:{self.port}/v1/realtime"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where its connections live; it runs from ``start`` to ``stop``."""
        if self._thread is None:
            raise RealtimeError("the local realtime server was not started")
        return self._thread.loop

    def start(self) -> Self:
        """Begin to listen."""
        self._thread = LoopThread("nbagents-local-realtime")
        self._thread.submit(self._listen()).result()
        return self

    def stop(self) -> None:
        """End every connection and the thread."""
        if self._thread is not None and self._thread.alive:
            self._thread.submit(self._close()).result(5)
            self._thread.stop()

    def fault(self, fault: Fault) -> None:
        """Let something go wrong.

        Args:
            fault: What, and when.
        """
        self.faults.append(fault)

    def drop(self, code: int = 1011) -> None:
        """End every connection abnormally, now.

        Args:
            code: The WebSocket's close code.
        """
        if self._thread is not None:
            self._thread.submit(self._drop(code)).result(5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> None:
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, max_size=_MAX_SIZE, compression=None, close_timeout=_CLOSE_S
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _serve(self, connection: ServerConnection) -> None:
        path = connection.request.path if connection.request is not None else ""
        asked = parse_qs(urlsplit(path).query)
        call = Call(self, connection, call_id=asked.get("call_id", [""])[0])
        self.calls[call.id] = call
        try:
            await call.run()
        finally:
            del self.calls[call.id]

    async def _drop(self, code: int) -> None:
        await asyncio.gather(*(call.connection.close(code, "dropped on request") for call in self.calls.values()))

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
