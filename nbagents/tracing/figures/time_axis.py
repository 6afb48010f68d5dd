"""The time axis of a figure: seconds from its start, with idle gaps folded where that is asked for. No I/O."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nbagents.tracing.measure.idle import Fold, Gap, busy, gaps
from nbagents.tracing.measure.layout import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.record import TraceRecord

__all__ = ["TICKS", "TimeAxis", "nice"]

_LEAST_SHARE = 0.05  # of the whole: shorter gaps are left as they are
_FOLDED_SHARE = 0.03  # of what is left: how wide a folded gap is drawn
TICKS = 8
_BREAK = "rgba(125,133,144,0.22)"


class TimeAxis:
    """Where moments are drawn.

    Args:
        records: The traces on it.
        fold_idle: Whether gaps in which nothing ran are drawn narrow.
    """

    def __init__(self, records: Sequence[TraceRecord], *, fold_idle: bool) -> None:
        self.start_us = min((record.row.started_us for record in records), default=0)
        self.end_us = max((record.end_us for record in records), default=self.start_us)
        self._fold = _fold(records, self.start_us, self.end_us) if fold_idle else Fold((), 0)

    def place(self, start_us: int, end_us: int) -> tuple[float, float]:
        """Return where a stretch of time begins on the axis and how long it is there, in seconds."""
        left, right = self._fold.place(start_us), self._fold.place(end_us)
        return (left - self.start_us) / 1e6, max(0, right - left) / 1e6

    def ticks(self) -> dict[str, Any]:
        """Return Plotly's settings for ticks; on a folded axis they name the true time."""
        if not self._fold.gaps:
            return {"ticksuffix": " s"}
        step = nice(self.place(self.start_us, self.end_us)[1] * 1e6 / TICKS)
        moments = [
            self.start_us + step * number
            for start, end in self._fold.stretches(self.start_us, self.end_us)
            for number in range(-(-(start - self.start_us) // step), (end - self.start_us) // step + 1)
        ]
        return {
            "tickvals": [self.place(moment, moment)[0] for moment in moments],
            "ticktext": [f"{(moment - self.start_us) / 1e6:g} s" for moment in moments],
        }

    def breaks(self) -> dict[str, Any]:
        """Return Plotly's shapes and annotations that mark each fold, with the time that it hides."""
        bands = [(*self.place(*gap), gap) for gap in self._fold.gaps]
        return {
            "shapes": [_band(left, left + width) for left, width, _ in bands],
            "annotations": [_note(left + width / 2, gap) for left, width, gap in bands],
        }


def _fold(records: Sequence[TraceRecord], start_us: int, end_us: int) -> Fold:
    work = [stretch for record in records for stretch in busy(record.nodes, record.end_us)]
    least = (end_us - start_us) * _LEAST_SHARE
    found = [gap for gap in gaps(work, start_us, end_us) if gap.end - gap.start > least]
    left = end_us - start_us - sum(gap.end - gap.start for gap in found)
    width = max(1, round((left or end_us - start_us) * _FOLDED_SHARE))
    return Fold([gap for gap in found if gap.end - gap.start > width], width)


def nice(microseconds: float) -> int:
    """Round microseconds up to 1, 2 or 5 times a power of ten."""
    power = int(10 ** math.floor(math.log10(max(1.0, microseconds))))
    return next((power * factor for factor in (1, 2, 5) if power * factor >= microseconds), power * 10)


def _band(left: float, right: float) -> dict[str, Any]:
    edge = {"color": _BREAK, "width": 1, "dash": "dot"}
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "fillcolor": _BREAK,
        "line": edge,
        "layer": "above",
    }


def _note(middle: float, gap: Gap) -> dict[str, Any]:
    return {
        "xref": "x",
        "yref": "paper",
        "x": middle,
        "y": 0,
        "yanchor": "bottom",
        "text": f"⋯ {seconds(gap.end - gap.start)}",
        "showarrow": False,
        "textangle": -90,
        "font": {"size": 10},
        "hovertext": f"nothing ran for {seconds(gap.end - gap.start)}",
    }
