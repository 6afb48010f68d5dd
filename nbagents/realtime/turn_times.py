"""Where the time of a turn went, from when the user was done to the first sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.audio.stages import stages
from nbagents.realtime.events import RealtimeUserCaptionEvent

if TYPE_CHECKING:
    from nbagents.audio.stages import Stage
    from nbagents.realtime.events import RealtimeEvent

__all__ = ["TurnTimes"]

_ANSWERS = {"text": "first word", "audio": "first sound"}


class TurnTimes:
    """Watches the events of a session; ``stages`` are the newest turn's.

    Example:
        >>> from nbagents.realtime.events import RealtimeAudioEvent, RealtimeResponseStartEvent
        >>> times = TurnTimes()
        >>> times.begin(10.0)
        >>> times.take(RealtimeAudioEvent(audio_data=b"", at=10.1))  # of the answer before
        >>> times.take(RealtimeResponseStartEvent(agent_name="Weather", at=10.2))
        >>> times.take(RealtimeAudioEvent(audio_data=b"", at=10.4))
        >>> [(stage.name, stage.end) for stage in times.stages]
        [('answering', 200.0), ('first sound', 400.0)]
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
        elif isinstance(event, RealtimeUserCaptionEvent) and event.is_final:
            self._note("transcribed", event.at)
        elif event.type == "response_start":
            self._note("answering", event.at)
        elif event.type in _ANSWERS and "answering" in self._reached:  # else it is of the answer before
            self._note(_ANSWERS[event.type], event.at)

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
