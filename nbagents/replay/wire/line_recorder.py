"""Mode record on a WebSocket: what goes over it passes by, and is noted in its order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from nbagents.replay.conversation.frames import (
    CLOSED,
    event_of,
    renamed,
    sound_in,
    without_id,
    without_sound,
)
from nbagents.replay.conversation.notes import Notes
from nbagents.replay.conversation.sounds import is_pcm
from nbagents.replay.match.canonical import canonical_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.connection import Connection
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from nbagents.replay.wire.ask import Ask
    from nbagents.replay.wire.recorder import Recorder

__all__ = ["LineRecorder", "end"]

# What belongs to one connection and not to the request; the other one has its own.
_OF_THE_CONNECTION = ("connection", "host", "upgrade", "sec-websocket-")
_CLOSE_S = 1  # the client has gone by then, and what it was told is noted
_BAD_GATEWAY = 502
_NORMAL, _NOTHING_SAID, _ABNORMAL = 1000, 1005, 1006  # how a WebSocket ends


class LineRecorder:
    """One WebSocket while it is recorded; it is written when it is closed.

    Args:
        recorder: Writes the cassette.
        ask: What the client asks for.
        upstream: Where it would have gone without us.

    Raises:
        CassetteError: An earlier call could not be written.
    """

    def __init__(self, recorder: Recorder, ask: Ask, upstream: str) -> None:
        self._recorder = recorder
        self._place, self._call = recorder.next_call()
        self._request = canonical_request(ask, recorder.scrubber)
        self._url = _url(upstream, ask)
        self._notes = Notes(recorder.scrubber)
        self._names: dict[str, str] = {}  # of the ids that the client gave its events
        self._failure: dict[str, Any] = {}
        self._upstream: ClientConnection | None = None
        self._written = False
        recorder.unfinished.add(self.write)

    async def open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Open the WebSocket of the API; where that fails, so does the client's, with the same status."""
        headers = [
            pair for pair in request.headers.raw_items() if not pair[0].lower().startswith(_OF_THE_CONNECTION)
        ]
        try:
            self._upstream = await connect(
                self._url,
                additional_headers=headers,
                user_agent_header=None,
                max_size=None,
                close_timeout=_CLOSE_S,
            )
        except InvalidStatus as exc:
            text = (exc.response.body or b"").decode("utf-8", "replace")
            return self._refused(connection, exc.response.status_code, text)
        except (OSError, WebSocketException) as exc:
            return self._refused(connection, _BAD_GATEWAY, f"{type(exc).__name__}: {exc}")
        return None

    async def run(self, connection: ServerConnection) -> None:
        """Pass everything on until one side ends the connection.

        Raises:
            CassetteError: The file cannot be written, or a secret would stay in it.
        """
        upstream = self._upstream
        if upstream is None:
            return
        there = asyncio.create_task(_pass_on(connection, upstream, self._sent))
        back = asyncio.create_task(_pass_on(upstream, connection, self._received))
        try:
            done, _ = await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            if there not in done:
                self._notes.received(CLOSED, {"code": upstream.close_code, "reason": upstream.close_reason})
            self.write()
            for task in done:
                task.result()  # what failed in it
        finally:
            for task in (there, back):
                task.cancel()
            await upstream.close()
            await end(connection, upstream.close_code, upstream.close_reason)

    def write(self) -> None:
        """Write what there is of it; does nothing the second time."""
        if not self._written:
            self._written = True
            self._recorder.unfinished.discard(self.write)
            self._recorder.write(self._place, self._call, self._request, self._response)

    def _response(self, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
        return {**self._notes.response(keep), **self._failure}

    def _refused(self, connection: ServerConnection, status: int, text: str) -> Response:
        said = self._recorder.scrubber.text(text)
        self._failure = {"status": status, "message": said}
        self.write()
        return connection.respond(status, said)

    def _sent(self, frame: str | bytes) -> None:
        kind, event = event_of(frame)
        sound = sound_in(kind, event)
        if sound is not None:
            self._notes.speak(sound)
            return
        if kind == "session.update":
            self._notes.pcm = is_pcm(event.get("session"))
        named, said = without_id(event)
        if named is not None:
            self._names[named] = f"sent:{len(self._names)}"
        self._notes.sent(kind, said)

    def _received(self, frame: str | bytes) -> None:
        kind, event = event_of(frame)
        self._notes.received(kind, renamed(without_sound(kind, event, self._notes.sounds), self._names))


async def end(connection: Connection, code: int | None, reason: str | None) -> None:
    """End a WebSocket as another one ended.

    Args:
        connection: The one to end.
        code: How the other ended; None or 1006 is without a word.
        reason: What was said then.
    """
    if code is None or code == _ABNORMAL:
        connection.transport.abort()
    else:
        await connection.close(_NORMAL if code == _NOTHING_SAID else code, reason or "")


async def _pass_on(source: Connection, target: Connection, note: Callable[[str | bytes], None]) -> None:
    with suppress(ConnectionClosed):
        async for frame in source:
            note(frame)
            await target.send(frame)


def _url(upstream: str, ask: Ask) -> str:
    """Return the API's address of what a client asks for."""
    base = httpx2.URL(upstream)
    path = base.path.rstrip("/") + ask.path.removeprefix("/v1")
    scheme = {"http": "ws", "https": "wss"}.get(base.scheme, base.scheme)
    return str(base.copy_with(scheme=scheme, path=path, query=ask.query.encode() or None))
