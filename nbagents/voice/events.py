"""What ``VoicePipeline.process_audio_stream`` yields, in the order in which it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nbagents.voice.turn import ToolCall

if TYPE_CHECKING:
    from nbagents.errors import NbAgentsError
    from nbagents.voice.turn import VoiceTurn

__all__ = [
    "VoiceStreamEvent",
    "VoiceStreamEventAgentResponse",
    "VoiceStreamEventAudio",
    "VoiceStreamEventError",
    "VoiceStreamEventInterrupted",
    "VoiceStreamEventTool",
    "VoiceStreamEventTranscription",
    "VoiceStreamEventTurnEnded",
]


@dataclass(frozen=True, slots=True)
class VoiceStreamEventTranscription:
    """What was understood of an utterance.

    Attributes:
        text: All of it so far; a later event of the same utterance replaces it. Empty where nothing was
            understood.
        is_final: Whether this is all of it. Partial ones come while it is spoken from a model that listens along,
            and while it is written from OpenAI's; other models give only the final one.
    """

    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class VoiceStreamEventAgentResponse:
    """The next piece of the agent's answer.

    Attributes:
        text: The piece, as it came; joined they are the answer.
        agent_name: Who answers.
    """

    text: str
    agent_name: str


@dataclass(frozen=True, slots=True)
class VoiceStreamEventAudio:
    """The next piece of the answer as sound.

    Attributes:
        audio_data: PCM16 at 24,000 Hz, some 40 ms.
        format: ``"pcm16"``.
    """

    audio_data: bytes
    format: str


@dataclass(frozen=True, slots=True)
class VoiceStreamEventTool(ToolCall):
    """A tool was called, or has returned."""


@dataclass(frozen=True, slots=True)
class VoiceStreamEventInterrupted:
    """Somebody spoke while the agent did: whoever plays sound stops now, and forgets what was not played.

    Attributes:
        heard: The part of the answer that was heard; the session keeps no more.
    """

    heard: str


@dataclass(frozen=True, slots=True)
class VoiceStreamEventError:
    """Something failed; the next turn works.

    Attributes:
        error: A ``VoiceError``, whose ``stage`` says where and whose cause says why, or an ``AudioError``.
    """

    error: NbAgentsError


@dataclass(frozen=True, slots=True)
class VoiceStreamEventTurnEnded:
    """A turn is complete; its sound may still be playing.

    Attributes:
        turn: What was said and answered, and where the time went.
    """

    turn: VoiceTurn


VoiceStreamEvent: TypeAlias = (
    VoiceStreamEventTranscription
    | VoiceStreamEventAgentResponse
    | VoiceStreamEventAudio
    | VoiceStreamEventTool
    | VoiceStreamEventInterrupted
    | VoiceStreamEventError
    | VoiceStreamEventTurnEnded
)
