"""The trace event format that chrome://tracing and Perfetto read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.tracing.figures.colors import color_of
from nbagents.tracing.measure.layout import parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbagents.tracing.measure.layout import Node
    from nbagents.tracing.record import TraceRecord

__all__ = ["chrome_json", "tracks"]


def chrome_json(records: Sequence[TraceRecord]) -> Iterator[str]:
    """Give the file in pieces: a process for each trace, a thread for each track, an event for each span."""
    yield '{"displayTimeUnit":"ms","traceEvents":['
    first = True
    for number, record in enumerate(records, 1):
        for event in _events(record, number):
            yield f"{'' if first else ','}\n{json.dumps(event, ensure_ascii=False)}"
            first = False
    yield "\n]}\n"


def tracks(nodes: Sequence[Node], end_us: int) -> list[int]:
    """Return a track for each span, from 0, so that on a track spans lie inside each other or apart.

    Spans that run side by side, or outlive what they are in, go to tracks of their own; the format cannot show
    them on one.

    Args:
        nodes: In tree order.
        end_us: What stands for the end of a span that has none.
    """
    above = parents(nodes)
    found = [0] * len(nodes)
    open_on: list[list[int]] = []  # of each track: the spans that are open on it, the innermost last
    for index in sorted(range(len(nodes)), key=lambda i: (nodes[i].span.started_us, nodes[i].span.seq)):
        first = found[above[index]] if above[index] >= 0 else 0
        for track in (first, *range(len(open_on) + 1)):
            if track == len(open_on):
                open_on.append([])
            line = open_on[track]
            while line and _end(nodes[line[-1]], end_us) <= nodes[index].span.started_us:
                line.pop()
            if not line or (
                line[-1] == above[index] and _end(nodes[index], end_us) <= _end(nodes[line[-1]], end_us)
            ):
                line.append(index)
                found[index] = track
                break
    return found


def _end(node: Node, end_us: int) -> int:
    return node.span.ended_us or end_us


def _events(record: TraceRecord, process: int) -> Iterator[dict[str, Any]]:
    yield _named("process_name", process, 0, record.name)
    track_of = tracks(record.nodes, record.end_us)
    for track in range(max(track_of, default=-1) + 1):
        yield _named("thread_name", process, track, "spans" if not track else f"side by side {track}")
    for node, track in zip(record.nodes, track_of, strict=True):
        row = node.span
        payload = {key: value for key, value in record.payload(row.seq).items() if value is not None}
        facts = {"agent": row.agent, "model": row.model, "input_tokens": row.input_tokens}
        facts |= {"output_tokens": row.output_tokens, "message": row.error, "span_id": row.span_id}
        yield {
            "name": row.name,
            "cat": row.type,
            "ph": "X",
            "ts": row.started_us,
            "dur": (row.ended_us or record.end_us) - row.started_us,
            "pid": process,
            "tid": track,
            "args": {key: value for key, value in facts.items() if value is not None} | payload,
            "color": color_of(row.type),
        }


def _named(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}
