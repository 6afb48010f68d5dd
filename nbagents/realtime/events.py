"""What happens in a realtime session, as ``async for event in session`` gives it.

Each event has a ``type``, its name in logs and frames, and ``at``, when it was received, in seconds since 1970.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

__all__ = [
    "ConnectionStatus",
    "RealtimeAudioEndEvent",
    "RealtimeAudioEvent",
    "RealtimeConnectionEvent",
    "RealtimeErrorEvent",
    "RealtimeEvent",
    "RealtimeFunctionCallEvent",
    "RealtimeGuardrailEvent",
    "RealtimeHandoffEvent",
    "RealtimeHistoryEvent",
    "RealtimeInterruptedEvent",
    "RealtimeOverflowEvent",
    "RealtimeRawEvent",
    "RealtimeResponseEndEvent",
    "RealtimeResponseStartEvent",
    "RealtimeSpeechStartedEvent",
    "RealtimeSpeechStoppedEvent",
    "RealtimeTextEvent",
    "RealtimeToolApprovalEvent",
    "RealtimeToolEndEvent",
    "RealtimeToolStartEvent",
    "RealtimeUserCaptionEvent",
]

ConnectionStatus = Literal["connecting", "connected", "reconnecting", "reconnected", "renewed", "closed"]


@dataclass(frozen=True, kw_only=True)
class RealtimeEvent:
    """What all events have.

    Attributes:
        at: When it was received, in seconds since 1970.
    """

    type: ClassVar[str] = "event"
    at: float = field(default_factory=time.time, compare=False)


@dataclass(frozen=True, kw_only=True)
class RealtimeAudioEvent(RealtimeEvent):
    """A piece of the agent's speech.

    Attributes:
        audio_data: The samples, in ``format``.
        format: ``"pcm16"`` (24 kHz, mono, little endian), ``"g711_ulaw"`` or ``"g711_alaw"`` (8 kHz).
        item_id: The item that is spoken.
        content_index: The part of the item.
    """

    type: ClassVar[str] = "audio"
    audio_data: bytes = field(repr=False)
    format: str = "pcm16"
    item_id: str = ""
    content_index: int = 0


@dataclass(frozen=True, kw_only=True)
class RealtimeAudioEndEvent(RealtimeEvent):
    """All of an item's speech was received; it may still be playing."""

    type: ClassVar[str] = "audio_end"
    item_id: str
    content_index: int = 0


@dataclass(frozen=True, kw_only=True)
class RealtimeTextEvent(RealtimeEvent):
    """The next words of what the agent says or writes."""

    type: ClassVar[str] = "text"
    text_delta: str
    item_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RealtimeUserCaptionEvent(RealtimeEvent):
    """What the user said, as far as it is transcribed.

    Attributes:
        text: The whole caption so far.
        is_final: Whether it will not change any more.
        item_id: The item that was spoken.
    """

    type: ClassVar[str] = "user_caption"
    text: str
    is_final: bool
    item_id: str


@dataclass(frozen=True, kw_only=True)
class RealtimeFunctionCallEvent(RealtimeEvent):
    """The model called a function; the session runs it.

    Attributes:
        function_name: The tool or handoff.
        arguments: A JSON object, as the model wrote it.
        call_id: The call.
    """

    type: ClassVar[str] = "function_call"
    function_name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, kw_only=True)
class RealtimeToolStartEvent(RealtimeEvent):
    """A tool began to run."""

    type: ClassVar[str] = "tool_start"
    tool_name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, kw_only=True)
class RealtimeToolEndEvent(RealtimeEvent):
    """A tool ended; ``output`` is what the model is told."""

    type: ClassVar[str] = "tool_end"
    tool_name: str
    arguments: str
    output: str
    call_id: str


@dataclass(frozen=True, kw_only=True)
class RealtimeToolApprovalEvent(RealtimeEvent):
    """A tool waits for ``approve`` or ``reject``."""

    type: ClassVar[str] = "tool_approval"
    tool_name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, kw_only=True)
