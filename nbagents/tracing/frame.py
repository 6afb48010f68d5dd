"""Records into DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.tracing.columns import SPAN_COLUMNS, TRACE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.tracing.columns import Column
    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["span_frame", "trace_frame"]


def span_frame(spans: Sequence[SpanRecord]) -> pd.DataFrame:
    """Return one row for each span, in the order given; times in UTC, durations in seconds."""
    return _frame(SPAN_COLUMNS, spans)


def trace_frame(traces: Sequence[TraceRecord]) -> pd.DataFrame:
    """Return one row for each trace, in the order given; times in UTC, durations in seconds."""
    return _frame(TRACE_COLUMNS, traces)


def _frame(columns: Sequence[Column], records: Sequence[object]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {column.name: pd.Series([column.value(r) for r in records], dtype=column.dtype) for column in columns}
    )
