"""Mode replay on a WebSocket: a recorded conversation, told again as far as its other side goes along."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from nbagents.errors import CassetteError
from nbagents.replay.conversation.frames import (
    CLOSED,
    event_of,
    frame_of,
    renamed,
    sound_in,
    with_sounds,
    without_id,
)
from nbagents.replay.match.canonical import canonical_request, canonical_value
from nbagents.replay.wire.line_recorder import end
from nbagents.replay.wire.telling import Telling

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from nbagents.replay.wire.ask import Ask
    from nbagents.replay.wire.deck import Deck

__all__ = ["LinePlayer", "Refused"]

_POLICY = 1008  # how a WebSocket ends where what was said may not be said


class LinePlayer:
    """One WebSocket while it is replayed; nothing is sent anywhere.

    Args:
        deck: Has the recording, tells the cell and the speed, and keeps the time.
        ask: What the client asks for.

    Raises:
        CassetteMissError: There is no such recording.
        CassetteError: A sound is missing, or the recording is not as it was written.
    """

    def __init__(self, deck: Deck, ask: Ask) -> None:
        self._scrubber = deck.open_player().scrubber
        self._telling = Telling(deck, canonical_request(ask, self._scrubber))
        self._names: dict[str, str] = {}  # of the ids that the client gives its events, as they were recorded

    async def open(self, connection: ServerConnection, _: Request) -> Response | None:
        """Refuse the connection where it was refused when it was recorded."""
        response = self._telling.response
        if "status" in response:
            return connection.respond(response["status"], response.get("message", ""))
        return None

    async def run(self, connection: ServerConnection) -> None:
        """Play the conversation until it ends, or the client says something else than it did."""
        playing = asyncio.create_task(self._play(connection))
        try:
            with suppress(ConnectionClosed):
                async for frame in connection:
                    self._check(frame)
        except CassetteError as exc:
            await Refused(exc).run(connection)
        finally:
            self._telling.end()
            playing.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await playing

    async def _play(self, connection: ServerConnection) -> None:
        async for kind, data in self._telling.received():
            if kind == CLOSED:
                await end(connection, data["code"], data["reason"])
                return
            said = with_sounds(data, self._telling.sounds) if isinstance(data, dict) else data
            await connection.send(frame_of(kind, renamed(said, self._names)))

    def _check(self, frame: str | bytes) -> None:
        kind, event = event_of(frame)
        sound = sound_in(kind, event)
        if sound is not None:
            self._telling.speak(sound)
            return
        named, said = without_id(event)
        if named is not None:
            self._names[f"sent:{len(self._names)}"] = named
        self._telling.send(kind, canonical_value(said, self._scrubber))


class Refused:
    """A WebSocket that ends with an error, in the API's own words for one.

    Args:
        error: What is wrong.
    """

    def __init__(self, error: CassetteError) -> None:
        self._error = error

    async def open(self, *_: object) -> None:
        """Open it: a client shows what an event says, and not why a handshake failed."""

    async def run(self, connection: ServerConnection) -> None:
        """Say what is wrong and end the connection."""
        error = {"type": "invalid_request_error", "code": "cassette", "message": str(self._error), "param": None}
        with suppress(ConnectionClosed):
            await connection.send(json.dumps({"type": "error", "event_id": "event_cassette", "error": error}))
            await connection.close(_POLICY)
