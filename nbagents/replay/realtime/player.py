"""Mode replay at a realtime model: a recorded conversation, told again as far as its other side goes along."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from agents import UserError
from agents.realtime import RealtimeModel, RealtimeModelExceptionEvent, RealtimeModelSendAudio

from nbagents.errors import CassetteMissError
from nbagents.replay.conversation.script import COMMIT
from nbagents.replay.conversation.sounds import with_sound
from nbagents.replay.match.canonical import canonical_value
from nbagents.replay.realtime.events import asked_of, event_of, exception_of, sent_data
from nbagents.replay.wire.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.realtime import (
        RealtimeModelConfig,
        RealtimeModelEvent,
        RealtimeModelListener,
        RealtimeModelSendEvent,
    )

    from nbagents.replay.wire.deck import Deck

__all__ = ["ReplayingRealtimeModel"]


class ReplayingRealtimeModel(RealtimeModel):
    """Plays a recorded conversation; nothing is sent anywhere.

    Args:
        deck: Has the recording, tells the cell and the speed, and keeps the time.
    """

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._scrubber = deck.open_player().scrubber
        self._listeners: list[RealtimeModelListener] = []
        self._telling: Telling | None = None
        self._playing: asyncio.Task[None] | None = None

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Find the recording and begin to play it.

        Raises:
            CassetteMissError: There is none.
            CassetteError: A sound is missing.
            Exception: Whatever the connection failed with when it was recorded.
        """
        telling = Telling(self._deck, canonical_value(asked_of(options), self._scrubber))
        if "end" in telling.response:
            raise exception_of(telling.response["end"], telling.response.get("message", ""))
        self._telling = telling
        self._playing = asyncio.create_task(self._play(telling), name="nbagents-realtime-replay")

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
            # Told too, because the SDK's session eats what a tool's task raises.
            await self._tell(RealtimeModelExceptionEvent(exc, "replay"))
            raise

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Check an event likewise, where it may be sent."""
        if not send_if():
            return False
        await self.send_event(event)
        return True

    async def close(self) -> None:
        """Play no further; a conversation that was left before all was sent is reported."""
        playing, self._playing = self._playing, None
        if self._telling is not None:
            self._telling.end()
        if playing is not None and playing is not asyncio.current_task():
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing

    async def _play(self, telling: Telling) -> None:
        async for kind, data in telling.received():
            await self._tell(event_of(kind, with_sound(kind, data, telling.sounds)))

    async def _tell(self, event: RealtimeModelEvent) -> None:
        for listener in list(self._listeners):
            try:
                await listener.on_event(event)
            except Exception as exc:  # noqa: BLE001 - as the SDK's own model tells it
                await listener.on_event(RealtimeModelExceptionEvent(exc, "Error handling a replayed event"))

    def _check(self, event: RealtimeModelSendEvent) -> None:
        telling = self._telling
        if telling is None:
            raise UserError("this realtime model is not connected")
        if not isinstance(event, RealtimeModelSendAudio):
            kind, said = sent_data(event)
            telling.send(kind, canonical_value(said, self._scrubber))
            return
        telling.speak(event.audio)
        if event.commit:
            telling.send(COMMIT, None)
