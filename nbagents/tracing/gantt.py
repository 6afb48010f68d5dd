"""A trace as a plain Plotly figure: one row a span in tree order, coloured by type."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from nbagents.errors import ConfigError
from nbagents.tracing.colors import color_of
from nbagents.tracing.layout import chosen, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from nbagents.tracing.layout import Node
    from nbagents.tracing.record import TraceRecord
    from nbagents.tracing.rows import SpanRow

__all__ = ["gantt_figure", "plain"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ROW_PX, _MARGIN_PX, _LEAST_PX = 22, 90, 160
_NAME_CHARACTERS = 40
_BAR = 0.7  # of a row
_INK = "#7d8590"  # reads on white and on black
_GRID = "rgba(125,133,144,0.25)"
_BAD = "#cf222e"
_PALE = 0.45  # opacity of a bar whose end is not known


def gantt_figure(record: TraceRecord, *, limit: int, height: int | None) -> go.Figure:
    """Draw a trace; see ``TraceRecord.gantt``."""
    import plotly.graph_objects as go

    for name, value in (("limit", limit), ("height", height)):
        if value is not None and value < 1:
            raise ConfigError(f"{name} is {value}; it must be 1 or more", name=name, value=value)
    nodes = chosen(record.nodes, limit, record.end_us)
    figure = go.Figure(_bars(record, nodes), layout=_layout(record, nodes, height))
    figure.update_layout(template=None)  # Plotly's default adds seven kilobytes to a saved notebook
    return figure


def plain(text: str) -> str:
    """Return text that Plotly shows as it is: it reads tags such as ``<b>`` and ``<a>``, and entities.

    Example:
        >>> plain('<a href="javascript:x()">&lt;')
        '&lt;a href="javascript:x()"&gt;&amp;lt;'
    """
    return escape(_CONTROL.sub(" ", text), quote=False)


def _bars(record: TraceRecord, nodes: Sequence[Node]) -> list[dict[str, Any]]:
    types = list(dict.fromkeys(node.span.type for node in nodes))
    return [_bar(record, [(row, n.span) for row, n in enumerate(nodes) if n.span.type == t], t) for t in types]


def _bar(record: TraceRecord, rows: Sequence[tuple[int, SpanRow]], span_type: str) -> dict[str, Any]:
    began = record.row.started_us
    failed = [span.error is not None for _, span in rows]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{plain(span_type)} {len(rows)}",
        "y": [row for row, _ in rows],
        "base": [(span.started_us - began) / 1e6 for _, span in rows],
        "x": [max(0, (span.ended_us or record.end_us) - span.started_us) / 1e6 for _, span in rows],
        "width": _BAR,  # else Plotly makes the bars of a rare type as wide as the gaps between them
        "marker": {
            "color": color_of(span_type),
            "opacity": [_PALE if span.ended_us is None else 1 for _, span in rows],
            "line": {"color": _BAD, "width": [2 if bad else 0 for bad in failed]},
        },
        "text": [_label(span, record) for _, span in rows],
        "textposition": "outside",
        "textfont": {"color": [_BAD if bad else _INK for bad in failed]},
        "cliponaxis": False,
        "hovertext": [_hover(span, record) for _, span in rows],
        "hoverinfo": "text",
    }


def _label(span: SpanRow, record: TraceRecord) -> str:
    if span.error is not None:
        return f"✗ {plain(_short(span.error))}"
    if span.ended_us is None:
        return "running" if record.writer_alive else "interrupted"
    return ""


def _hover(span: SpanRow, record: TraceRecord) -> str:
    took = seconds((span.ended_us or record.end_us) - span.started_us)
    lines = [f"<b>{plain(span.name)}</b>", f"{plain(span.type)} · {took}"]
    if span.input_tokens is not None or span.output_tokens is not None:
        lines.append(f"{span.input_tokens or 0:,} tokens in · {span.output_tokens or 0:,} out")
    if span.agent is not None and span.type != "agent":
        lines.append(f"agent {plain(span.agent)}")
    if span.error is not None:
        lines.append(f"✗ {plain(span.error[:300])}")
    return "<br>".join(lines)


def _layout(record: TraceRecord, nodes: Sequence[Node], height: int | None) -> dict[str, Any]:
    axis = {"gridcolor": _GRID, "zeroline": False, "linecolor": _GRID, "tickcolor": _GRID, "automargin": True}
    return {
        "title": {"text": _title(record, nodes), "font": {"size": 13}, "x": 0.01, "xanchor": "left"},
        "barmode": "overlay",
        "height": height or max(_LEAST_PX, _MARGIN_PX + _ROW_PX * len(nodes)),
        "margin": {"l": 8, "r": 24, "t": 56, "b": 8},
        "font": {"color": _INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        "hoverlabel": {"align": "left", "namelength": 0},
        "xaxis": {**axis, "side": "bottom", "ticksuffix": " s", "rangemode": "tozero"},
        "yaxis": {
            **axis,
            "showgrid": False,
            "ticks": "",
            "tickvals": list(range(len(nodes))),
            "ticktext": _labels(nodes),
            "tickfont": {"family": "monospace"},
            "range": [len(nodes) - 0.5, -0.5],
            "ticklabelposition": "outside",
        },
    }


def _labels(nodes: Sequence[Node]) -> list[str]:
    """Indent names by depth. Plotly aligns ticks to the right, so they are filled up to one length."""
    indented = ["\u00a0\u00a0" * node.depth + _short(node.span.name) for node in nodes]
    width = max(map(len, indented), default=0)
    return [plain(name.ljust(width, "\u00a0")) for name in indented]


def _title(record: TraceRecord, nodes: Sequence[Node]) -> str:
    total = len(record.rows)
    cut = f" · showing {len(nodes):,} of {total:,} spans" if len(nodes) < total else ""
    return f"{plain(_short(record.name))} · {seconds(record.end_us - record.row.started_us)}{cut}"


def _short(text: str) -> str:
    return text if len(text) <= _NAME_CHARACTERS else text[: _NAME_CHARACTERS - 1] + "…"
