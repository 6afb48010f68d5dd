"""A comparison of two traces as a plain Plotly figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.tracing.comparison.compare import most_changed
from nbagents.tracing.figures.gantt import INK, GanttOptions, plain, row_layout
from nbagents.tracing.measure.layout import seconds, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.comparison.compare import Pair, TraceComparison

__all__ = ["comparison_figure"]

_BEFORE, _AFTER = "#8c959f", "#0072b2"
_ROW_PX, _MARGIN_PX, _LEAST_PX = 34, 104, 180


def comparison_figure(comparison: TraceComparison, *, limit: int, height: int | None) -> dict[str, Any]:
    """Draw a comparison, as Plotly's bars and layout; see ``TraceComparison.gantt``."""
    options = GanttOptions(limit=limit, height=height)
    pairs = most_changed(comparison.pairs, options.limit)
    return {"data": _bars(pairs), "layout": _layout(comparison, pairs, options.height)}


def _bars(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    rows = list(range(len(pairs)))
    sides = (("a", _BEFORE, [p.a for p in pairs]), ("b", _AFTER, [p.b for p in pairs]))
    bars: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": rows,
            "x": [span.duration if span else None for span in spans],
            "marker": {"color": color},
            "hovertext": [_hover(name, pair) for pair in pairs],
            "hoverinfo": "text",
        }
        for name, color, spans in sides
    ]
    bars[1] |= {
        "text": [_change(pair) for pair in pairs],
        "textposition": "outside",
        "textfont": {"color": INK},
        "cliponaxis": False,
    }
    return bars


def _change(pair: Pair) -> str:
    if pair.a is None or pair.b is None:
        return "only b" if pair.a is None else "only a"
    return signed(pair.change)


def _hover(side: str, pair: Pair) -> str:
    span = pair.a if side == "a" else pair.b
    if span is None:
        return ""
    lines = [
        f"<b>{plain(span.row.name)}</b>",
        f"{side} · {plain(span.row.type)} · {seconds(round(span.duration * 1e6))}",
    ]
    if span.row.input_tokens is not None or span.row.output_tokens is not None:
        lines.append(f"{span.row.input_tokens or 0:,} tokens in · {span.row.output_tokens or 0:,} out")
    if span.row.error is not None:
        lines.append(f"✗ {plain(span.row.error[:300])}")
    return "<br>".join(lines)


def _layout(comparison: TraceComparison, pairs: Sequence[Pair], height: int | None) -> dict[str, Any]:
    rows = len(pairs)
    labels = [(pair.either.row.name, pair.either.depth) for pair in pairs]
    height = height or max(_LEAST_PX, _MARGIN_PX + _ROW_PX * rows)
    layout = row_layout(_title(comparison, rows), labels, height)
    layout["barmode"] = "group"
    layout["xaxis"]["ticksuffix"] = " s"
    return layout


def _title(comparison: TraceComparison, shown: int) -> str:
    a, b = comparison.a, comparison.b
    times = " → ".join(seconds(round(record.duration * 1e6)) for record in (a, b))
    total = len(comparison.pairs)
    cut = f" · showing {shown:,} of {total:,}, the most changed" if shown < total else ""
    return f"{plain(a.name[:40])} → {plain(b.name[:40])} · {times}{cut}"
