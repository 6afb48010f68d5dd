"""Siblings that are alike, as one."""

from __future__ import annotations

from nbagents.tracing.measure.layout import Node
from nbagents.tracing.measure.runs import folded


def shape(spans, record):
    found = folded(record(spans).nodes, 1_000_000)
    return [f"{'  ' * node.depth}{node.span.name}".replace("\u00d7", "x") for node in found.nodes], found.members


def test_three_are_a_run_two_are_not(span, record):
    """A run has what is inside its members; two spans keep their lines and their insides."""
    spans = [span(0, kind="agent", name="a")]
    spans += [span(n, 0, name="f") for n in (1, 2)] + [span(n, 0, name="g") for n in (3, 4, 5)]
    spans += [span(6, 2, name="in f"), span(7, 4, name="in g"), span(8, 0, name="f")]
    assert shape(spans, record) == (["a", "  f", "  f", "    in f", "  g x3", "  f"], {3: 3})


def test_a_run_ends_when_the_last_of_it_does(span, record):
    """Calls side by side may end in any order."""
    spans = [span(0, name="f", end=10), span(1, name="f", end=90), span(2, name="f", end=50)]
    (node,) = folded(record(spans).nodes, 100).nodes
    assert (node.span.started_us, node.span.ended_us) == (0, 90)


def test_what_failed_or_still_runs_is_apart(span, record):
    """It would be hidden among those that went well."""
    spans = [span(n, name="f", end=None if n > 5 else 10, error="no" if n in {2, 3} else None) for n in range(9)]
    names, members = shape(spans, record)
    assert names == ["f", "f", "f", "f", "f", "f", "f x3"]
    assert members == {6: 3}
    nodes = record(spans).nodes
    assert isinstance(nodes[0], Node)


def test_cousins_are_not_siblings(span, record):
    """The same tool under another agent begins anew."""
    spans = [span(0, kind="agent", name="a"), span(1, 0, name="f"), span(2, 0, name="f")]
    spans += [span(3, kind="agent", name="b"), span(4, 3, name="f"), span(5, 3, name="f")]
    assert shape(spans, record)[0] == ["a", "  f", "  f", "b", "  f", "  f"]
