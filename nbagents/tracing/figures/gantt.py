"""Traces as a plain Plotly figure: a bar for each span in rows of a kind, coloured by type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from nbagents._given import check_least
from nbagents._short import short
from nbagents.errors import ConfigError
from nbagents.tracing.figures.colors import color_of
from nbagents.tracing.figures.time_axis import TimeAxis
from nbagents.tracing.measure.critical_path import critical_path
from nbagents.tracing.measure.lanes import VIEWS, lanes
from nbagents.tracing.measure.layout import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.tracing.measure.critical_path import Step
    from nbagents.tracing.measure.lanes import Bar, By, Key, Lanes
    from nbagents.tracing.record import TraceRecord

__all__ = ["GRID", "INK", "GanttOptions", "gantt_figure", "indented_labels", "plain", "row_layout"]

_UNSHOWN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")  # controls, and halves of pairs, which no JSON can have
_ROW_PX, _MARGIN_PX, _LEAST_PX = 22, 104, 160
_WORD_PX = 72  # for a word after the longest bar
_NAME_CHARACTERS = 40
_BAR = 0.7  # of a row
INK = "#7d8590"  # reads on white and on black
GRID = "rgba(125,133,144,0.25)"
_BAD = "#cf222e"
_CRITICAL, _CRITICAL_BAR = "#a371f7", 0.16  # the path is drawn under the bars, so both can be read
_PALE = 0.45  # opacity of a bar whose end is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttOptions:
    """How traces are drawn; see ``Analysis.gantt``."""

    by: By = "tree"
    critical: bool = False
    fold_idle: bool = False
    limit: int = 400
    height: int | None = None

    def __post_init__(self) -> None:
        if self.by not in VIEWS:
            raise ConfigError(f"by is {self.by!r}; it must be one of {', '.join(VIEWS)}", name="by", value=self.by)
        for name, value in (("limit", self.limit), ("height", self.height)):
            if value is not None:
                check_least(1, **{name: value})


def gantt_figure(records: Sequence[TraceRecord], name: str, options: GanttOptions) -> dict[str, Any]:
    """Draw traces on one time axis, as Plotly's bars and layout.

    Args:
        records: The traces.
        name: What the title calls them.
        options: How they are drawn.
    """
    paths = {record.trace_id: _path(record) for record in records} if options.critical else {}
    first = {(trace_id, step.node.span.seq) for trace_id, path in paths.items() for step in path if step.node}
    drawn = lanes(records, options.by, options.limit, first)
    axis = TimeAxis(records, fold_idle=options.fold_idle)
    bars = [*_bars(drawn, axis), *_critical(paths, drawn, axis)]
    return {"data": bars, "layout": _layout(drawn, axis, name, options.height)}


def _path(record: TraceRecord) -> list[Step]:
    return critical_path(record.row, record.nodes, record.end_us)


def plain(text: str) -> str:
    """Return text that Plotly shows as it is: it reads tags such as ``<b>`` and ``<a>``, and entities.

    Example:
        >>> plain('<a href="javascript:x()">&lt;')
        '&lt;a href="javascript:x()"&gt;&amp;lt;'
    """
    return escape(_UNSHOWN.sub(" ", text), quote=False)


def _bars(drawn: Lanes, axis: TimeAxis) -> list[dict[str, Any]]:
    types = dict.fromkeys(bar.span.type for bar in drawn.bars)
    last: dict[int, int] = {}  # the end of a row, after which words are free to stand
    for bar in drawn.bars:
        last[bar.row] = max(bar.end_us, last.get(bar.row, 0))
    return [_trace(kind, [bar for bar in drawn.bars if bar.span.type == kind], axis, last) for kind in types]


def _trace(span_type: str, bars: Sequence[Bar], axis: TimeAxis, last: Mapping[int, int]) -> dict[str, Any]:
    places = [axis.place(bar.span.started_us, bar.end_us) for bar in bars]
    failed = [bar.span.error is not None for bar in bars]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{plain(span_type)} {len(bars)}",
        "y": [bar.row for bar in bars],
        "base": [start for start, _ in places],
        "x": [length for _, length in places],
        "width": _BAR,  # else Plotly makes the bars of a rare type as wide as the gaps between them
        "marker": {
            "color": color_of(span_type),
            "opacity": [_PALE if bar.state else 1 for bar in bars],
            "line": {"color": _BAD, "width": [2 if bad else 0 for bad in failed]},
        },
        "text": [_label(bar) if bar.end_us == last[bar.row] else "" for bar in bars],
        "textposition": "outside",
        "textfont": {"color": [_BAD if bad else INK for bad in failed]},
        "cliponaxis": False,
        "hovertext": [_hover(bar) for bar in bars],
        "hoverinfo": "text",
    }


def _critical(paths: Mapping[str, Sequence[Step]], drawn: Lanes, axis: TimeAxis) -> list[dict[str, Any]]:
    if not paths:
        return []
    rows: dict[Key, int] = {bar.key: bar.row for bar in drawn.bars}
    steps = [
        (rows[trace_id, step.node.span.seq], step)
        for trace_id, path in paths.items()
        for step in path
        if step.node is not None and (trace_id, step.node.span.seq) in rows
    ]
    return [
        {
            "type": "bar",
            "orientation": "h",
            "name": "critical path",
            "y": [row + 0.5 - _CRITICAL_BAR / 2 for row, _ in steps],
            "base": [axis.place(step.start_us, step.end_us)[0] for _, step in steps],
            "x": [axis.place(step.start_us, step.end_us)[1] for _, step in steps],
            "width": _CRITICAL_BAR,
            "marker": {"color": _CRITICAL},
            "hovertext": [f"critical path · {seconds(step.end_us - step.start_us)}" for _, step in steps],
            "hoverinfo": "text",
        }
    ]


def _label(bar: Bar) -> str:
    return bar.state if bar.span.error is None else f"✗ {plain(short(bar.span.error, _NAME_CHARACTERS))}"


def _hover(bar: Bar) -> str:
    span = bar.span
    lines = [f"<b>{plain(span.name)}</b>", f"{plain(span.type)} · {seconds(bar.end_us - span.started_us)}"]
    if span.input_tokens is not None or span.output_tokens is not None:
        lines.append(f"{span.input_tokens or 0:,} tokens in · {span.output_tokens or 0:,} out")
    if span.first_token_us is not None:
        lines.append(f"first token after {seconds(span.first_token_us - span.started_us)}")
    if span.agent is not None and span.type != "agent":
        lines.append(f"agent {plain(span.agent)}")
    if span.error is not None:
        lines.append(f"✗ {plain(span.error[:300])}")
    return "<br>".join(lines)


def _layout(drawn: Lanes, axis: TimeAxis, name: str, height: int | None) -> dict[str, Any]:
    rows = len(drawn.labels)
    layout = row_layout(
        _title(drawn, axis, name), drawn.labels, height or max(_LEAST_PX, _MARGIN_PX + _ROW_PX * rows)
    )
    layout |= {"barmode": "overlay", "hoverlabel": {"align": "left", "namelength": 0}, **axis.breaks()}
    layout["xaxis"] |= {"side": "bottom", **axis.ticks()}
    layout["yaxis"]["ticklabelposition"] = "outside"
    return layout


def row_layout(title: str, labels: Sequence[tuple[str, int]], height: int) -> dict[str, Any]:
    """Return the layout of a figure with one row for each span, time to the right.

    Args:
        title: What stands above.
        labels: Each row's name, and how deep it is in the tree.
        height: Pixels.
    """
    line = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "tickcolor": GRID, "automargin": True}
    return {
        "title": {"text": title, "font": {"size": 13}, "x": 0.01, "y": 1, "yanchor": "top", "pad": {"t": 12}},
        "height": height,
        "margin": {"l": 8, "r": _WORD_PX, "t": 70, "b": 8},
        "font": {"color": INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        "xaxis": {**line, "rangemode": "tozero"},
        "yaxis": {
            **line,
            "showgrid": False,
            "ticks": "",
            "tickvals": list(range(len(labels))),
            "ticktext": indented_labels(labels),
            "tickfont": {"family": "monospace"},
            "range": [len(labels) - 0.5, -0.5],
        },
    }


def indented_labels(labels: Sequence[tuple[str, int]]) -> list[str]:
    """Indent names by depth. Plotly aligns ticks to the right, so they are filled up to one length."""
    indented = ["\u00a0\u00a0" * depth + short(name, _NAME_CHARACTERS) for name, depth in labels]
    width = max(map(len, indented), default=0)
    return [plain(name.ljust(width, "\u00a0")) for name in indented]


def _title(drawn: Lanes, axis: TimeAxis, name: str) -> str:
    cut = f" · showing {drawn.shown:,} of {drawn.total:,} spans" if drawn.shown < drawn.total else ""
    return f"{plain(short(name, _NAME_CHARACTERS))} · {seconds(axis.end_us - axis.start_us)}{cut}"
