"""Idle gaps: stretches of a trace in which nothing ran, and a time axis with them folded. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nbagents.tracing.measure.layout import STRUCTURE, parents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbagents.tracing.measure.layout import Node

__all__ = ["Fold", "Gap", "busy", "gaps"]

_CONTAINERS = STRUCTURE | {"agent"}  # open while they wait: alone they do not count as work


class Gap(NamedTuple):
    """A stretch without work, in microseconds."""

    start: int
    end: int


def busy(nodes: Sequence[Node], end_us: int) -> list[tuple[int, int]]:
    """Return when spans worked: all but agents, tasks and turns that have children, which only wait for those.

    Args:
        nodes: In tree order.
        end_us: What stands for the end of a span that has none.
    """
    having = set(parents(nodes))
    return [
        (node.span.started_us, node.span.ended_us or end_us)
        for index, node in enumerate(nodes)
        if node.span.type not in _CONTAINERS or index not in having
    ]


def gaps(work: Iterable[tuple[int, int]], start_us: int, end_us: int) -> list[Gap]:
    """Return the gaps between stretches of work, in order.

    Args:
        work: Stretches, in any order; they may overlap.
        start_us: Where to begin.
        end_us: Where to end.

    Example:
        >>> gaps([(2, 4), (3, 6)], 0, 9)
        [Gap(start=0, end=2), Gap(start=6, end=9)]
    """
    found, reached = [], start_us
    for start, end in (*sorted(work), (end_us, end_us)):
        if min(start, end_us) > reached:
            found.append(Gap(reached, min(start, end_us)))
        reached = max(reached, end)
    return found


class Fold:
    """A time axis on which gaps are all equally narrow.

    Args:
        folded: The gaps to fold, in order and apart from each other.
        width: How wide each is drawn, in microseconds.

    Example:
        >>> fold = Fold([Gap(10, 1000)], width=5)
        >>> fold.place(10), fold.place(505), fold.place(1000), fold.place(1007)
        (10, 12.5, 15, 22)
    """

    def __init__(self, folded: Sequence[Gap], width: int) -> None:
        self.gaps = tuple(folded)
        self.width = width
        self._ends = [gap.end for gap in folded]
        self._won = [0]
        for gap in folded:
            self._won.append(self._won[-1] + gap.end - gap.start - width)

    def place(self, moment: int) -> float:
        """Return where a moment is drawn, in microseconds of the folded axis."""
        before = bisect_right(self._ends, moment)
        if before < len(self.gaps) and moment > self.gaps[before].start:
            start, end = self.gaps[before]
            return start - self._won[before] + (moment - start) / (end - start) * self.width
        return moment - self._won[before]

    def stretches(self, start_us: int, end_us: int) -> list[tuple[int, int]]:
        """Return what is drawn at full width between two moments, in true time."""
        edges = [start_us, *(edge for gap in self.gaps for edge in gap), end_us]
        return [pair for pair in list(pairwise(edges))[::2] if pair[0] < pair[1]]
