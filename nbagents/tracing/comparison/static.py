"""What a comparison of two traces leaves in the saved notebook: what took how long in each, and the change."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nbagents._short import short
from nbagents._static_table import folding, many
from nbagents.tracing.comparison.compare import most_changed, shown_depths
from nbagents.tracing.measure.layout import seconds, signed
from nbagents.tracing.static.plain_text import PRE, column, one_line

if TYPE_CHECKING:
    from nbagents.tracing.comparison.compare import Pair, TraceComparison
    from nbagents.tracing.record import SpanRecord

__all__ = ["comparison_forms"]

ROWS = 40
_NAME = 40


def comparison_forms(comparison: TraceComparison) -> tuple[str, str]:
    """Write a comparison as HTML and as text; of many places those that changed most are shown, in tree order.

    Args:
        comparison: The comparison.
    """
    depths = shown_depths(comparison.pairs)
    kept = most_changed(list(depths), ROWS)
    lines = [_line("", "this", "other", "change"), *(_row(pair, depths[pair]) for pair in kept)]
    if len(kept) < len(depths):
        lines.append(f"showing {len(kept):,} of {many(len(depths), 'place')}, those that changed most")
    head = _headline(comparison)
    body = escape("\n".join(lines))
    return folding(head, f"{PRE}{body}</pre>"), "\n".join([head, *lines])


def _headline(comparison: TraceComparison) -> str:
    a, b = comparison.a, comparison.b
    names = " → ".join(short(one_line(record.name), _NAME) for record in (a, b))
    times = " → ".join(seconds(record.end_us - record.row.started_us) for record in (a, b))
    return f"{names}   {times}   {signed(b.duration - a.duration)}"


def _row(pair: Pair, depth: int) -> str:
    name = "  " * depth + one_line(pair.either.row.name)
    error = "".join(f"  ✗ {short(one_line(s.row.error), 60)}" for s in pair if s is not None and s.row.error)
    return _line(name, _took(pair.a), _took(pair.b), signed(pair.change)) + error


def _took(span: SpanRecord | None) -> str:
    return "-" if span is None else seconds(round(span.duration * 1e6))


def _line(name: str, this: str, other: str, change: str) -> str:
    return f"{column(name)}{this:>12}{other:>12}{change:>12}"
