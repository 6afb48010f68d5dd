"""A recorded request from which a secret was taken out matches what this machine has in its place."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["stands_for"]

_MARK = re.compile(r"\[redacted [^\]]{1,100}\]")


def stands_for(recorded: Any, asked: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether two JSON values differ only where a secret was taken out of the first.

    Args:
        recorded: What was recorded.
        asked: What is asked now.

    Example:
        >>> stands_for({"input": "log in with [redacted PIN_KEY]"}, {"input": "log in with 1234"})
        True
        >>> stands_for({"input": "log in with [redacted PIN_KEY]"}, {"input": "log out"})
        False
    """
    if isinstance(recorded, str) and isinstance(asked, str):
        return recorded == asked or _matches(recorded, asked)
    if isinstance(recorded, dict) and isinstance(asked, dict):
        return recorded.keys() == asked.keys() and all(stands_for(recorded[key], asked[key]) for key in recorded)
    if isinstance(recorded, list) and isinstance(asked, list):
        return len(recorded) == len(asked) and all(map(stands_for, recorded, asked))
    return type(recorded) is type(asked) and bool(recorded == asked)


def _matches(recorded: str, asked: str) -> bool:
    """Whether the pieces between the marks follow each other; found one after the other, so in linear time."""
    first, *between = _MARK.split(recorded)
    if not between or not asked.startswith(first):
        return False
    *inner, last = between
    position = len(first)
    for piece in inner:
        found = asked.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return len(asked) - len(last) >= position and asked.endswith(last)
