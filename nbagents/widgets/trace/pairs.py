"""A comparison of two traces on its way to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.tracing.comparison.compare import most_changed, shown_depths

if TYPE_CHECKING:
    from nbagents.tracing.comparison.compare import Pair, TraceComparison
    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["MOST_PAIRS", "pairs_message"]

MOST_PAIRS = 2_000


def pairs_message(comparison: TraceComparison) -> dict[str, Any]:
    """Return what a page shows of a comparison; of many pairs those that changed most, in tree order.

    Args:
        comparison: The comparison.

    Returns:
        ``a`` and ``b`` (name and figures of each trace), ``pairs`` (places in the trees; a stretch is from when
        until when, in microseconds since the start of its trace) and ``total``, how many there are.
    """
    depths = shown_depths(comparison.pairs)
    kept = most_changed(list(depths), MOST_PAIRS)
    return {
        "a": _trace(comparison.a),
        "b": _trace(comparison.b),
        "pairs": [_pair(pair, depths[pair], comparison) for pair in kept],
        "total": len(depths),
    }


def _trace(record: TraceRecord) -> dict[str, Any]:
    usage = record.usage
    return {
        "trace_id": record.trace_id,
        "name": record.name,
        "started_us": record.row.started_us,
        "took": record.end_us - record.row.started_us,
        "tokens": usage.total_tokens,
        "spans": len(record.rows),
        "errors": record.errors,
    }


def _pair(pair: Pair, depth: int, comparison: TraceComparison) -> dict[str, Any]:
    span = pair.either
    return {
        "name": span.row.name,
        "type": span.row.type,
        "depth": depth,
        "a": _stretch(pair.a, comparison.a),
        "b": _stretch(pair.b, comparison.b),
        "figures": {
            f"{name}_{side}": value
            for side, found in (("a", pair.a), ("b", pair.b))
            if found is not None
            for name, value in _figures(found).items()
        },
    }


def _stretch(span: SpanRecord | None, record: TraceRecord) -> list[int] | None:
    if span is None:
        return None
    start = span.row.started_us - record.row.started_us
    return [start, start + round(span.duration * 1e6)]


def _figures(span: SpanRecord) -> dict[str, Any]:
    return {
        "input": span.row.input_tokens,
        "output": span.row.output_tokens,
        "cost": span.cost,
        "error": span.row.error and span.row.error[:200],
        "seq": span.row.seq,
    }
