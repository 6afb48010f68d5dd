"""Events on their way to whoever iterates: bounded, in order, without sound that nobody should hear any more."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from nbagents.voice.events import VoiceStreamEventAudio

if TYPE_CHECKING:
    from nbagents.voice.events import VoiceStreamEvent

__all__ = ["EventQueue"]


class EventQueue:
    """A queue of events for one event loop.

    Args:
        limit: How many events wait at most; past that whoever makes them waits.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[VoiceStreamEvent] = deque()
        self._changed = asyncio.Condition()
        self._ended = self._left = False

    async def put(self, event: VoiceStreamEvent) -> None:
        """Add an event, when there is room."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._left or len(self._events) < self._limit)
            self._events.append(event)
            self._changed.notify_all()

    async def drop_sound(self) -> None:
        """Forget the sound that waits."""
        async with self._changed:
            self._events = deque(each for each in self._events if not isinstance(each, VoiceStreamEventAudio))
            self._changed.notify_all()

    async def leave(self) -> None:
        """Say that nobody iterates any more: whoever makes events waits no longer."""
        async with self._changed:
            self._left = True
            self._changed.notify_all()

    async def end(self) -> None:
        """Say that no more events come."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def get(self) -> VoiceStreamEvent | None:
        """Take the next event; None where no more come."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._events or self._ended)
            event = self._events.popleft() if self._events else None
            self._changed.notify_all()
            return event
