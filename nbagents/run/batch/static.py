"""A batch as text and as HTML without a script: how far it is, how long rows took, and what failed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nbagents._short import short
from nbagents._static_table import LEFT, WRAPPED, folding, safe
from nbagents.run.batch.distribution import error_kinds, histogram
from nbagents.run.batch.progress import progress_text
from nbagents.tracing.measure.layout import seconds
from nbagents.tracing.static.plain_text import PRE, bar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbagents.run.batch.progress import Progress
    from nbagents.run.batch.row_result import EndedRow

__all__ = ["batch_html", "batch_text", "failed_rows", "slowest_rows"]

SHOWN = 50  # rows of a kind in a display
_BINS = 6
_KINDS = 5
_WIDTH = 36
_STATIC_ROWS = 12
_CELL = 160  # characters


def failed_rows(rows: Sequence[EndedRow]) -> list[EndedRow]:
    """Return the rows that failed, in order of ending."""
    return [row for row in rows if row.result.error is not None]


def slowest_rows(rows: Sequence[EndedRow], limit: int = SHOWN) -> list[EndedRow]:
    """Return the rows that took longest, the longest first."""
    return sorted(rows, key=lambda row: -row.result.seconds)[:limit]


def batch_text(progress: Progress) -> str:
    """Write a batch as text.

    Args:
        progress: How far it is.
    """
    return "\n".join([progress_text(progress.figures()), *_charts(progress)])


def batch_html(progress: Progress, *, is_open: bool = False) -> str:
    """Write a batch as HTML; everything from a model or a tool is escaped.

    Args:
        progress: How far it is.
        is_open: Whether more than the headline is seen at first.
    """
    chart = "\n".join(map(escape, _charts(progress)))
    body = f"{PRE}{chart}</pre>" if chart else ""
    headline = progress_text(progress.figures())
    return folding(headline, body + _table(failed_rows(progress.rows)), is_open=is_open)


def _charts(progress: Progress) -> list[str]:
    rows = progress.rows
    lines = [*_bars("latency", [row.result.seconds for row in rows], "s")]
    lines += _bars("tokens", [float(row.result.tokens) for row in rows if row.result.tokens], "")
    kinds = error_kinds((row.label, row.result.error or "") for row in failed_rows(rows))
    if kinds:
        lines.append("errors")
        lines += [f"  {kind.rows:>6,}  {short(kind.error, _CELL)}" for kind in kinds[:_KINDS]]
        if len(kinds) > _KINDS:
            lines.append(f"  showing {_KINDS} of {len(kinds):,} kinds of error")
    return lines


def _bars(name: str, values: Sequence[float], unit: str) -> Iterator[str]:
    if not values:
        return
    yield name
    bins = _told_apart(values, unit)
    most = max(count for _, count in bins)
    for span, count in bins:
        yield f"  {span:<22}{bar(0, count / most, _WIDTH) if count else ' ' * _WIDTH}{count:>8,}"


def _told_apart(values: Sequence[float], unit: str) -> list[tuple[str, int]]:
    """Count values in as many bins as have names of their own: seconds are written to two places."""
    named: dict[str, int] = {}
    for bins in range(_BINS, 0, -1):
        found = histogram(values, bins)
        ends = [(_number(start, unit), _number(stop, unit)) for start, stop, _ in found]
        named = {f"{a} to {b}" if a != b else a: count for (a, b), (_, _, count) in zip(ends, found, strict=True)}
        if len(named) == len(found) and all(a != b for a, b in ends):
            break
    return list(named.items())


def _number(value: float, unit: str) -> str:
    return seconds(int(value * 1e6)) if unit == "s" else f"{value:,.0f}"


def _table(failed: Sequence[EndedRow]) -> str:
    if not failed:
        return ""
    head = "".join(f"<th {LEFT}>{name}</th>" for name in ("row", "asked", "error"))
    cells = "".join(
        f"<tr><td {LEFT}>{safe(row.label)}</td><td {WRAPPED}>{safe(short(row.asked, _CELL))}</td>"
        f"<td {WRAPPED}>{safe(short(row.result.said, _CELL))}</td></tr>"
        for row in failed[:_STATIC_ROWS]
    )
    more = f"<p>showing {_STATIC_ROWS} of {len(failed):,} failed rows</p>" if len(failed) > _STATIC_ROWS else ""
    return f"<table><tr>{head}</tr>{cells}</table>{more}"
