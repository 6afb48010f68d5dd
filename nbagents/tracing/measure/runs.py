"""Siblings that are alike, as one: a tool called a thousand times in a row is one line. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbagents.tracing.measure.layout import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbagents.tracing.capture.rows import SpanRow

__all__ = ["LEAST", "Folded", "folded"]

LEAST = 3  # siblings; of two each has its line


class Folded(NamedTuple):
    """A tree in which runs of siblings that are alike are one node.

    Attributes:
        nodes: In tree order; a run is its first span with their number in its name, and ends when the last does.
        members: How many spans a run stands for, by the ``seq`` of its first.
    """

    nodes: list[Node]
    members: Mapping[int, int]


def folded(nodes: Sequence[Node], end_us: int) -> Folded:
    """Fold runs: of one type and name, one after the other, all well or all with the same error.

    Args:
        nodes: In tree order.
        end_us: What stands for the end of a span that has none.
    """
    runs = _runs(nodes)
    return Folded(list(_kept(nodes, runs, end_us)), {nodes[run[0]].span.seq: len(run) for run in runs.values()})


def _runs(nodes: Sequence[Node]) -> dict[int, list[int]]:
    """Return the members of each run that is long enough, by the place of each member."""
    runs: list[list[int]] = []
    newest: list[list[int]] = []  # for each depth the run that a next sibling may belong to
    for place, (span, depth) in enumerate(nodes):
        del newest[depth + 1 :]
        if len(newest) > depth and _alike(nodes[newest[depth][0]].span, span):
            newest[depth].append(place)
            continue
        del newest[depth:]
        newest.append([place])
        runs.append(newest[-1])
    return {run[0]: run for run in runs if len(run) >= LEAST}


def _alike(first: SpanRow, second: SpanRow) -> bool:
    return (
        first.name == second.name
        and first.type == second.type
        and first.error == second.error
        and (first.ended_us is None) == (second.ended_us is None)
    )


def _kept(nodes: Sequence[Node], runs: Mapping[int, Sequence[int]], end_us: int) -> Iterator[Node]:
    inside = {member for run in runs.values() for member in run[1:]}
    hidden: int | None = None  # the depth below which everything is in a run
    for place, (span, depth) in enumerate(nodes):
        if hidden is not None and depth > hidden:
            continue
        hidden = depth if place in inside or place in runs else None
        if place in runs:
            yield Node(_as_one(span, [nodes[member].span for member in runs[place]], end_us), depth)
        elif place not in inside:
            yield Node(span, depth)


def _as_one(first: SpanRow, spans: Sequence[SpanRow], end_us: int) -> SpanRow:
    name = f"{first.name} \u00d7{len(spans):,}"
    if first.ended_us is None:
        return first._replace(name=name)
    return first._replace(name=name, ended_us=max(span.ended_us or end_us for span in spans))
