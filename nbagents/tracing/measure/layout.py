"""Spans in tree order, and the figures of a run. No I/O; times are microseconds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import heapify, heappop
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nbagents.tracing.capture.rows import SpanRow, TraceRow

__all__ = [
    "MODEL",
    "STRUCTURE",
    "TOOL",
    "Figures",
    "Node",
    "Status",
    "chosen",
    "end_of",
    "figures",
    "parents",
    "seconds",
    "signed",
    "status_of",
    "tree",
    "union",
    "without_structure",
]

Status = Literal["running", "ok", "error", "interrupted"]

STRUCTURE = frozenset({"task", "turn"})  # the SDK's own bookkeeping: their children stand for them
MODEL = frozenset({"response", "generation"})
TOOL = frozenset({"function", "mcp_tools"})


class Node(NamedTuple):
    """A span and how deep it lies in the tree, from 0; a tuple, since they are made by the hundred thousand."""

    span: SpanRow
    depth: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A run in figures; tokens are summed over model calls only, so they equal the SDK's usage.

    Attributes:
        spans: How many there are.
        types: How many of each type.
        requests: Model calls.
        input_tokens: Sent.
        output_tokens: Received.
        cached_tokens: Of the input.
        reasoning_tokens: Of the output.
        errors: Spans that failed.
        model_us: Time in which a model call was open.
        tool_us: Time in which a tool, and no model call, was open.
        idle_us: The rest of the run.
    """

    spans: int
    types: Counter[str]
    requests: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    errors: int
    model_us: int
    tool_us: int
    idle_us: int


def tree(spans: Iterable[SpanRow]) -> list[Node]:
    """Return spans depth first, siblings in the order they started.

    A span whose parent is missing is a root, and so is the first of a circle of parents.
    """
    ordered = sorted(spans, key=lambda span: span.seq)
    known = {span.span_id for span in ordered}
    children: dict[str | None, list[SpanRow]] = {}
    for span in ordered:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children.setdefault(parent, []).append(span)
    nodes: list[Node] = []
    seen: set[int] = set()
    for root in (*children.pop(None, ()), *ordered):  # after the roots, what only a circle of parents leads to
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if span.seq not in seen:
                seen.add(span.seq)
                nodes.append(Node(span, depth))
                if span.span_id in children:
                    stack += [(child, depth + 1) for child in reversed(children.pop(span.span_id))]
    return nodes


def without_structure(nodes: Sequence[Node]) -> list[Node]:
    """Leave out task and turn spans that did not fail; what is inside moves up a level."""
    kept: list[Node] = []
    hidden: list[int] = []  # depths of the hidden spans that the next one may lie in
    for node in nodes:
        while hidden and hidden[-1] >= node.depth:
            hidden.pop()
        if node.span.type in STRUCTURE and node.span.error is None:
            hidden.append(node.depth)
        else:
            kept.append(Node(node.span, node.depth - len(hidden)))
    return kept


def chosen(nodes: Sequence[Node], limit: int, end_us: int, first: Collection[int] = frozenset()) -> list[Node]:
    """Return the nodes worth showing, in their order: those that failed, then the longest, with their ancestors.

    Args:
        nodes: In tree order.
        limit: How many at most.
        end_us: What stands for the end of a span that has none.
        first: The ``seq`` of spans to keep before all others.
    """
    if len(nodes) <= limit:
        return list(nodes)
    above_of = parents(nodes)
    kept: set[int] = set()
    waiting = [(span.seq not in first, *_rank(span, end_us), index) for index, (span, _) in enumerate(nodes)]
    heapify(waiting)  # of a hundred thousand only some are looked at
    while waiting and len(kept) < limit:
        line = []
        above = heappop(waiting)[-1]
        while above >= 0 and above not in kept:
            line.append(above)
            above = above_of[above]
        if len(kept) + len(line) <= limit:
            kept.update(line)
    return [nodes[index] for index in sorted(kept)]


