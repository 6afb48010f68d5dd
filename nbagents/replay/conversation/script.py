"""What is to come in a replayed conversation: which events may be received by now, and what must be sent next.

What is sent is checked by its kind, its order and what it says. Sound is a flow: a microphone gives other pieces
each time, so that it is only counted, in bytes since the last other thing that was sent. A received event is due
when as much was sent as had been sent before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.replay.cassette.redacted import stands_for

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AUDIO", "COMMIT", "Received", "Script", "Unexpected"]

AUDIO = "audio"
COMMIT = "audio_commit"  # the end of sound that is sent by hand
_UNORDERED = "tool_output"  # tools run side by side, and the one that is done first is another each time


@dataclass(frozen=True, slots=True)
class Received:
    """An event that was received.

    Attributes:
        ms: When, in milliseconds since the connection was asked for.
        wait: Milliseconds since the event before it, whichever way that went.
        after: How much was sent before it, sound left out.
        audio: How many bytes of sound were sent since then.
        kind: The event's kind.
        data: Its fields.
    """

    ms: float
    wait: float
    after: int
    audio: int
    kind: str
    data: dict[str, Any]


class Unexpected(Exception):  # noqa: N818 - it becomes a CassetteMissError where the cassette is known
    """What was sent is not what the recording has next.

    Attributes:
        expected: The kind of what it has, or None where it has nothing more.
        recorded: What that says.
    """

    def __init__(self, expected: str | None, recorded: Any = None) -> None:  # noqa: ANN401 - any JSON value
        super().__init__(expected)
        self.expected = expected
        self.recorded = recorded


class Script:
    """A recorded conversation, as it is replayed.

    Args:
        events: What was recorded, each as ``[ms, "sent" or "received", kind, data]``.

    Example:
        >>> script = Script([[1, "sent", "user_input", "Hi"], [9, "received", "turn_started", {}]])
        >>> script.due(script.received[0])
        False
        >>> script.send("user_input", "Hi")
        >>> script.due(script.received[0])
        True
    """

    def __init__(self, events: Sequence[Sequence[Any]]) -> None:
        self.received: list[Received] = []
        self._expected: list[tuple[str, Any]] = []
        self._audio_before: list[int] = [0]  # bytes of sound before each of them, and after the last
        self._used: set[int] = set()
        self._audio = 0
        before = 0.0
        for ms, way, kind, data in events:
            if way == "received":
                wait = max(ms - before, 0)
                self.received.append(Received(ms, wait, len(self._expected), self._audio_before[-1], kind, data))
            elif kind == AUDIO:
                self._audio_before[-1] += data["bytes"]
            else:
                self._expected.append((kind, data))
                self._audio_before.append(0)
            before = ms

    @property
    def sent(self) -> int:
        """How much was sent, sound left out."""
        return len(self._used)

    @property
    def total(self) -> int:
        """How much the recording has of it."""
        return len(self._expected)

    def due(self, one: Received) -> bool:
        """Tell whether all was sent that had been sent before an event."""
        return self.sent > one.after or (self.sent == one.after and self._audio >= one.audio)

    def hear(self, length: int) -> None:
        """Count sound that is sent.

        Args:
            length: Its bytes.

        Raises:
            Unexpected: No sound was recorded at all.
        """
        if not any(self._audio_before):
            raise Unexpected(*self._next())
        self._audio += length

    def send(self, kind: str, data: Any) -> None:  # noqa: ANN401 - any JSON value
        """Check what is sent, sound left out.

        Raises:
            Unexpected: It is not what the recording has next.
        """
        if self._audio_before[self.sent] and not self._audio:
            raise Unexpected(AUDIO)
        found = next((n for n in self._candidates(kind) if self._stands_for(n, kind, data)), None)
        if found is None:
            raise Unexpected(*self._next())
        self._used.add(found)
        self._audio = 0

    def _stands_for(self, number: int, kind: str, data: Any) -> bool:  # noqa: ANN401 - any JSON value
        expected, said = self._expected[number]
        return expected == kind and stands_for(said, data)

    def _candidates(self, kind: str) -> list[int]:
        """The next one; of tool outputs that follow each other, all."""
        left = [n for n in range(len(self._expected)) if n not in self._used]
        if kind != _UNORDERED:
            return left[:1]
        others = (at for at, n in enumerate(left) if self._expected[n][0] != _UNORDERED)
        return left[: next(others, None)]

    def _next(self) -> tuple[str | None, Any]:
        left = (one for n, one in enumerate(self._expected) if n not in self._used)
        return next(left, (None, None))
