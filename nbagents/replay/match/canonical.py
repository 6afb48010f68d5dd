"""The canonical request: what a call asks, without what differs from run to run; and its hash.

Kept are the method, the path below ``/v1``, the query and the body with its keys sorted. Taken out are headers,
the server's address, secrets, the bytes of media (their hash stays), ids (see ``volatile.py``), and hints that no
answer depends on: the SDK sends OpenAI's own server a random ``prompt_cache_key``, and other servers none.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from nbagents._media import bytes_note, replace_embedded, replace_field
from nbagents.replay.cassette.multipart import form_of
from nbagents.replay.match.volatile import Numbering

if TYPE_CHECKING:
    from nbagents.replay.cassette.scrub import Scrubber
    from nbagents.replay.wire.ask import Ask

__all__ = ["canonical_request", "canonical_value", "hash_of"]

_HASH_LENGTH = 16
_HINTS = frozenset({"prompt_cache_key"})


def canonical_request(ask: Ask, scrubber: Scrubber, numbering: Numbering | None = None) -> dict[str, Any]:
    """Return what a request asks, as a JSON object.

    Args:
        ask: The request.
        scrubber: Takes out secrets.
        numbering: Numbers the ids, and afterwards knows them; None is one of its own.
    """
    found: dict[str, Any] = {"method": ask.method, "path": ask.path.rpartition("/v1/")[2] or ask.path}
    if ask.query:
        found["query"] = sorted([name, value] for name, value in parse_qsl(ask.query, keep_blank_values=True))
    body = _body(ask)
    if body is not None:
        found["body"] = body
    canonical: dict[str, Any] = _cleaned(found, scrubber, numbering)
    return canonical


def canonical_value(value: Any, scrubber: Scrubber) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value without the bytes of media, secrets and ids: what a realtime model is asked, say.

    Args:
        value: What is asked.
        scrubber: Takes out secrets.
    """
    return _cleaned(_without_media(value), scrubber)


def hash_of(canonical: dict[str, Any]) -> str:
    """Return the hash of a canonical request, 16 hexadecimal digits.

    Example:
        >>> hash_of({"method": "GET", "path": "models"}) == hash_of({"path": "models", "method": "GET"})
        True
    """
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _cleaned(value: Any, scrubber: Scrubber, numbering: Numbering | None = None) -> Any:  # noqa: ANN401 - any JSON value
    return (numbering or Numbering()).value(scrubber.value(value))


def _body(ask: Ask) -> Any:  # noqa: ANN401 - any JSON value
    if not ask.body:
        return None
    if ask.content_type.startswith("multipart/form-data"):
        return {"form": form_of(ask.content_type, ask.body)}
    try:
        text = ask.body.decode()
    except UnicodeDecodeError:
        return bytes_note(ask.body, ask.content_type or "bytes")
    try:
        return _without_media(_without_hints(json.loads(text)))
    except (ValueError, RecursionError):
        return replace_embedded(text)


def _without_hints(body: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(body, dict):
        return body
    return {key: value for key, value in body.items() if key not in _HINTS}


def _without_media(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return replace_embedded(value)
    if isinstance(value, list):
        return [_without_media(item) for item in value]
    if isinstance(value, dict):
        return {key: _field(value, key) for key in value}
    return value


def _field(owner: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - any JSON value
    value = owner[key]
    note = replace_field(owner, key, value) if isinstance(value, str) else None
    return _without_media(value) if note is None else note
