"""Records into DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.tracing.columns import EXAMPLE_COLUMNS, NOTE_COLUMNS, PATH_COLUMNS, SPAN_COLUMNS, TRACE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.tracing.columns import Column
    from nbagents.tracing.measure.critical_path import PathPart
    from nbagents.tracing.record import SpanRecord, TraceRecord
    from nbagents.tracing.stored.dataset import Example
    from nbagents.tracing.stored.notes import Note

__all__ = ["example_frame", "note_frame", "path_frame", "span_frame", "trace_frame"]


def span_frame(spans: Sequence[SpanRecord]) -> pd.DataFrame:
    """Return one row for each span, in the order given; times in UTC, durations in seconds."""
    return _frame(SPAN_COLUMNS, spans)


def trace_frame(traces: Sequence[TraceRecord]) -> pd.DataFrame:
    """Return one row for each trace, in the order given; times in UTC, durations in seconds; shows itself."""
    from nbagents.tracing.static.trace_table import TraceTable

    return TraceTable(_frame(TRACE_COLUMNS, traces))


def path_frame(parts: Sequence[PathPart]) -> pd.DataFrame:
    """Return one row for each span on a critical path, in the order given; own time in seconds."""
    return _frame(PATH_COLUMNS, parts)


def note_frame(notes: Sequence[Note]) -> pd.DataFrame:
    """Return one row for each note, in the order given; times in UTC."""
    return _frame(NOTE_COLUMNS, notes)


def example_frame(examples: Sequence[Example]) -> pd.DataFrame:
    """Return one row for each example, in the order given; inputs and outputs as the JSON values they are."""
    return _frame(EXAMPLE_COLUMNS, examples)


def _frame(columns: Sequence[Column], records: Sequence[object]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {column.name: pd.Series([column.value(r) for r in records], dtype=column.dtype) for column in columns}
    )
