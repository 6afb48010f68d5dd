"""Where two JSON values differ, by JSON path."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nbagents.errors import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["differences", "excerpt", "first_difference", "similarity"]

_WIDTH = 60  # characters shown of each side
_BEFORE = 20  # of these, characters before the first one that differs
_ABSENT: Any = object()


def differences(recorded: Any, asked: Any, path: str = "$") -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    """Yield where two JSON values differ.

    Args:
        recorded: The one value.
        asked: The other.
        path: Where both stand.

    Example:
        >>> for found in differences({"model": "a", "input": [1]}, {"model": "b", "input": [1, 2]}):
        ...     print(found.path, found.recorded, found.asked)
        $.input[1] None 2
        $.model "a" "b"
    """
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in sorted(recorded.keys() | asked.keys()):
            here = f"{path}.{key}" if key.isidentifier() else f"{path}[{json.dumps(key)}]"
            yield from differences(recorded.get(key, _ABSENT), asked.get(key, _ABSENT), here)
    elif isinstance(recorded, list) and isinstance(asked, list):
        for n, (one, other) in enumerate(zip_longest(recorded, asked, fillvalue=_ABSENT)):
            yield from differences(one, other, f"{path}[{n}]")
    elif recorded != asked or type(recorded) is not type(asked):
        texts = isinstance(recorded, str) and isinstance(asked, str)
        start = first_difference(recorded, asked) if texts else 0
        yield Difference(path, _short(recorded, start), _short(asked, start))


def similarity(recorded: dict[str, Any], asked: dict[str, Any]) -> tuple[bool, int]:
    """Return a sorting key: the smaller, the nearer a recorded request is to one that was asked."""
    return recorded.get("path") != asked.get("path"), sum(1 for _ in differences(recorded, asked))


def first_difference(one: str, other: str) -> int:
    """Return where two texts begin to differ.

    Example:
        >>> first_difference("lamp on", "lamp off")
        6
    """
    return next((n for n, (a, b) in enumerate(zip_longest(one, other)) if a != b), 0)


def excerpt(text: str, start: int, width: int) -> str:
    """Return the part of a text that has a place in it, with what was left out as "…".

    Args:
        text: The text.
        start: The place.
        width: How many characters are left, marks not counted.

    Example:
        >>> excerpt("the lamp in the corner of the room is on", 38, 25)
        '…rner of the room is on'
    """
    begin = max(start - _BEFORE, 0)
    before, after = "…" if begin else "", "…" if begin + width < len(text) else ""
    return f"{before}{text[begin : begin + width]}{after}"


def _short(value: Any, start: int) -> str | None:  # noqa: ANN401 - any JSON value
    if value is _ABSENT:
        return None
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
    return json.dumps(excerpt(value, start, _WIDTH), ensure_ascii=False)
