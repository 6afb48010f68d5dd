"""The critical path: of every moment of a trace, the one span that the end was waiting for. No I/O.

It is walked from the end back to the start. Of spans that ran side by side, the one that ended last was waited
for; what no child accounts for is the parent's own; what no span accounts for is the trace's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from heapq import heappush
from typing import TYPE_CHECKING, NamedTuple

from nbagents.tracing.measure.layout import parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbagents.tracing.capture.rows import TraceRow
    from nbagents.tracing.measure.layout import Node

__all__ = ["PathPart", "Step", "critical_path", "path_parts"]


class Step(NamedTuple):
    """A stretch of the path.

    Attributes:
        node: The span that was waited for, or None where none was open.
        start_us: Where the stretch begins.
        end_us: Where it ends.
    """

    node: Node | None
    start_us: int
    end_us: int


class PathPart(NamedTuple):
    """All stretches of one span together.

    Attributes:
        name: The span's name, or the trace's where no span was open.
        type: The span's type, or ``"trace"``.
        agent: The agent it ran under, or None.
        started_at: When it was first waited for.
        own: For how long in all, in seconds.
        share: Of the trace's whole time, from 0 to 1.
        span_id: The SDK's id, or None for the trace itself.
        seq: The span's place in the order of starting, or None for the trace itself.
    """

    name: str
    type: str
    agent: str | None
    started_at: datetime
    own: float
    share: float
    span_id: str | None
    seq: int | None


class _Window(NamedTuple):
    start: int
    end: int
    place: int  # of the node in the list of nodes; -1 is the trace


_TRACE = -1


def critical_path(trace: TraceRow, nodes: Sequence[Node], end_us: int) -> list[Step]:
    """Return the path in the order of time: without gaps or overlaps, from the trace's start to its end.

    Args:
        trace: The trace.
        nodes: Its spans in tree order.
        end_us: Its end, and that of its open spans.
    """
    above = parents(nodes)
    own = [_own(node, trace.started_us, end_us) for node in nodes]
    children = _children(above, _with_children(own, above))
    steps: list[Step] = []
    stack = [_Window(trace.started_us, end_us, _TRACE)]
    while stack:
        window = stack.pop()
        for part in _walk(children.get(window.place, ()), window):
            if part.place != window.place:
                stack.append(part)
            else:
                steps += _given_to_open(part, nodes, own, above)
    return sorted(steps, key=lambda step: step.start_us)


def _own(node: Node, start_us: int, end_us: int) -> tuple[int, int]:
    span = node.span
    start = min(max(span.started_us, start_us), end_us)
    return start, min(max(span.ended_us or end_us, start), end_us)


def _with_children(own: Sequence[tuple[int, int]], above: Sequence[int]) -> list[tuple[int, int]]:
    """Stretch each span over its descendants: what a tool left running is still reached through it."""
    whole = list(own)
    for index in range(len(whole) - 1, -1, -1):
        parent = above[index]
        if parent != _TRACE:
            (start, end), (first, last) = whole[index], whole[parent]
            whole[parent] = min(start, first), max(end, last)
    return whole


def _children(above: Sequence[int], whole: Sequence[tuple[int, int]]) -> dict[int, list[_Window]]:
    children: dict[int, list[_Window]] = {}
    for index, parent in enumerate(above):
        children.setdefault(parent, []).append(_Window(*whole[index], index))
    return children


def _walk(children: Sequence[_Window], window: _Window) -> Iterator[_Window]:
    """Divide a window, from its end to its start, between what runs in it and its owner."""
    inside = (_Window(max(c.start, window.start), min(c.end, window.end), c.place) for c in children)
    waiting = sorted((c for c in inside if c.start < c.end), key=lambda c: (c.end, -c.start, -c.place))
    running: list[_Window] = []  # a heap: those that end after the moment reached; the one that began first leads
    moment = window.end
    while moment > window.start:
        while waiting and waiting[-1].end > moment:
            heappush(running, waiting.pop())
        if waiting and waiting[-1].end == moment:  # it ended just here, so what came next may have needed it
            part = waiting.pop()
        elif running and running[0].start < moment:
            part = running[0]._replace(end=moment)
        else:
            part = _Window(waiting[-1].end if waiting else window.start, moment, window.place)
        yield part
        moment = part.start


def _given_to_open(
    part: _Window, nodes: Sequence[Node], own: Sequence[tuple[int, int]], above: Sequence[int]
) -> Iterator[Step]:
    """Give a stretch to its span as far as that was open, and what is outside to the nearest ancestor that was."""
    outside = [part]
    while outside:
        start, end, index = outside.pop()
        if index == _TRACE:
            yield Step(None, start, end)
            continue
        first, last = max(start, own[index][0]), min(end, own[index][1])
        if first >= last:
            outside.append(_Window(start, end, above[index]))
            continue
        yield Step(nodes[index], first, last)
        outside += [_Window(a, b, above[index]) for a, b in ((start, first), (last, end)) if a < b]


def path_parts(trace: TraceRow, steps: Sequence[Step]) -> list[PathPart]:
    """Return each span of a path once, in the order in which they are first waited for."""
    whole = sum(step.end_us - step.start_us for step in steps)
    by_seq: dict[int | None, list[Step]] = {}
    for step in steps:
        by_seq.setdefault(step.node.span.seq if step.node else None, []).append(step)
    return [_part(trace, own, whole) for own in by_seq.values()]


def _part(trace: TraceRow, steps: Sequence[Step], whole: int) -> PathPart:
    span = steps[0].node.span if steps[0].node else None
    own = sum(step.end_us - step.start_us for step in steps)
    return PathPart(
        span.name if span else trace.name,
        span.type if span else "trace",
        span.agent if span else None,
        datetime.fromtimestamp(steps[0].start_us / 1e6, UTC),
        own / 1e6,
        own / whole,
        span.span_id if span else None,
        span.seq if span else None,
    )
