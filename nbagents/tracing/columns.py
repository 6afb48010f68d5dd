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
        dtype: The pandas type it has, also when it is empty.
        path: The attribute of the record it comes from, with dots, or a function of the record; None is its name.
    """

    name: str
    dtype: str = "str"
    path: str | Callable[[Any], Any] | None = None

    def value(self, record: object) -> Any:  # noqa: ANN401 - any cell
        """Return a record's cell."""
        if callable(self.path):
            return self.path(record)
        for name in (self.path or self.name).split("."):
            record = getattr(record, name)
        return record


def _types_of(trace: TraceRecord) -> str:
    return json.dumps(dict(trace.figures.types.most_common()))


SPAN_COLUMNS: Sequence[Column] = (
    Column("name", path="row.name"),
    Column("type", path="row.type"),
    Column("agent", path="row.agent"),
    Column("depth", "int64"),
    Column("started_at", TIME),
    Column("ended_at", TIME),
    Column("duration", "float64"),
    Column("self_time", "float64"),
    Column("first_token", "float64"),
    Column("status"),
    Column("model", path="row.model"),
    Column("input_tokens", "Int64", "row.input_tokens"),
    Column("output_tokens", "Int64", "row.output_tokens"),
    Column("cached_tokens", "Int64", "row.cached_tokens"),
    Column("reasoning_tokens", "Int64", "row.reasoning_tokens"),
    Column("cost", "float64"),
    Column("error", path="row.error"),
    Column("span_id", path="row.span_id"),
    Column("parent_id", path="row.parent_id"),
    Column("seq", "int64", "row.seq"),
    Column("trace_id", path="row.trace_id"),
)

TRACE_COLUMNS: Sequence[Column] = (
    Column("name"),
    Column("started_at", TIME),
    Column("duration", "float64"),
    Column("status"),
    Column("spans", "int64", "figures.spans"),
    Column("requests", "int64", "figures.requests"),
    Column("total_tokens", "int64", "usage.total_tokens"),
    Column("input_tokens", "int64", "figures.input_tokens"),
    Column("output_tokens", "int64", "figures.output_tokens"),
    Column("errors", "int64"),
    Column("types", path=_types_of),
    Column("group_id"),
    Column("cell_id", path="row.cell_id"),
    Column("trace_id"),
)

PATH_COLUMNS: Sequence[Column] = (
    Column("name"),
    Column("type"),
    Column("agent"),
    Column("started_at", TIME),
    Column("own", "float64"),
    Column("share", "float64"),
    Column("span_id"),
    Column("seq", "Int64"),
)

_SAID = (Column("label"), Column("note"), Column("score", "float64"))  # of a note, wherever it is shown

NOTE_COLUMNS: Sequence[Column] = (
    *_SAID,
    Column("created_at", TIME),
    Column("trace_id"),
    Column("seq", "Int64"),
)

EXAMPLE_COLUMNS: Sequence[Column] = (
    Column("trace"),
    Column("span"),
    Column("type"),
    Column("agent"),
    Column("model"),
    Column("input", "object"),
    Column("output", "object"),
    *_SAID,
    Column("started_at", TIME),
    Column("span_id"),
    Column("trace_id"),
)
