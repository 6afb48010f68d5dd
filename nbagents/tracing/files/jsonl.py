"""Traces and spans as lines of JSON: one line a trace, one a span that has ended, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nbagents.tracing.capture.encode import encode
from nbagents.tracing.capture.events import microseconds
from nbagents.tracing.capture.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["iso", "read_line", "span_line", "trace_line"]

_PAYLOAD = ("input", "output", "data", "error")
_TIMES = {"started_us": "started_at", "ended_us": "ended_at", "first_token_us": "first_token_at"}
_NAMES = {**_TIMES, "error": "message"}  # what a column is called in a line; ``error`` is the error as a whole


def trace_line(row: TraceRow) -> str:
    """Return a trace's line; of several lines of one trace the last counts."""
    fields = _fields(row._asdict())
    del fields["writer"]
    metadata = json.loads(row.metadata) if row.metadata else None
    return _line({"kind": "trace", **fields, "metadata": metadata})


def span_line(row: SpanRow, payload: Mapping[str, Any]) -> str:
    """Return a span's line.

    Args:
        row: The span.
        payload: Its ``input``, ``output``, ``data`` and ``error``.
    """
    return _line({"kind": "span", **_fields(row._asdict()), **{name: payload.get(name) for name in _PAYLOAD}})


def read_line(line: str) -> TraceRow | tuple[SpanRow, dict[str, Any]]:
    """Read a line back: a trace, or a span with its payload.

    Raises:
        ValueError: It is not such a line.

    Example:
        >>> read_line(trace_line(TraceRow("trace_1", "lamp", 1_500_000, 2_000_000))).started_us
        1500000
    """
    fields = json.loads(line)
    match fields:
        case {"kind": "trace", "trace_id": str(), "name": str(), "started_at": str()}:
            metadata = encode(fields["metadata"]) if fields.get("metadata") else None
            return TraceRow(**_columns(fields, TraceRow) | {"metadata": metadata, "writer": ""})
        case {"kind": "span", "trace_id": str(), "seq": int(), "span_id": str(), "started_at": str()}:
            payload = {name: fields.get(name) for name in _PAYLOAD}
            return SpanRow(**_columns(fields, SpanRow)), payload
    raise ValueError("it is neither a trace nor a span of nbagents")


def iso(moment_us: int | None) -> str | None:
    """Return whole microseconds since 1970 UTC as ISO 8601 text, or None for None.

    Example:
        >>> iso(1_500_000)
        '1970-01-01T00:00:01.500000+00:00'
    """
    if moment_us is None:
        return None
    seconds, rest = divmod(moment_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).isoformat(timespec="microseconds")


def _fields(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): iso(value) if name in _TIMES else value for name, value in columns.items()}


def _columns(fields: Mapping[str, Any], row: type[TraceRow | SpanRow]) -> dict[str, Any]:
    found = {}
    for name in row._fields:
        value = fields.get(_NAMES.get(name, name))
        found[name] = microseconds(value) if name in _TIMES and value is not None else value
    return found


def _line(fields: Mapping[str, Any]) -> str:
    return f"{json.dumps(fields, ensure_ascii=False, separators=(',', ':'))}\n"
