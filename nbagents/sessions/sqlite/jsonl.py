"""A history as lines of JSON, and back, byte for byte. No I/O.

A line is an object whose last key holds the item as it is stored: ``item``, or where its text has line breaks or
is no item ``item_text``, or where it is no UTF-8 ``base64``. Before it come ``created_at`` and ``metadata``, where
there are any.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from nbagents.sessions.items.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbagents.sessions.items.rows import RawRow

__all__ = ["line_of", "row_of_line"]

_DECODER = json.JSONDecoder()
_KEYS = {"created_at", "metadata", "metadata_text", "item", "item_text", "base64"}


def line_of(row: RawRow) -> str:
    """Write a row as a line, without the line break.

    Example:
        >>> line_of((7, "2026-01-01 10:00:00", '{"role": "user", "content": "Hi"}', None))
        '{"created_at": "2026-01-01 10:00:00", "item": {"role": "user", "content": "Hi"}}'
    """
    _, created_at, data, metadata = row
    parts = []
    if created_at is not None:
        parts.append(f'"created_at": {json.dumps(created_at, ensure_ascii=False)}')
    if metadata is not None:
        parts.append(_verbatim("metadata", metadata))
    if isinstance(data, str):
        parts.append(_verbatim("item", data))
    else:
        parts.append(f'"base64": "{base64.b64encode(data).decode()}"')
    return f"{{{', '.join(parts)}}}"


def _verbatim(key: str, text: str) -> str:
    """Put JSON into a line as it is, or where that would break the line, or is no JSON, as a string."""
    if "\n" in text or "\r" in text or not _is_object(text):
        return f'"{key}_text": {json.dumps(text, ensure_ascii=False)}'
    return f'"{key}": {text}'


def _is_object(text: str) -> bool:
    """Whether a text is one JSON object and nothing else, so that it can be cut out of a line again."""
    try:
        return isinstance(json.loads(text), dict) and text.startswith("{") and text.endswith("}")
    except (ValueError, RecursionError):
        return False


def row_of_line(line: str) -> Row:
    """Read a line: one that ``line_of`` wrote, or an item by itself.

    Raises:
        ValueError: It is neither.

    Example:
        >>> row_of_line('{"role": "user", "content": "Hi"}').data
        '{"role": "user", "content": "Hi"}'
    """
    values = dict(_members(line))
    if not values.keys() <= _KEYS:
        if "role" not in values and "type" not in values:
            raise ValueError("neither an item, which has a role or a type, nor a line of export_jsonl()")
        return Row(None, None, line.strip())
    data = values.keys() & {"item", "item_text", "base64"}
    if len(data) != 1:
        raise ValueError("holds no item, or more than one")
    created_at = json.loads(values.get("created_at", "null"))
    if created_at is not None and not isinstance(created_at, str):
        raise ValueError("created_at is not text")
    return Row(None, created_at, _data(values), _text(values, "metadata"))


def _data(values: dict[str, str]) -> str | bytes:
    if "base64" not in values:
        return _text(values, "item") or ""
    try:
        return base64.b64decode(json.loads(values["base64"]), validate=True)
    except (binascii.Error, TypeError) as exc:
        raise ValueError("base64 is none") from exc


def _text(values: dict[str, str], key: str) -> str | None:
    if f"{key}_text" in values:
        text = json.loads(values[f"{key}_text"])
        if not isinstance(text, str):
            raise ValueError(f"{key}_text is not text")
        return text
    if key in values and not isinstance(json.loads(values[key]), dict):
        raise ValueError(f"{key} is not an object")
    return values.get(key)


def _members(line: str) -> Iterator[tuple[str, str]]:
    """Yield the keys of an object with the exact text of their values."""
    text = line.strip()
    if not text.startswith("{") or not isinstance(_DECODER.raw_decode(text)[0], dict):
        raise ValueError("not the JSON of an object")
    if _DECODER.raw_decode(text)[1] != len(text):
        raise ValueError("something stands after the object")
    place = _skip(text, 1)
    while text[place] != "}":
        key, place = _value(text, place)
        start = _skip(text, _skip(text, place) + 1)  # after the colon
        _, end = _value(text, start)
        yield key, text[start:end]
        place = _skip(text, end)
        if text[place] == ",":
            place = _skip(text, place + 1)


def _value(text: str, place: int) -> tuple[Any, int]:
    value, end = _DECODER.raw_decode(text, place)
    return value, end


def _skip(text: str, place: int) -> int:
    while text[place] in " \t\r":
        place += 1
    return place
