"""Which bar goes into which row of a Gantt chart: by tree, by agent or by type. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Literal

from nbagents.tracing.capture.rows import SpanRow
from nbagents.tracing.measure.layout import Node, chosen, without_structure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nbagents.tracing.record import TraceRecord

__all__ = ["VIEWS", "Bar", "By", "Lanes", "lanes"]

By = Literal["tree", "agent", "type"]
VIEWS: tuple[By, ...] = ("tree", "agent", "type")
Key = tuple[str, int]  # a trace's id and a span's seq
_WHOLE_TRACE = -1  # the seq of the row that stands for a trace among several


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        span: What it shows.
        row: Its row, from 0 at the top.
        end_us: Its end, or what stands for it.
        state: ``"running"``, ``"interrupted"``, or empty when it has ended.
    """

    span: SpanRow
    row: int
    end_us: int
    state: str

    @property
    def key(self) -> Key:
        """What tells it from every other."""
        return self.span.trace_id, self.span.seq


@dataclass(frozen=True, slots=True)
class Lanes:
    """Bars in rows.

    Attributes:
        bars: Every bar.
        labels: The name of each row, with the depth it is indented by; an empty one goes on with the row above.
        total: How many spans there are, of which ``shown`` have a bar.
        shown: How many have one.
    """

    bars: Sequence[Bar]
    labels: Sequence[tuple[str, int]]
    total: int
    shown: int


def lanes(records: Sequence[TraceRecord], by: By, limit: int, first: Collection[Key] = ()) -> Lanes:
    """Place the spans of traces.

    Args:
        records: One trace, or several that share the axis.
        by: ``"tree"`` gives each span its row; ``"agent"`` and ``"type"`` give each agent or type as many rows as
            it had spans at once.
        limit: How many spans at most.
        first: The spans to keep before all others.
    """
    total = sum(len(record.rows) for record in records)
    nodes = [(record, _chosen(record, by, max(1, limit // len(records)), first)) for record in records[:limit]]
    shown = sum(len(kept) for _, kept in nodes)
    if by != "tree":
        bars, labels = _swimlanes([_bar(n, record, 0) for record, kept in nodes for n in kept], by)
        return Lanes(bars, labels, total, shown)
    several = len(records) > 1
    rows: list[tuple[Node, TraceRecord]] = []
    for record, kept in nodes:
        rows += [(_trace_node(record), record)] if several else []
        rows += [(Node(node.span, node.depth + several), record) for node in kept]
    return Lanes(
        [_bar(node, record, row) for row, (node, record) in enumerate(rows)],
        [(node.span.name, node.depth) for node, _ in rows],
        total,
        shown,
    )


def _chosen(record: TraceRecord, by: By, limit: int, first: Collection[Key]) -> list[Node]:
    nodes = record.nodes if by == "tree" else without_structure(record.nodes)
    wanted = {seq for trace_id, seq in first if trace_id == record.trace_id}
    return chosen(nodes, limit, record.end_us, wanted)


def _trace_node(record: TraceRecord) -> Node:
    row = record.row
    span = SpanRow(row.trace_id, _WHOLE_TRACE, "", None, "trace", row.name, row.started_us, row.ended_us)
    return Node(span, 0)


def _bar(node: Node, record: TraceRecord, row: int) -> Bar:
    state = "" if node.span.ended_us is not None else "running" if record.writer_alive else "interrupted"
    return Bar(node.span, row, node.span.ended_us or record.end_us, state)


def _swimlanes(bars: Iterable[Bar], by: By) -> tuple[list[Bar], list[tuple[str, int]]]:
    groups: dict[str, list[Bar]] = {}
    for bar in bars:
        name = (bar.span.agent if by == "agent" else bar.span.type) or "no agent"
        groups.setdefault(name, []).append(bar)
    placed: list[Bar] = []
    labels: list[tuple[str, int]] = []
    for name, members in groups.items():
        packed, height = _packed(members, len(labels))
        placed += packed
        labels += [(name, 0), *[("", 0)] * (height - 1)]
    return placed, labels


def _packed(bars: Iterable[Bar], top: int) -> tuple[list[Bar], int]:
    """Put each bar into the uppermost row that is free when it starts; how many rows that takes."""
    free: list[int] = []
    taken: list[tuple[int, int]] = []  # a heap of (end, row)
    placed: list[Bar] = []
    height = 0
    for bar in sorted(bars, key=lambda b: (b.span.started_us, b.span.trace_id, b.span.seq)):
        while taken and taken[0][0] <= bar.span.started_us:
            heappush(free, heappop(taken)[1])
        if not free:
            heappush(free, height)
            height += 1
        row = heappop(free)
        heappush(taken, (bar.end_us, row))
        placed.append(Bar(bar.span, top + row, bar.end_us, bar.state))
    return placed, height