class RealtimeSpeechStartedEvent(RealtimeEvent):
    """The server heard the user begin to speak.

    Attributes:
        item_id: The item that will hold it.
        audio_ms: Where, in milliseconds of the audio that was sent.
    """

    type: ClassVar[str] = "speech_started"
    item_id: str
    audio_ms: int


@dataclass(frozen=True, kw_only=True)
class RealtimeSpeechStoppedEvent(RealtimeEvent):
    """The server heard the user stop."""

    type: ClassVar[str] = "speech_stopped"
    item_id: str
    audio_ms: int


@dataclass(frozen=True, kw_only=True)
class RealtimeInterruptedEvent(RealtimeEvent):
    """The agent's speech was cut off: what is not played yet must not be played.

    Attributes:
        item_id: The item that was spoken.
        content_index: The part of the item.
        played_ms: How much of it was heard, or None where nobody reported.
    """

    type: ClassVar[str] = "interrupted"
    item_id: str
    content_index: int = 0
    played_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class RealtimeResponseStartEvent(RealtimeEvent):
    """The model began to answer."""

    type: ClassVar[str] = "response_start"
    agent_name: str
    response_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class RealtimeResponseEndEvent(RealtimeEvent):
    """The model ended an answer.

    Attributes:
        response_id: The answer.
        status: ``"completed"``, ``"cancelled"``, ``"incomplete"``, ``"failed"``, or None where it is not known.
        usage: Tokens, in the API's words; empty where they are not known.
    """

    type: ClassVar[str] = "response_end"
    response_id: str | None = None
    status: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RealtimeHandoffEvent(RealtimeEvent):
    """Another agent took over."""

    type: ClassVar[str] = "handoff"
    from_agent: str
    to_agent: str


@dataclass(frozen=True, kw_only=True)
class RealtimeGuardrailEvent(RealtimeEvent):
    """A guardrail stopped an answer.

    Attributes:
        guardrails: The guardrails that tripped.
        message: What was being said.
    """

    type: ClassVar[str] = "guardrail"
    guardrails: tuple[str, ...]
    message: str


@dataclass(frozen=True, kw_only=True)
class RealtimeHistoryEvent(RealtimeEvent):
    """The conversation has a new or changed item.

    Attributes:
        items: The SDK's realtime items, oldest first.
    """

    type: ClassVar[str] = "history"
    items: tuple[Any, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RealtimeErrorEvent(RealtimeEvent):
    """Something went wrong; the session goes on unless ``fatal``."""

    type: ClassVar[str] = "error"
    message: str
    code: str | None = None
    fatal: bool = False


@dataclass(frozen=True, kw_only=True)
class RealtimeConnectionEvent(RealtimeEvent):
    """The connection changed.

    Attributes:
        status: ``"reconnecting"`` after an abnormal end, then ``"reconnected"``; ``"renewed"`` when a new
            connection took over before the time limit of the old one.
        detail: Why, or what was restored.
    """

    type: ClassVar[str] = "connection"
    status: ConnectionStatus
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class RealtimeOverflowEvent(RealtimeEvent):
    """A bounded queue was full and its oldest entries are lost.

    Attributes:
        queue: ``"events"`` (nobody read them) or ``"microphone"`` (they could not be sent).
        dropped: How many since the last such event.
    """

    type: ClassVar[str] = "overflow"
    queue: Literal["events", "microphone"]
    dropped: int


@dataclass(frozen=True, kw_only=True)
class RealtimeRawEvent(RealtimeEvent):
    """An event of the server as it came, or of the SDK's model where that is all there is.

    Attributes:
        data: The server's JSON object, or the SDK's model event.
    """

    type: ClassVar[str] = "raw"
    data: Any = field(repr=False)

    @property
    def name(self) -> str:
        """The server's name of the event."""
        return str(self.data.get("type") if isinstance(self.data, dict) else getattr(self.data, "type", ""))
