"""A trace, or several, summed up by agent, tool and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbagents.tracing.measure.layout import MODEL, TOOL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from nbagents.tracing.capture.rows import SpanRow
    from nbagents.tracing.record import SpanRecord

__all__ = ["summary_frame"]

_PERCENTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
_COUNTED = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")


class _Kind(NamedTuple):
    """One way to sum up.

    Attributes:
        by: What it is called.
        spans: The types of span whose times are taken.
        name: What they are grouped by; None leaves a span out.
        inside: Whether tokens and errors are those of all spans that ran under that name.
    """

    by: str
    spans: frozenset[str] | None
    name: Callable[[SpanRow], str | None]
    inside: bool = False


_KINDS = (
    _Kind("agent", frozenset({"agent"}), lambda row: row.agent, inside=True),
    _Kind("tool", TOOL, lambda row: row.name if row.type in TOOL else None),
    _Kind("model", None, lambda row: row.model or (row.name if row.type in MODEL else None)),
)


def summary_frame(spans: Sequence[SpanRecord]) -> pd.DataFrame:
    """Return one row for each agent, tool and model; see ``TraceRecord.summary``."""
    import pandas as pd

    rows = [row for kind in _KINDS for row in _rows(kind, spans)]
    columns = ["by", "name", "count", "total", "self_time", *_PERCENTILES, *_COUNTED, "cost", "errors"]
    types = {"by": "str", "name": "str", "count": "int64", "errors": "int64"}
    types |= dict.fromkeys(("total", "self_time", "cost", *_PERCENTILES), "float64") | dict.fromkeys(
        _COUNTED, "int64"
    )
    return pd.DataFrame(rows, columns=columns).astype(types)


def _rows(kind: _Kind, spans: Sequence[SpanRecord]) -> list[dict[str, object]]:
    timed: dict[str, list[SpanRecord]] = {}
    within: dict[str, list[SpanRecord]] = {}
    for span in spans:
        name = kind.name(span.row)
        if name is None:
            continue
        fits = kind.spans is None or span.row.type in kind.spans
        if fits:
            timed.setdefault(name, []).append(span)
        if fits or kind.inside:
            within.setdefault(name, []).append(span)
    made = [_row(kind.by, name, own, within[name]) for name, own in timed.items()]
    return sorted(made, key=lambda row: -float(str(row["total"])))


def _row(by: str, name: str, own: Sequence[SpanRecord], within: Sequence[SpanRecord]) -> dict[str, object]:
    import numpy as np

    durations = [span.duration for span in own]
    calls = [span for span in within if span.row.type in MODEL]
    costs = [span.cost for span in calls]
    shares = np.quantile(durations, list(_PERCENTILES.values()))
    return {
        "by": by,
        "name": name,
        "count": len(own),
        "total": sum(durations),
        "self_time": sum(span.self_time for span in own),
        **dict(zip(_PERCENTILES, shares, strict=True)),
        **{field: sum(getattr(call.row, field) or 0 for call in calls) for field in _COUNTED},
        "cost": sum(cost for cost in costs if cost is not None) if costs and None not in costs else None,
        "errors": sum(span.row.error is not None for span in within),
    }
