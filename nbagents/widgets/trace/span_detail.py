"""What the details pane shows of a chosen span: its payload as texts, chat and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.tracing.measure.cost import known_cost
from nbagents.tracing.measure.layout import MODEL
from nbagents.widgets.trace.bubbles import chat
from nbagents.widgets.wire import cut, error_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.tracing.capture.rows import SpanRow

__all__ = ["span_detail"]

_SETTING_CHARACTERS = 2_000


def span_detail(span: SpanRow | None, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a span beside its row.

    Args:
        span: Its row, or None where only the payload is known.
        payload: ``input``, ``output``, ``data`` and ``error``, as stored; any may be missing or None.

    Returns:
        ``fields`` (the four as ``wire.cut`` gives them), ``chat`` (input and output of a model as messages, or
        None), ``settings`` (a list of names and texts) and ``cost`` (US dollars, or None where it is not known).

    Example:
        >>> from nbagents.tracing.capture.rows import SpanRow
        >>> span = SpanRow("t1", 0, "s0", None, "function", "weather", 10, 30)
        >>> span_detail(span, {"input": '{"city":"Paris"}'})["fields"]["input"]["text"]
        '{"city": "Paris"}'
    """
    fields = {name: cut(payload.get(name)) for name in ("input", "output", "data")}
    called = span is not None and span.type in MODEL
    return {
        "fields": {**fields, "error": cut(error_text(payload.get("error")))},
        "chat": {name: chat(payload.get(name)) if called else None for name in ("input", "output")},
        "settings": _settings(payload.get("data")),
        "cost": known_cost(span) if span is not None and called else None,
    }


def _settings(data: object) -> list[tuple[str, dict[str, Any] | None]]:
    if not isinstance(data, dict):
        return []
    return [(str(name), cut(_shown(name, value), _SETTING_CHARACTERS)) for name, value in data.items()]


def _shown(name: str, value: object) -> object:
    """Of a call's tools only the names are of interest here; their schemas are in the raw data."""
    if name == "tools" and isinstance(value, list):
        named = [tool.get("name") or tool.get("type") if isinstance(tool, dict) else tool for tool in value]
        return ", ".join(str(tool) for tool in named) or "none"
    return value
