"""What came back, as JSON in a cassette; and from there as bytes again, each with its time.

===========  =======================================================================================
key          meaning
===========  =======================================================================================
``status``   the HTTP status; without one, no response came
``type``     the content type; no other header is kept
``ms``       milliseconds from the request to the response's first byte, or to its failure
``body_ms``  milliseconds from the request to the last byte of a body of JSON or text
``json``     a body of JSON
``text``     a body of other text
``events``   server-sent events, each ``[ms, name, data]``; ``[ms, data]`` is a block kept as it was
``file``     a binary body: the file's name, its ``bytes`` and sha256, and ``chunks`` of ``[ms, bytes]``
``end``      how it ended, where it did not end well: ``cancelled``, or the error's name
``message``  the error's text
===========  =======================================================================================

A conversation, by WebSocket or of a realtime model, has ``conversation`` instead of a body: each event as
``[ms, "sent" or "received", kind, data]``; and ``sounds``, by item, which are files too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.replay.cassette.deltas import scrub_events
from nbagents.replay.cassette.sound import ending_of, seconds_of
from nbagents.replay.cassette.sse import Event, event_bytes, events_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbagents.replay.cassette.scrub import Scrubber

__all__ = ["CANCELLED", "Heard", "chunks_of", "reply_of", "transcript_of"]

CANCELLED = "cancelled"
_HASH_LENGTH = 32


@dataclass(frozen=True)
class Heard:
    """A response as it came.

    Attributes:
        status: The HTTP status, or None where no response came.
        content_type: Its type.
        ms: Milliseconds to its first byte, or to its failure.
        chunks: The body as it came, each piece with its milliseconds since the request.
        end: None where it ended well, "cancelled", or the name of the error that ended it.
        message: That error's text.
    """

    status: int | None
    content_type: str
    ms: int
    chunks: Sequence[tuple[int, bytes]] = ()
    end: str | None = None
    message: str = ""


def reply_of(heard: Heard, scrubber: Scrubber, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
    """Return a response as JSON, without secrets.

    Args:
        heard: The response.
        scrubber: Takes out secrets.
        keep: Called with a file's name and content where the body is binary.
    """
    found: dict[str, Any] = {"ms": heard.ms}
    if heard.status is not None:
        found |= {"status": heard.status, "type": heard.content_type}
        found |= _body(heard, scrubber, keep)
    if heard.end is not None:
        found |= {"end": heard.end}
    if heard.message:
        found |= {"message": scrubber.text(heard.message)}
    return found


def chunks_of(reply: dict[str, Any], load: Callable[[str], bytes]) -> list[tuple[int, bytes]]:
    """Return a response's body in pieces, each with its milliseconds since the request.

    Args:
        reply: What ``reply_of`` made.
        load: Returns the content of a file that was kept.
    """
    ms = reply.get("ms", 0)
    if "events" in reply:
        return [(event[0], event_bytes(_event(event))) for event in reply["events"]]
    if "json" in reply:
        return [(reply.get("body_ms", ms), json.dumps(reply["json"], separators=(",", ":")).encode())]
    if "file" in reply:
        return _pieces(load(reply["file"]["name"]), reply["file"]["chunks"])
    return [(reply.get("body_ms", ms), reply["text"].encode("utf-8", "replace"))] if reply.get("text") else []


def transcript_of(request: dict[str, Any]) -> str | None:
    """Return the words that a canonical request for speech asks to be said, else None.

    Example:
        >>> transcript_of({"path": "audio/speech", "body": {"input": "Good day."}})
        'Good day.'
    """
    body = request.get("body")
    said = body.get("input") if request.get("path") == "audio/speech" and isinstance(body, dict) else None
    return said if isinstance(said, str) else None


def _body(heard: Heard, scrubber: Scrubber, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
    data = b"".join(chunk for _, chunk in heard.chunks)
    if not data:
        return {}
    if heard.content_type.startswith("text/event-stream"):
        events = scrub_events(events_of(heard.chunks), scrubber)
        return {"events": [[e.ms, e.data] if e.raw else [e.ms, e.name, e.data] for e in events]}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"file": _file(heard, data, keep)}
    if heard.content_type.startswith(("audio/", "image/", "video/", "application/octet-stream")):
        return {"file": _file(heard, data, keep)}
    return {**_text(text, scrubber), "body_ms": heard.chunks[-1][0]}


def _text(text: str, scrubber: Scrubber) -> dict[str, Any]:
    try:
        return {"json": scrubber.value(json.loads(text))}
    except (ValueError, RecursionError):
        return {"text": scrubber.text(text)}


def _file(heard: Heard, data: bytes, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
    kind = heard.content_type.partition(";")[0].strip()
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"{sha256[:_HASH_LENGTH]}.{ending_of(kind)}"
    keep(name, data)
    seconds = seconds_of(data, kind)
    found = {
        "name": name,
        "bytes": len(data),
        "sha256": sha256,
        "chunks": [[ms, len(chunk)] for ms, chunk in heard.chunks],
    }
    return found if seconds is None else {**found, "seconds": seconds}


def _event(stored: list[Any]) -> Event:
    if len(stored) == 2:  # noqa: PLR2004 - time and block
        return Event(stored[0], None, stored[1], raw=True)
    return Event(*stored)


def _pieces(data: bytes, chunks: list[list[int]]) -> list[tuple[int, bytes]]:
    found, position = [], 0
    for ms, length in chunks:
        found.append((ms, data[position : position + length]))
        position += length
    return found
