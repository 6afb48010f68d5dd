"""What goes over a WebSocket of OpenAI's API, as a conversation has it: JSON events, each of a kind."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from nbagents.replay.conversation.sounds import with_sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.replay.conversation.sounds import Sounds

__all__ = [
    "CLOSED",
    "TEXT",
    "event_of",
    "frame_of",
    "renamed",
    "sound_in",
    "with_sounds",
    "without_id",
    "without_sound",
]

CLOSED = "closed"  # the kind of what is noted where the server ends the connection
TEXT = "text"  # the kind of a frame that is no event
_APPEND = "input_audio_buffer.append"
_RAW = "raw_server_event"  # what a server's own event is called where the SDK's are


def event_of(frame: str | bytes) -> tuple[str, Any]:
    """Return a frame's kind and what it says.

    Example:
        >>> event_of('{"type": "session.created", "event_id": "event_1"}')
        ('session.created', {'type': 'session.created', 'event_id': 'event_1'})
        >>> event_of("hello")
        ('text', 'hello')
    """
    text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return TEXT, text
    return (str(event["type"]), event) if isinstance(event, dict) and "type" in event else (TEXT, text)


def frame_of(kind: str, data: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return what goes over the wire for an event; the opposite of ``event_of``."""
    return str(data) if kind == TEXT else json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def sound_in(kind: str, event: Any) -> bytes | None:  # noqa: ANN401 - any JSON value
    """Return the sound that a client sends with an event, or None where it is another event."""
    if kind != _APPEND:
        return None
    try:
        return base64.b64decode(event.get("audio", ""), validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None


def without_id(event: Any) -> tuple[str | None, Any]:  # noqa: ANN401 - any JSON value
    """Return the id that a client gave its event, or None, and the rest of it: the id is another one each time.

    Example:
        >>> without_id({"type": "response.create", "event_id": "a7"})
        ('a7', {'type': 'response.create'})
    """
    if not isinstance(event, dict) or not isinstance(event.get("event_id"), str):
        return None, event
    return event["event_id"], {key: value for key, value in event.items() if key != "event_id"}


def without_sound(kind: str, event: Any, sounds: Sounds) -> Any:  # noqa: ANN401 - any JSON value
    """Return a server's event with a note where it has sound, which goes to the others of its item."""
    if not isinstance(event, dict):
        return event
    if kind.endswith("audio_transcript.delta"):
        sounds.take("transcript_delta", event)
    return sounds.take(_RAW, {"data": event})["data"]


def with_sounds(event: Any, sounds: Mapping[str, bytes]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a recorded event with its sound; the opposite of ``without_sound``."""
    return with_sound(_RAW, {"data": event}, sounds)["data"]


def renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value in which some strings are others: the ids that a client gave its events.

    Example:
        >>> renamed({"error": {"event_id": "a7", "code": "x"}}, {"a7": "sent:1"})
        {'error': {'event_id': 'sent:1', 'code': 'x'}}
    """
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    return value
