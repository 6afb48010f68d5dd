"""Server-sent events: read from chunks as they came, and written again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Event", "event_bytes", "events_of"]

_BLOCK_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        ms: When its last byte came, in milliseconds since the request.
        name: Its ``event:`` line, or None.
        data: Its data: a JSON value, or text where it is none (``[DONE]``), or the whole block where it is not
            plain ``event:`` and ``data:`` lines.
        raw: Whether ``data`` is the whole block.
    """

    ms: int
    name: str | None
    data: Any
    raw: bool = False


def events_of(chunks: Sequence[tuple[int, bytes]]) -> list[Event]:
    r"""Read events.

    Args:
        chunks: Bytes as they came, each with its milliseconds since the request.

    Example:
        >>> events_of([(5, b'data: {"a"'), (9, b': 1}\n\ndata: [DONE]\n\n')])
        [Event(ms=9, name=None, data={'a': 1}, raw=False), Event(ms=9, name=None, data='[DONE]', raw=False)]
    """
    found, rest = [], b""
    for ms, chunk in chunks:
        rest += chunk
        *blocks, rest = _BLOCK_END.split(rest)
        found += [_event(ms, block) for block in blocks]
    if rest:
        found.append(Event(chunks[-1][0], None, rest.decode("utf-8", "replace"), raw=True))
    return found


def event_bytes(event: Event) -> bytes:
    r"""Write one event.

    Example:
        >>> event_bytes(Event(0, "end", {"a": 1}))
        b'event: end\ndata: {"a":1}\n\n'
    """
    if event.raw:
        return str(event.data).encode("utf-8", "replace")
    head = "" if event.name is None else f"event: {event.name}\n"
    plain = isinstance(event.data, str)
    data = event.data if plain else json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"{head}data: {data}\n\n".encode("utf-8", "replace")


def _event(ms: int, block: bytes) -> Event:
    name, data = None, []
    text = block.decode("utf-8", "replace")
    for line in text.splitlines():
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event" and name is None:
            name = value
        elif field == "data":
            data.append(value)
        else:
            return Event(ms, None, f"{text}\n\n", raw=True)
    if len(data) != 1:
        return Event(ms, None, f"{text}\n\n", raw=True)
    return Event(ms, name, _json_or_text(data[0]))


def _json_or_text(data: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    return data if isinstance(value, str) else value  # a JSON string would be taken for plain text
