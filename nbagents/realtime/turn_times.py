"""Where the time of a turn went, from when the user was done to the first sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.audio.stages import stages

if TYPE_CHECKING:
    from nbagents.audio.stages import Stage
    from nbagents.realtime.events import RealtimeEvent

__all__ = ["TurnTimes"]


class TurnTimes:
    """Watches the events of a session; ``stages`` are the newest turn's.

    Example:
        >>> from nbagents.realtime.events import RealtimeAudioEvent, RealtimeSpeechStoppedEvent
        >>> times = TurnTimes()
        >>> times.take(RealtimeSpeechStoppedEvent(item_id="a", audio_ms=0, at=10.0))
        >>> times.take(RealtimeAudioEvent(audio_data=b"", at=10.4))
        >>> times.stages
        [Stage(name='first sound', begin=0.0, end=400.0)]
    """

    def __init__(self) -> None:
        self._begun: float | None = None
        self._reached: dict[str, float] = {}

    def take(self, event: RealtimeEvent) -> None:
        """Take in one event.

        Args:
            event: Any event of the session.
        """
        if event.type == "speech_stopped":
            self.begin(event.at)
        elif event.type == "user_caption" and event.is_final:  # type: ignore[attr-defined]
            self._note("transcribed", event.at)
        elif event.type == "response_start":
            self._note("answering", event.at)
        elif event.type == "text":
            self._note("first word", event.at)
        elif event.type == "audio":
            self._note("first sound", event.at)

    def begin(self, at: float) -> None:
        """Begin a turn, where the user was done at a moment in seconds since 1970."""
        self._begun, self._reached = at, {}

    @property
    def stages(self) -> list[Stage]:
        """What was reached when, in ms since the user was done."""
        return stages(self._reached)

    def _note(self, name: str, at: float) -> None:
        if self._begun is not None and at >= self._begun:
            self._reached.setdefault(name, round(1000 * (at - self._begun), 3))
