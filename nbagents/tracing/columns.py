"""The columns of the frames, as data: a new column is one line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbagents.tracing.record import TraceRecord

__all__ = ["EXAMPLE_COLUMNS", "NOTE_COLUMNS", "PATH_COLUMNS", "SPAN_COLUMNS", "TRACE_COLUMNS", "Column"]

TIME = "datetime64[us, UTC]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame.

    Attributes:
        name: Its name.
        path: The attribute of the record it comes from, with dots, or a function of the record.
        dtype: The pandas type it has, also when it is empty.
    """

    name: str
    path: str | Callable[[Any], Any]
    dtype: str

    def value(self, record: object) -> Any:  # noqa: ANN401 - any cell
        """Return a record's cell."""
        if callable(self.path):
            return self.path(record)
        for name in self.path.split("."):
            record = getattr(record, name)
        return record


def _types_of(trace: TraceRecord) -> str:
    return json.dumps(dict(trace.figures.types.most_common()))


SPAN_COLUMNS: Sequence[Column] = (
    Column("name", "row.name", "str"),
    Column("type", "row.type", "str"),
    Column("agent", "row.agent", "str"),
    Column("depth", "depth", "int64"),
    Column("started_at", "started_at", TIME),
    Column("ended_at", "ended_at", TIME),
    Column("duration", "duration", "float64"),
    Column("self_time", "self_time", "float64"),
    Column("first_token", "first_token", "float64"),
    Column("status", "status", "str"),
    Column("model", "row.model", "str"),
    Column("input_tokens", "row.input_tokens", "Int64"),
    Column("output_tokens", "row.output_tokens", "Int64"),
    Column("cached_tokens", "row.cached_tokens", "Int64"),
    Column("reasoning_tokens", "row.reasoning_tokens", "Int64"),
    Column("cost", "cost", "float64"),
    Column("error", "row.error", "str"),
    Column("span_id", "row.span_id", "str"),
    Column("parent_id", "row.parent_id", "str"),
    Column("seq", "row.seq", "int64"),
    Column("trace_id", "row.trace_id", "str"),
)

TRACE_COLUMNS: Sequence[Column] = (
    Column("name", "name", "str"),
    Column("started_at", "started_at", TIME),
    Column("duration", "duration", "float64"),
    Column("status", "status", "str"),
    Column("spans", "figures.spans", "int64"),
    Column("requests", "figures.requests", "int64"),
    Column("total_tokens", "usage.total_tokens", "int64"),
    Column("input_tokens", "figures.input_tokens", "int64"),
    Column("output_tokens", "figures.output_tokens", "int64"),
    Column("errors", "errors", "int64"),
    Column("types", _types_of, "str"),
    Column("group_id", "group_id", "str"),
    Column("cell_id", "row.cell_id", "str"),
    Column("trace_id", "trace_id", "str"),
)

PATH_COLUMNS: Sequence[Column] = (
    Column("name", "name", "str"),
    Column("type", "type", "str"),
    Column("agent", "agent", "str"),
    Column("started_at", "started_at", TIME),
    Column("own", "own", "float64"),
    Column("share", "share", "float64"),
    Column("span_id", "span_id", "str"),
    Column("seq", "seq", "Int64"),
)

NOTE_COLUMNS: Sequence[Column] = (
    Column("label", "label", "str"),
    Column("note", "note", "str"),
    Column("score", "score", "float64"),
    Column("created_at", "created_at", TIME),
    Column("trace_id", "trace_id", "str"),
    Column("seq", "seq", "Int64"),
)

EXAMPLE_COLUMNS: Sequence[Column] = (
    Column("trace", "trace", "str"),
    Column("span", "span", "str"),
    Column("type", "type", "str"),
    Column("agent", "agent", "str"),
    Column("model", "model", "str"),
    Column("input", "input", "object"),
    Column("output", "output", "object"),
    Column("label", "label", "str"),
    Column("note", "note", "str"),
    Column("score", "score", "float64"),
    Column("started_at", "started_at", TIME),
    Column("span_id", "span_id", "str"),
    Column("trace_id", "trace_id", "str"),
)
