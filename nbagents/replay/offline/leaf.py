"""Single values of a JSON schema: whether one fits, and one that fits when nothing better is known."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from nbagents.replay.offline.pattern import matching

__all__ = ["MISSING", "fits", "sample"]

MISSING: Final = object()

_FORMATS = {
    "date-time": "2025-01-01T00:00:00Z",
    "date": "2025-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com",
    "url": "https://example.com",
}
_FORMAT_PATTERNS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    "date": r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
    "time": r"\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?",
    "duration": r"P(?!$)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?",
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "hostname": r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*",
    "ipv4": r"(?:\d{1,3}\.){3}\d{1,3}",
    "ipv6": r"[0-9a-fA-F:]+",
    "uuid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "uri": r"[a-z][a-z0-9+.-]*://\S+",
    "url": r"[a-z][a-z0-9+.-]*://\S+",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}

_NONE_OF_THEM = frozenset({"general", "misc", "neutral", "none", "other", "unclear", "unknown"})


def fits(value: Any, schema: dict[str, Any]) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a single value meets a schema's own keywords.

    Example:
        >>> fits(3, {"type": "integer", "minimum": 4}), fits("a", {"enum": ["a", "b"]})
        (False, True)
    """
    kind = schema.get("type")
    if kind is not None and not (isinstance(kind, str) and isinstance(value, _TYPES.get(kind, (object,)))):
        return False
    if isinstance(value, list):
        return _list_fits(value, schema)
    if isinstance(value, bool):
        return kind in {"boolean", None} and _listed(value, schema)
    if isinstance(value, int | float):
        return _listed(value, schema) and _number_fits(value, schema)
    if isinstance(value, str):
        return _listed(value, schema) and _text_fits(value, schema)
    return _listed(value, schema)


def sample(name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value that meets a schema, without evidence; the same each time.

    Example:
        >>> sample("n", {"type": "integer", "minimum": 5}), sample("when", {"type": "string", "format": "date"})
        (5, '2025-01-01')
        >>> sample("topic", {"enum": ["refund", "delivery", "other"]})
        'other'
    """
    if schema.get("enum"):
        return next((one for one in schema["enum"] if str(one).lower() in _NONE_OF_THEM), schema["enum"][0])
    for example in schema.get("examples", ()):
        if fits(example, schema):
            return example
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        return _number(schema, whole=kind == "integer")
    empty: dict[str, Any] = {"boolean": False, "null": None, "array": [], "object": {}}
    return empty[kind] if kind in empty else _text(name, schema)


def _listed(value: Any, schema: dict[str, Any]) -> bool:  # noqa: ANN401 - any JSON value
    return ("enum" not in schema or value in schema["enum"]) and (
        "const" not in schema or value == schema["const"]
    )


def _list_fits(value: list[Any], schema: dict[str, Any]) -> bool:
    """Tell whether a list holds single values that fit; lists of objects are built item by item instead."""
    items = schema.get("items", {})
    plain = isinstance(items.get("type"), str) and not {"anyOf", "oneOf", "allOf", "$ref"} & items.keys()
    within = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf)
    return plain and within and all(not isinstance(one, dict | list) and fits(one, items) for one in value)


def _number_fits(value: float, schema: dict[str, Any]) -> bool:
    step = schema.get("multipleOf")
    return (
        value >= schema.get("minimum", -math.inf)
        and value <= schema.get("maximum", math.inf)
        and value > schema.get("exclusiveMinimum", -math.inf)
        and value < schema.get("exclusiveMaximum", math.inf)
        and (not step or math.isclose(value / step, round(value / step), abs_tol=1e-9))
    )


def _text_fits(value: str, schema: dict[str, Any]) -> bool:
    pattern, form = schema.get("pattern"), schema.get("format")
    return (
        schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf)
        and (pattern is None or _searches(pattern, value))
        and (form not in _FORMAT_PATTERNS or re.fullmatch(_FORMAT_PATTERNS[form], value) is not None)
    )


def _searches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # another dialect's pattern: nothing can be said
        return False


def _number(schema: dict[str, Any], *, whole: bool) -> float:
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    step = schema.get("multipleOf") or 1
    tries: list[float] = [
        1,
        0,
        step,
        low,
        high,
        low + 1,
        high - 1,
        math.ceil(low / step) * step if low > -math.inf else 0,
    ]
    tries.append((math.floor(low / step) + 1) * step if low > -math.inf else 0)
    if math.isfinite(low) and math.isfinite(high):
        tries.append((low + high) / 2)
    finite = [int(value) if whole or value == int(value) else value for value in tries if math.isfinite(value)]
    return next((value for value in finite if _number_fits(value, schema)), finite[0])


def _text(name: str, schema: dict[str, Any]) -> str:
    if schema.get("pattern"):
        return matching(schema["pattern"])
    text = _FORMATS.get(schema.get("format", ""), "unknown" if name else "")
    short = text.ljust(schema.get("minLength", 0), "-")
    return short[: schema.get("maxLength", len(short))]
