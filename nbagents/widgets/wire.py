"""What goes over the wire to a trace view: rows as lists, payloads cut to a size that a page can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.tracing.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COLUMNS", "DETAIL_CHARACTERS", "ROW_CHARACTERS", "cut", "detail_fields", "rows_json"]

ROW_CHARACTERS = 500
DETAIL_CHARACTERS = 20_000
LINE_CHARACTERS = 60  # JSON that is longer is indented

# A page has no use for what only the store needs; ``interrupted`` is what a page cannot find out.
_TRACE = tuple(name for name in TraceRow._fields if name not in {"metadata", "cell_id", "writer"})
_SPAN = SpanRow._fields
COLUMNS = {"traces": [*_TRACE, "interrupted"], "spans": list(_SPAN)}


def rows_json(
    traces: Iterable[TraceRow], spans: Iterable[SpanRow], interrupted: frozenset[str] = frozenset()
) -> bytes:
    """Encode rows as JSON lists in the order of ``COLUMNS``; a text longer than 500 characters is cut.

    Args:
        traces: Rows of traces.
        spans: Rows of spans.
        interrupted: Ids of traces that have no end and whose kernel is gone.

    Example:
        >>> rows_json([TraceRow("t1", "lamp", 5)], [])
        b'{"traces":[["t1","lamp",5,null,null,false]],"spans":[]}'
    """
    document = {
        "traces": [[*_cells(row, _TRACE), row.trace_id in interrupted] for row in traces],
        "spans": [_cells(row, _SPAN) for row in spans],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _cells(row: TraceRow | SpanRow, names: tuple[str, ...]) -> list[Any]:
    return [_short(getattr(row, name)) for name in names]


def _short(value: Any) -> Any:  # noqa: ANN401 - a cell of any column
    return value[: ROW_CHARACTERS - 1] + "…" if isinstance(value, str) and len(value) > ROW_CHARACTERS else value


def detail_fields(payload: dict[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Turn a span's payload into texts that a page can show.

    Args:
        payload: ``input``, ``output``, ``data`` and ``error``; any may be missing or None.

    Example:
        >>> detail_fields({"input": '{"city":"Paris"}'})["input"]["text"]
        '{"city": "Paris"}'
    """
    return {name: cut(payload.get(name)) for name in ("input", "output", "data", "error")}


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
