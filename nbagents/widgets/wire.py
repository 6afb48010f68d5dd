"""Payloads on their way to a page: as text, and cut to a size that a page can show."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["CAPTION_CHARACTERS", "DETAIL_CHARACTERS", "cut", "error_text"]

DETAIL_CHARACTERS = 20_000
CAPTION_CHARACTERS = 4_000
LINE_CHARACTERS = 60  # JSON that is longer is indented


def cut(value: object, limit: int = DETAIL_CHARACTERS) -> dict[str, Any] | None:
    """Write a value as text and keep its beginning.

    Args:
        value: Text, JSON text (which is indented), any JSON value, or None.
        limit: How many characters to keep.

    Returns:
        ``text``, ``shown`` and ``total`` (characters), or None for None.

    Example:
        >>> cut("abcdef", limit=3)
        {'text': 'abc', 'shown': 3, 'total': 6}
    """
    if value is None:
        return None
    text = _text(value)
    kept = text[:limit]
    return {"text": kept, "shown": len(kept), "total": len(text)}


def error_text(error: object) -> str | None:
    """Write a span's error for a person: its message, then what the SDK kept beside it, tracebacks as they are.

    Args:
        error: The SDK's error (``message`` and ``data``), text, or None.

    Example:
        >>> print(error_text({"message": "Error running tool", "data": {"tool_name": "refund"}}))
        Error running tool
        <BLANKLINE>
        tool_name: refund
    """
    if not isinstance(error, dict):
        return None if error is None else str(error)
    data = error.get("data")
    about = data.items() if isinstance(data, dict) else ()
    lines = [f"{name}: {value if isinstance(value, str) else _json(value)}" for name, value in about]
    return "\n".join([str(error.get("message", "")), *([""] if lines else []), *lines]).strip()


def _text(value: object) -> str:
    if not isinstance(value, str):
        return _json(value)
    if value[:1] not in {"{", "["}:
        return value
    try:
        return _json(json.loads(value))
    except (ValueError, RecursionError):
        return value  # text that only looks like JSON


def _json(value: object) -> str:
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= LINE_CHARACTERS else json.dumps(value, ensure_ascii=False, indent=2, default=str)