def _rank(span: SpanRow, end_us: int) -> tuple[bool, int, int]:
    return span.error is None, span.started_us - (span.ended_us or end_us), span.seq


def parents(nodes: Sequence[Node]) -> list[int]:
    """Return the index of each node's parent, -1 for a root."""
    found: list[int] = []
    line: list[int] = []
    for index, node in enumerate(nodes):
        del line[node.depth :]
        found.append(line[-1] if line else -1)
        line.append(index)
    return found


def status_of(span: SpanRow | TraceRow, trace: TraceRow, *, writer_alive: bool) -> Status:
    """Tell how a span, or the trace itself, stands.

    Args:
        span: The span, or the trace.
        trace: The trace it belongs to.
        writer_alive: Whether the process that wrote the trace still runs.
    """
    if getattr(span, "error", None) is not None:
        return "error"
    if span.ended_us is not None:
        return "ok"
    return "running" if trace.ended_us is None and writer_alive else "interrupted"


def end_of(trace: TraceRow, spans: Iterable[SpanRow], now_us: int, *, writer_alive: bool) -> int:
    """Return the moment that stands for the end of a trace that may have none."""
    if trace.ended_us is not None:
        return trace.ended_us
    last = max((span.ended_us or span.started_us for span in spans), default=trace.started_us)
    return max(now_us, trace.started_us) if writer_alive else max(last, trace.started_us)


def figures(trace: TraceRow, spans: Sequence[SpanRow], end_us: int) -> Figures:
    """Sum a run up.

    Args:
        trace: The trace.
        spans: Its spans, in any order.
        end_us: Its end, or what stands for it.
    """
    calls = [span for span in spans if span.type in MODEL]
    model = union((span.started_us, span.ended_us or end_us) for span in calls)
    work = MODEL | TOOL
    busy = union((span.started_us, span.ended_us or end_us) for span in spans if span.type in work)
    return Figures(
        spans=len(spans),
        types=Counter(span.type for span in spans),
        requests=len(calls),
        input_tokens=sum(span.input_tokens or 0 for span in calls),
        output_tokens=sum(span.output_tokens or 0 for span in calls),
        cached_tokens=sum(span.cached_tokens or 0 for span in calls),
        reasoning_tokens=sum(span.reasoning_tokens or 0 for span in calls),
        errors=sum(span.error is not None for span in spans),
        model_us=model,
        tool_us=busy - model,
        idle_us=max(0, end_us - trace.started_us - busy),
    )


def union(intervals: Iterable[tuple[int, int]]) -> int:
    """Return the length of what intervals cover together."""
    covered, reached = 0, -1
    for start, end in sorted(intervals):
        # An interval may be turned round: a child that its parent does not overlap.
        if end > reached and end > start:
            covered += end - (start if start > reached else reached)  # noqa: FURB136 - twice as quick as max(), and called for every span
            reached = end
    return covered


def seconds(microseconds: int) -> str:
    """Write a duration the way a person reads it.

    Example:
        >>> [seconds(n) for n in (0, 40, 1_000, 812_000, 3_421_000, 95_000_000, 3_700_000_000)]
        ['0 ms', '0.1 ms', '1 ms', '0.81 s', '3.42 s', '1 min 35 s', '1 h 01 min']
    """
    milliseconds = max(0, microseconds) / 1000
    if milliseconds < 1:
        return f"{max(0.1, round(milliseconds, 1)):g} ms" if microseconds > 0 else "0 ms"
    if milliseconds < 99.5:  # noqa: PLR2004 - where two digits end
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_995:  # noqa: PLR2004 - a minute, rounded as it is written
        return f"{milliseconds / 1000:.2f} s"
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def signed(change_s: float) -> str:
    """Write a change of a duration, in seconds.

    Example:
        >>> signed(1.25), signed(-0.0004), signed(0)
        ('+1.25 s', '-0.4 ms', '±0')
    """
    sign = "+" if change_s > 0 else "-"
    return f"{sign}{seconds(abs(round(change_s * 1e6)))}" if round(change_s * 1e6) else "±0"
