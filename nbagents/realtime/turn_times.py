"""Where the time of a turn went, from when the user was done to the first sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbagents.realtime.events import RealtimeEvent

__all__ = ["TurnTimes"]


class TurnTimes:
    """Watches the events of a session; ``steps`` is the newest turn's.

    Example:
        >>> from nbagents.realtime.events import RealtimeAudioEvent, RealtimeSpeechStoppedEvent
        >>> times = TurnTimes()
        >>> times.take(RealtimeSpeechStoppedEvent(item_id="a", audio_ms=0, at=10.0))
        >>> times.take(RealtimeAudioEvent(audio_data=b"", at=10.4))
        >>> times.steps
        [('first sound', 0.0, 0.4)]
    """

    def __init__(self) -> None:
        self._begun: float | None = None
        self._at: dict[str, float] = {}

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
        self._begun, self._at = at, {}

    @property
    def steps(self) -> list[tuple[str, float, float]]:
        """What came when: its name, and from when to when, in seconds since the user was done."""
        if self._begun is None:
            return []
        moments = sorted((at, name) for name, at in self._at.items())
        steps, before = [], 0.0
        for at, name in moments:
            after = round(at - self._begun, 6)
            steps.append((name, before, after))
            before = after
        return steps

    def to_json(self) -> list[dict[str, Any]]:
        """Return the steps for a page."""
        return [{"name": name, "from": start, "to": end} for name, start, end in self.steps]

    def _note(self, name: str, at: float) -> None:
        if self._begun is not None and at >= self._begun:
            self._at.setdefault(name, at)
