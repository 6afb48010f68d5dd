"""Payloads without what was said: inputs, outputs and arguments taken out, at any depth."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["discreet", "discreet_error"]

REMOVED = "[redacted]"
# The last word of the keys whose values are what somebody said or passed on, and not how.
_WORDS = frozenset(
    {
        "args",
        "argument",
        "arguments",
        "content",
        "input",
        "inputs",
        "instructions",
        "kwargs",
        "message",
        "messages",
        "output",
        "outputs",
        "prompt",
        "result",
        "results",
        "transcript",
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def discreet(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value without inputs, outputs and arguments, also inside JSON that is a string.

    Example:
        >>> discreet({"input": "Hi", "data": {"tool": "lookup", "toolArguments": {"id": 1}}})
        {'input': '[redacted]', 'data': {'tool': 'lookup', 'toolArguments': '[redacted]'}}
    """
    if isinstance(value, dict):
        return {key: REMOVED if item is not None and _said(key) else discreet(item) for key, item in value.items()}
    if isinstance(value, list):
        return [discreet(item) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        return _inside(value)
    return value


def discreet_error(error: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a span's error with its general message; an error's details may repeat what was passed on."""
    if isinstance(error, dict):
        data = error.get("data")
        if isinstance(data, dict):
            data = {key: REMOVED if key == "error" else discreet(item) for key, item in data.items()}
        return {"message": error.get("message"), "data": data if isinstance(data, dict) else None}
    return None if error is None else REMOVED


def _said(key: str) -> bool:
    words = _WORD.findall(key)
    return bool(words) and words[-1].lower() in _WORDS


def _inside(text: str) -> str:
    try:
        return json.dumps(discreet(json.loads(text)), ensure_ascii=False)
    except ValueError:
        return text
