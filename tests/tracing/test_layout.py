"""The tree, the choice of what is shown, and the sums of a run."""

from __future__ import annotations

import pytest

from nbagents.tracing.capture.rows import TraceRow
from nbagents.tracing.measure.layout import chosen, end_of, figures, status_of, tree, without_structure


def drawn(nodes):
    return [(node.span.seq, node.depth) for node in nodes]


def test_a_tree_is_depth_first_in_the_order_of_starting(span):
    """Siblings are in the order they started, also where all times are the same."""
    rows = [span(3, 1), span(0), span(2, 0), span(1, 0), span(4)]
    assert drawn(tree(rows)) == [(0, 0), (1, 1), (3, 2), (2, 1), (4, 0)]


def test_an_orphan_is_a_root(span):
    """A span whose parent is not there is shown all the same."""
    assert drawn(tree([span(0), span(1, 99)])) == [(0, 0), (1, 0)]


def test_a_span_that_is_its_own_parent_is_a_root(span):
    """An id that points at itself neither hangs nor hides the span."""
    assert drawn(tree([span(0, 0), span(1, 0)])) == [(0, 0), (1, 1)]


def test_spans_that_are_each_others_parents_are_all_shown(span):
    """A circle of parents ends, and no span of it is lost."""
    rows = [span(0), span(1, 3), span(2, 1), span(3, 2), span(4, 3)]
    nodes = tree(rows)
    assert sorted(node.span.seq for node in nodes) == [0, 1, 2, 3, 4]


def test_a_deep_chain_is_no_recursion(span):
    """Ten thousand levels are a tree too."""
    nodes = tree([span(n, n - 1 if n else None) for n in range(10_000)])
    assert drawn(nodes)[-1] == (9_999, 9_999)


def test_structure_is_left_out_and_its_children_move_up(span):
    """Task and turn are the SDK's own bookkeeping."""
    rows = [span(0, kind="task"), span(1, 0, "agent"), span(2, 1, "turn"), span(3, 2), span(4, 1), span(5)]
    assert drawn(without_structure(tree(rows))) == [(1, 0), (3, 1), (4, 1), (5, 0)]


def test_structure_that_failed_stays(span):
    """An error is never hidden."""
    rows = [span(0, kind="task"), span(1, 0, "turn", error="Max turns exceeded"), span(2, 1)]
    assert drawn(without_structure(tree(rows))) == [(1, 0), (2, 1)]


def test_what_is_chosen_failed_or_is_long_and_keeps_its_ancestors(span):
    """Of too many, errors come first, then the longest; each with the line up to its root."""
    rows = [
        span(0, kind="agent", end=100),
        span(1, 0, end=50),
        span(2, 0, end=10),
        span(3, 2, end=1, error="no"),
        span(4, 0, end=80),
    ]
    nodes = tree(rows)
    assert drawn(chosen(nodes, 3, 100)) == [(0, 0), (2, 1), (3, 2)]
    assert drawn(chosen(nodes, 4, 100)) == [(0, 0), (2, 1), (3, 2), (4, 1)]
    assert chosen(nodes, 5, 100) == nodes


@pytest.mark.parametrize("limit", [1, 7, 50, 399])
def test_the_limit_is_kept_whatever_the_tree(span, limit):
    """Never more than was asked for, and no chosen span without its parent."""
    rows = [span(n, (n * 7919) % n if n else None, end=(n * 31) % 97) for n in range(400)]
    nodes = chosen(tree(rows), limit, 100)
    shown = {node.span.span_id for node in nodes}
    assert 0 < len(nodes) <= limit
    assert all(node.span.parent_id in shown for node in nodes if node.depth)


def test_times_that_overlap_are_counted_once(span):
    """Model time is when a call was open; tool time leaves out what overlaps it; the rest is idle."""
    rows = [
        span(0, kind="agent", begin=0, end=100),
        span(1, 0, "response", begin=10, end=30),
        span(2, 0, "generation", begin=20, end=40),
        span(3, 0, "function", begin=35, end=60),
        span(4, 0, "function", begin=50, end=55),
    ]
    sums = figures(TraceRow("t1", "lamp", 0, 100), rows, 100)
    assert (sums.model_us, sums.tool_us, sums.idle_us) == (30, 20, 50)


def test_tokens_are_summed_over_model_calls_only(span):
    """Task and turn carry the same usage again, which must not count twice."""
    used = {"input_tokens": 10, "output_tokens": 5, "cached_tokens": 4, "reasoning_tokens": 2}
    rows = [span(0, kind="turn", **used), span(1, 0, "response", **used), span(2, 0, "generation", **used)]
    sums = figures(TraceRow("t1", "lamp", 0, 100), rows, 100)
    assert (sums.requests, sums.input_tokens, sums.output_tokens) == (2, 20, 10)
    assert (sums.cached_tokens, sums.reasoning_tokens) == (8, 4)


def test_an_open_call_counts_until_the_end(span):
    """A model call that has not ended is model time until now."""
    sums = figures(TraceRow("t1", "lamp", 0), [span(0, kind="response", begin=10, end=None)], 60)
    assert (sums.model_us, sums.idle_us) == (50, 10)


def test_the_end_of_a_trace(span):
    """Its own; now while it runs; the last thing known when its process is gone."""
    rows = [span(0, begin=5, end=20), span(1, begin=30, end=None)]
    assert end_of(TraceRow("t1", "lamp", 0, 77), rows, 1_000, writer_alive=False) == 77
    assert end_of(TraceRow("t1", "lamp", 0), rows, 1_000, writer_alive=True) == 1_000
    assert end_of(TraceRow("t1", "lamp", 0), rows, 1_000, writer_alive=False) == 30
    assert end_of(TraceRow("t1", "lamp", 40), [], 10, writer_alive=False) == 40
    assert end_of(TraceRow("t1", "lamp", 40), [], 10, writer_alive=True) == 40


def test_how_a_span_stands(span):
    """An error says so; without an end it runs only as long as its trace and its process do."""
    running, ended = TraceRow("t1", "lamp", 0), TraceRow("t1", "lamp", 0, 9)
    assert status_of(span(0, error="no", end=None), running, writer_alive=True) == "error"
    assert status_of(span(0), running, writer_alive=True) == "ok"
    assert status_of(span(0, end=None), running, writer_alive=True) == "running"
    assert status_of(span(0, end=None), running, writer_alive=False) == "interrupted"
    assert status_of(span(0, end=None), ended, writer_alive=True) == "interrupted"
    assert status_of(running, running, writer_alive=True) == "running"
    assert status_of(ended, ended, writer_alive=False) == "ok"
