"""Self time: how long a span was open while none of its children was. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.tracing.measure.layout import STRUCTURE, parents, union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.measure.layout import Node

__all__ = ["self_times"]


def self_times(nodes: Sequence[Node], end_us: int) -> dict[int, int]:
    """Return each span's self time in microseconds, by its ``seq``.

    Children that run side by side count once, and only while their parent is open. What is in a task or turn is
    in what these are in too, which would otherwise have no time of its own.

    Args:
        nodes: In tree order.
        end_us: What stands for the end of a span that has none.
    """
    bounds = [(node.span.started_us, node.span.ended_us or end_us) for node in nodes]
    inside: dict[int, list[tuple[int, int]]] = {}
    above = parents(nodes)
    for index, (start, end) in enumerate(bounds):
        parent = -1 if nodes[index].span.type in STRUCTURE else above[index]
        while parent >= 0:
            first, last = bounds[parent]
            inside.setdefault(parent, []).append((max(start, first), min(end, last)))
            parent = above[parent] if nodes[parent].span.type in STRUCTURE else -1
    return {
        node.span.seq: max(0, end - start) - union(inside.get(index, ()))
        for index, (node, (start, end)) in enumerate(zip(nodes, bounds, strict=True))
    }
