"""Mode replay at a realtime model: a recorded conversation, told again as far as its other side goes along."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agents import UserError
from agents.realtime import RealtimeModel, RealtimeModelExceptionEvent, RealtimeModelSendAudio

from nbagents.errors import CassetteMissError
from nbagents.replay.match.canonical import canonical_value
from nbagents.replay.match.miss import sent_miss
from nbagents.replay.realtime.events import asked_of, event_of, exception_of, sent_data
from nbagents.replay.realtime.script import AUDIO, COMMIT, Script, Unexpected
from nbagents.replay.realtime.sounds import with_sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.realtime import (
        RealtimeModelConfig,
        RealtimeModelEvent,
        RealtimeModelListener,
        RealtimeModelSendEvent,
    )

    from nbagents.replay.cassette.recording import Recording
    from nbagents.replay.match.place import Place
    from nbagents.replay.wire.deck import Deck
    from nbagents.replay.wire.player import Player

__all__ = ["ReplayingRealtimeModel"]


class ReplayingRealtimeModel(RealtimeModel):
    """Plays a recorded conversation; nothing is sent anywhere.

    Args:
        player: Finds the recording.
        deck: Tells the cell and the speed, and keeps the time.
    """

    def __init__(self, player: Player, deck: Deck) -> None:
        self._player = player
        self._deck = deck
        self._listeners: list[RealtimeModelListener] = []
        self._recording: Recording | None = None
        self._place: Place | None = None
        self._script = Script([])
        self._moved = asyncio.Event()
        self._playing: asyncio.Task[None] | None = None
        self._missed = False

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Find the recording and begin to play it.

        Raises:
            CassetteMissError: There is none.
            CassetteError: A sound is missing.
            Exception: Whatever the connection failed with when it was recorded.
        """
        request = canonical_value(asked_of(options), self._player.scrubber)
        self._place = self._deck.place()
        self._recording, _ = self._player.find(request)
        response = self._recording.response
        if "end" in response:
            raise exception_of(response["end"], response.get("message", ""))
        self._script = Script(response["conversation"])
        sounds = {item: self._player.cassette.load(note["name"]) for item, note in _sounds(response)}
        self._playing = asyncio.create_task(self._play(sounds), name="nbagents-realtime-replay")

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Add a listener."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """Remove a listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Check that this is what was sent when it was recorded.

        Raises:
            CassetteMissError: It is not.
        """
        try:
            self._check(event)
        except CassetteMissError as exc:
            await self._tell(
                RealtimeModelExceptionEvent(exc, "replay")
            )  # the SDK's session eats what a tool's task raises
            raise
        self._moved.set()

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Check an event likewise, where it may be sent."""
        if not send_if():
            return False
        await self.send_event(event)
        return True

    async def close(self) -> None:
        """Play no further; a conversation that was left before all was sent is reported."""
        playing, self._playing = self._playing, None
        self._report_rest()
        if playing is not None and playing is not asyncio.current_task():
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing

    async def _play(self, sounds: dict[str, bytes]) -> None:
        for one in self._script.received:
            while not self._script.due(one):
                self._moved.clear()
                await self._moved.wait()
            await asyncio.sleep(one.wait / 1000 * self._deck.speed)
            self._deck.advance(one.wait)
            await self._tell(event_of(one.kind, with_sound(one.kind, one.data, sounds)))

    async def _tell(self, event: RealtimeModelEvent) -> None:
        for listener in list(self._listeners):
            try:
                await listener.on_event(event)
            except Exception as exc:  # noqa: BLE001 - as the SDK's own model tells it
                await listener.on_event(RealtimeModelExceptionEvent(exc, "Error handling a replayed event"))

    def _check(self, event: RealtimeModelSendEvent) -> None:
        kind, data = AUDIO, None
        try:
            if isinstance(event, RealtimeModelSendAudio):
                self._script.hear(len(event.audio))
                kind = COMMIT
                if not event.commit:
                    return
            else:
                kind, said = sent_data(event)
                data = canonical_value(said, self._player.scrubber)
            self._script.send(kind, data)
        except Unexpected as exc:
            raise self._miss((kind, data), (exc.expected, exc.recorded)) from None

    def _report_rest(self) -> None:
        place, script = self._place, self._script
        self._place = None
        if place is not None and script.sent < script.total and not self._missed:
            self._player.report.missed(
                place,
                f"{place} closed its realtime conversation after {script.sent} of the {script.total} events that "
                "were sent when it was recorded",
            )

    def _miss(self, sent: tuple[str, Any], expected: tuple[str | None, Any]) -> CassetteMissError:
        if self._place is None or self._recording is None:
            raise UserError("this realtime model is not connected")
        self._missed = True
        error = sent_miss(self._player.cassette.path, self._place, self._recording, sent, expected)
        self._player.report.missed(self._place, str(error))
        return error


def _sounds(response: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(response.get("sounds", {}).items())
