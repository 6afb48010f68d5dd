"""What a still picture of a figure shows, read from the figure as it is now: rows of bars, ticks, words. No I/O.

A user may have changed the figure or added to it: what is no horizontal bar on the first pair of axes, no line
across them and no note is left out, and so is what has no number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents.tracing.figures.gantt import INK
from nbagents.tracing.figures.time_axis import TICKS, nice
from nbagents.tracing.static.plotly_values import color, each, inside, nth, number, pair, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Block", "Picture", "picture_of"]

_ROWS = 60
_TITLE, _WORDS = 110, 44  # characters
_GROUP = 0.8  # of a row: what Plotly gives to bars that stand side by side


@dataclass(frozen=True, slots=True)
class Block:
    """A bar.

    Attributes:
        row: Where its middle is, in rows from the top of the picture.
        thick: Its thickness, in rows.
        start: Where it begins on the axis.
        end: Where it ends there.
        color: Any colour of CSS.
        opacity: 0 to 1.
        edge: The colour of its outline, and the pixels of it.
        text: What stands after it, and in which colour.
    """

    row: float
    thick: float
    start: float
    end: float
    color: str
    opacity: float
    edge: tuple[str, float]
    text: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure as plain values; texts are plain text.

    Attributes:
        title: What stands above.
        height: Of the figure, in pixels, or None.
        ink: The colour of words.
        ground: The colour behind everything, or None.
        rows: How many rows are shown.
        total: How many there are.
        labels: The names of rows, by their number from the top.
        bars: The bars in the rows shown, those at the back first.
        legend: Names and colours.
        begin: Where the axis begins.
        end: Where it ends; more than ``begin``.
        ticks: Places on the axis, and what they are called.
        bands: From where to where something stretches over all rows, its colour, its opacity; a line has no width.
        notes: Place on the axis, row (from the top), text, and whether it is upright.
    """

    title: str
    height: float | None
    ink: str
    ground: str | None
    rows: int
    total: int
    labels: Mapping[int, str]
    bars: list[Block]
    legend: list[tuple[str, str]]
    begin: float
    end: float
    ticks: list[tuple[float, str]]
    bands: list[tuple[float, float, str, float]]
    notes: list[tuple[float, float, str, bool]]


def picture_of(figure: Mapping[str, Any]) -> Picture:
    """Read a figure.

    Args:
        figure: As ``plotly.graph_objects.Figure.to_dict`` gives it.
    """
    layout = figure.get("layout") or {}
    traces = [trace for trace in figure.get("data") or () if _is_drawn(trace)]
    rows = _Rows(layout.get("yaxis") or {}, traces)
    ink = color(inside(layout, "font", "color"), INK)
    bars = [bar for bar in _bars(traces, layout.get("barmode"), rows, ink) if 0 <= bar.row <= rows.shown]
    begin, end = _ends(layout.get("xaxis") or {}, bars)
    bars = [bar for bar in bars if bar.start <= end and bar.end >= begin]
    return Picture(
        title=words(inside(layout, "title", "text"), _TITLE),
        height=number(layout.get("height")),
        ink=ink,
        ground=layout.get("paper_bgcolor"),
        rows=rows.shown,
        total=rows.total,
        labels=rows.labels(),
        bars=bars,
        legend=_legend(traces, layout),
        begin=begin,
        end=end,
        ticks=[tick for tick in _ticks(layout.get("xaxis") or {}, begin, end) if begin <= tick[0] <= end],
        bands=[band for band in map(_band, layout.get("shapes") or ()) if band],
        notes=[note for found in layout.get("annotations") or () if (note := _note(found, rows))],
    )


class _Rows:
    """Where the y axis puts things, in rows from the top."""

    def __init__(self, axis: Mapping[str, Any], traces: list[Mapping[str, Any]]) -> None:
        self._axis = axis
        bottom, top = pair(axis.get("range")) or _around(axis, traces)
        self._top, self._down = top, math.copysign(1, bottom - top)
        self.total = min(math.ceil(abs(bottom - top)), 1_000_000)
        self.shown = min(self.total, _ROWS)

    def place(self, y: float) -> float:
        """Return the row, from the top and with fractions, of a value of the axis."""
        return (y - self._top) * self._down

    def labels(self) -> dict[int, str]:
        """Return the names of the rows that are shown."""
        values, texts = each(self._axis.get("tickvals")), each(self._axis.get("ticktext"))
        named = [(number(value), _label(text)) for value, text in zip(values, texts, strict=False)]
        placed = [(self.place(value), text) for value, text in named if value is not None]
        return {int(row): text for row, text in placed if 0 <= row < self.shown}


