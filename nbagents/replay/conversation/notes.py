"""A conversation while it passes: what is sent and received, noted in its order and with its times."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbagents.replay.cassette.deltas import scrub_events
from nbagents.replay.cassette.sse import Event
from nbagents.replay.conversation.script import AUDIO
from nbagents.replay.conversation.sounds import Sounds, sound_note
from nbagents.replay.match.canonical import canonical_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.replay.cassette.scrub import Scrubber

__all__ = ["Notes"]


class Notes:
    """What a recording keeps of one conversation.

    Args:
        scrubber: Takes out secrets.

    Attributes:
        pcm: Whether its sound is the API's raw PCM, and not a telephone's.
        sounds: What is said in it.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self.pcm = True
        self.sounds = Sounds()
        self._scrubber = scrubber
        self._began = time.monotonic()
        self._events: list[list[Any]] = []
        self._run = bytearray()  # sound that is being sent
        self._run_began = 0

    def sent(self, kind: str, data: Any) -> None:  # noqa: ANN401 - any JSON value
        """Note what was sent, sound left out."""
        self.pause()
        self._note("sent", kind, canonical_value(data, self._scrubber))

    def received(self, kind: str, data: Any) -> None:  # noqa: ANN401 - any JSON value
        """Note what was received, its sound taken out."""
        self.pause()
        self._note("received", kind, data)

    def speak(self, sound: bytes) -> None:
        """Note sound that is sent; pieces that nothing comes between are one event, at the time of the first."""
        if not self._run:
            self._run_began = self.now()
        self._run += sound

    def pause(self) -> None:
        """Something comes after the sound that is being sent."""
        if self._run:
            note = sound_note(bytes(self._run), pcm=self.pcm)
            self._run.clear()
            self._events.append([self._run_began, "sent", AUDIO, note])

    def now(self) -> int:
        """Return the milliseconds since it began."""
        return round((time.monotonic() - self._began) * 1000)

    def response(self, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
        """Return it as a cassette has it.

        Args:
            keep: Called with each sound's name and content.
        """
        self.pause()
        noted = [Event(ms, None, [way, kind, data]) for ms, way, kind, data in self._events]
        found: dict[str, Any] = {
            "ms": self._events[0][0] if self._events else self.now(),
            "conversation": [[one.ms, *one.data] for one in scrub_events(noted, self._scrubber)],
        }
        sounds = self.sounds.files(pcm=self.pcm, keep=keep)
        return {**found, "sounds": sounds} if sounds else found

    def _note(self, way: str, kind: str, data: Any) -> None:  # noqa: ANN401 - any JSON value
        self._events.append([self.now(), way, kind, data])
