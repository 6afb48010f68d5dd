"""Values of a Plotly figure, read without trust in their kind: what is not what is wanted is None, or left out."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from html import unescape
from typing import Any

from nbagents._short import short
from nbagents.tracing.static.plain_text import one_line

__all__ = ["color", "each", "inside", "nth", "number", "pair", "words"]


def inside(value: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what is at a path of names."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def each(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    """Return a list's elements; Plotly writes an array of NumPy's as base64."""
    if isinstance(value, dict) and "bdata" in value:
        import numpy as np

        return list(np.frombuffer(b64decode(value["bdata"]), value["dtype"]).tolist())
    return [] if isinstance(value, str | dict) or not hasattr(value, "__iter__") else list(value)


def nth(value: Any, place: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a bar: Plotly takes a list, or one value for all.

    Example:
        >>> nth(["red", "blue"], 1), nth(["red", "blue"], 2), nth("red", 2)
        ('blue', None, 'red')
    """
    if not isinstance(value, list | tuple):
        return value
    return value[place] if place < len(value) else None


def number(value: object) -> float | None:
    """Return a number that can be drawn."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def pair(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 - any JSON value
    """Return two numbers, such as an axis's range."""
    match [number(end) for end in each(value)]:
        case [float(one), float(other)]:
            return one, other
    return None


def color(value: object, otherwise: str) -> str:
    """Return a colour of CSS."""
    return value if isinstance(value, str) and value else otherwise


def words(markup: object, limit: int) -> str:
    """Return the words of a text, which may have tags and entities, on one line.

    Example:
        >>> words("<b>Mine</b> &amp;<br>yours", 12)
        'Mine & yours'
    """
    if not isinstance(markup, str):
        return ""
    return short(one_line(unescape(re.sub(r"<[^>]*>", "", markup.replace("<br>", " ")))), limit)