def _around(axis: Mapping[str, Any], traces: list[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the lowest and the highest place of an axis that fits what is on it."""
    found = [y for trace in traces for found in each(trace.get("y")) if (y := number(found)) is not None]
    low, high = (min(found) - 0.5, max(found) + 0.5) if found else (0.0, 0.0)
    return (high, low) if axis.get("autorange") == "reversed" else (low, high)


def _is_drawn(trace: Mapping[str, Any]) -> bool:
    axes = (trace.get("xaxis") or "x", trace.get("yaxis") or "y")
    is_bar = trace.get("type") == "bar" and trace.get("orientation") == "h"
    return is_bar and axes == ("x", "y") and trace.get("visible", True) is True


def _bars(traces: list[Mapping[str, Any]], mode: object, rows: _Rows, ink: str) -> Iterator[Block]:
    beside = len(traces) if mode in {None, "group"} else 1
    for order, trace in enumerate(traces):
        share = _GROUP / beside
        shift = (order % beside + 0.5) * share - _GROUP / 2
        for place, (y, x) in enumerate(zip(each(trace.get("y")), each(trace.get("x")), strict=False)):
            middle, length, wide = number(y), number(x), number(nth(trace.get("width"), place))
            if middle is not None and length is not None:
                row = rows.place(middle if wide else middle + shift)
                yield _block(trace, place, (row, wide or share, length), ink)


def _block(trace: Mapping[str, Any], place: int, lies: tuple[float, float, float], ink: str) -> Block:
    def look(*path: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a property is for this bar."""
        return nth(inside(trace, *path), place)

    row, thick, length = lies
    start = number(look("base")) or 0.0
    text = look("text") if trace.get("textposition") != "none" else None
    return Block(
        row=row,
        thick=thick,
        start=min(start, start + length),
        end=max(start, start + length),
        color=color(look("marker", "color"), INK),
        opacity=_share(look("marker", "opacity")),
        edge=(color(look("marker", "line", "color"), "none"), number(look("marker", "line", "width")) or 0.0),
        text=(words(text, _WORDS), color(look("textfont", "color"), ink)),
    )


def _ends(axis: Mapping[str, Any], bars: list[Block]) -> tuple[float, float]:
    begin = min((bar.start for bar in bars), default=0.0)
    found = (min(0.0, begin), max((bar.end for bar in bars), default=0.0))
    begin, end = sorted(pair(axis.get("range")) or found)
    return begin, end if end > begin else begin + 1


def _ticks(axis: Mapping[str, Any], begin: float, end: float) -> list[tuple[float, str]]:
    values = [number(value) for value in each(axis.get("tickvals"))]
    texts = [words(text, _WORDS) for text in each(axis.get("ticktext"))]
    if texts:
        return [(at, text) for at, text in zip(values, texts, strict=False) if at is not None]
    step = nice((end - begin) * 1e6 / TICKS) / 1e6
    suffix = words(axis.get("ticksuffix"), _WORDS)
    return [
        (place * step, f"{place * step:g}{suffix}")
        for place in range(math.ceil(begin / step), math.floor(end / step) + 1)
    ]


def _legend(traces: list[Mapping[str, Any]], layout: Mapping[str, Any]) -> list[tuple[str, str]]:
    if layout.get("showlegend", len(traces) > 1) is False:
        return []
    named = [trace for trace in traces if trace.get("name") and trace.get("showlegend", True) is not False]
    return [
        (words(trace["name"], _WORDS), color(nth(inside(trace, "marker", "color"), 0), INK)) for trace in named
    ]


def _band(shape: Mapping[str, Any]) -> tuple[float, float, str, float] | None:
    """Read a line or a rectangle that stands on the time axis, over all rows."""
    ends = [number(shape.get("x0")), number(shape.get("x1"))]
    if shape.get("type") not in {"rect", "line"} or shape.get("xref", "x") != "x" or None in ends:
        return None
    begin, end = sorted(end for end in ends if end is not None)
    drawn = shape.get("fillcolor") if shape["type"] == "rect" else inside(shape, "line", "color")
    return begin, end, color(drawn, INK), _share(shape.get("opacity"))


def _note(note: Mapping[str, Any], rows: _Rows) -> tuple[float, float, str, bool] | None:
    x, y = number(note.get("x")), number(note.get("y"))
    if x is None or y is None or note.get("xref", "x") != "x":
        return None
    row = rows.place(y) if note.get("yref", "y") == "y" else (1 - y) * rows.shown
    return x, min(max(row, 0.0), rows.shown), words(note.get("text"), _WORDS), note.get("textangle") in {-90, 90}


def _share(value: object) -> float:
    return 1.0 if (found := number(value)) is None else found


def _label(markup: object) -> str:
    """Return a row's name with its indent, so much that the name can be seen."""
    text = words(markup, 10 * _WORDS).rstrip("\u00a0")
    name = text.lstrip("\u00a0")
    indent = min(len(text) - len(name), _WORDS // 2)
    return "\u00a0" * indent + short(name, _WORDS - indent)
