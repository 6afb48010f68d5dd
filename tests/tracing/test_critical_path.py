"""The critical path: what the end of a trace was waiting for."""

from __future__ import annotations

import random

import pytest

from nbagents.tracing.capture.rows import SpanRow
from nbagents.tracing.measure.critical_path import critical_path


def path(record):
    """The path as (name, start, end), the trace's own stretches without a name."""
    steps = critical_path(record.row, record.nodes, record.end_us)
    return [(step.node.span.name if step.node else None, step.start_us, step.end_us) for step in steps]


def test_of_parallel_children_the_last_to_end_counts(span, record):
    """A fast tool beside a slow one was not waited for."""
    spans = [
        span(0, kind="agent", name="a", end=100),
        span(1, 0, name="fast", begin=10, end=40),
        span(2, 0, name="slow", begin=10, end=80),
    ]
    assert path(record(spans, end=100)) == [("a", 0, 10), ("slow", 10, 80), ("a", 80, 100)]


def test_a_child_that_followed_another_is_traced_back_to_it(span, record):
    """What ended just when the next began is what that needed, not what still ran beside both."""
    spans = [
        span(0, name="first", begin=0, end=50),
        span(1, name="beside", begin=0, end=70),
        span(2, name="next", begin=50, end=100),
    ]
    assert path(record(spans, end=100)) == [("first", 0, 50), ("next", 50, 100)]


def test_what_overlaps_is_followed_until_the_next_began(span, record):
    """Of two that overlap, the earlier one counts up to where the later one began."""
    spans = [span(0, name="a", begin=0, end=60), span(1, name="b", begin=40, end=100)]
    assert path(record(spans, end=100)) == [("a", 0, 40), ("b", 40, 100)]


def test_gaps_belong_to_the_parent_and_else_to_the_trace(span, record):
    """Between two children the parent itself was waited for; where nothing was open, the trace."""
    spans = [
        span(0, kind="agent", name="a", begin=10, end=60),
        span(1, 0, name="x", begin=20, end=30),
        span(2, name="y", begin=80, end=90),
    ]
    assert path(record(spans, end=100)) == [
        (None, 0, 10),
        ("a", 10, 20),
        ("x", 20, 30),
        ("a", 30, 60),
        (None, 60, 80),
        ("y", 80, 90),
        (None, 90, 100),
    ]


def test_work_left_running_by_a_parent_that_ended_counts(span, record):
    """A background task is on the path after its parent ended; the wait before it is nobody's."""
    spans = [span(0, kind="agent", name="a", end=50), span(1, 0, name="later", begin=70, end=100)]
    assert path(record(spans, end=100)) == [("a", 0, 50), (None, 50, 70), ("later", 70, 100)]


@pytest.mark.parametrize("alive", [True, False])
def test_open_spans_last_as_long_as_the_trace(alive, span, record):
    """A span that runs, or was interrupted, is waited for until the end that is known."""
    spans = [span(0, kind="agent", name="a", end=None), span(1, 0, name="open", begin=20, end=None)]
    made = record([*spans, span(2, name="done", begin=0, end=90)], end=None, alive=alive)
    assert path(made)[-1][0] == "open"
    assert path(made)[-1][2] == made.end_us


def test_the_frame_has_each_span_once_with_its_share(span, record):
    """A row for each span, in the order in which they were first waited for; shares sum to one."""
    spans = [
        span(0, kind="agent", name="a", begin=0, end=800_000),
        span(1, 0, name="tool", begin=200_000, end=600_000, agent="a"),
    ]
    frame = record(spans).critical_path()
    assert frame["name"].tolist() == ["a", "tool", "lamp"]
    assert frame["type"].tolist() == ["agent", "function", "trace"]
    assert frame["own"].tolist() == [0.4, 0.4, 0.2]
    assert frame["share"].sum() == pytest.approx(1)
    assert frame["seq"].isna().tolist() == [False, False, True]


def test_nothing_is_an_empty_frame_of_the_same_types(span, record):
    """A trace that took no time has no path; the columns stay."""
    empty = record([], end=0).critical_path()
    full = record([span(0)]).critical_path()
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)


def random_spans(rng, count):
    """Spans of any shape: nested, parallel, apart, outliving their parent, open, without length, begun early."""
    spans = []
    for seq in range(count):
        parent = rng.choice([None, *range(seq)]) if seq else None
        begin = rng.randrange(-20, 200)
        end = None if rng.random() < 0.1 else (begin + rng.choice([0, rng.randrange(150)])) or 1
        parent_id = None if parent is None else f"s{parent}"
        spans.append(SpanRow("t1", seq, f"s{seq}", parent_id, "function", f"f{seq}", begin, end))
    return spans


@pytest.mark.parametrize("seed", range(300))
def test_the_path_covers_the_whole_trace_exactly(seed, record):
    """Whatever the spans: no gap, no overlap, only spans that were open, and shares that sum to the total."""
    rng = random.Random(seed)
    made = record(random_spans(rng, rng.randrange(1, 25)), end=180)
    steps = critical_path(made.row, made.nodes, made.end_us)
    assert [step.start_us for step in steps] == [0, *(step.end_us for step in steps[:-1])]
    assert steps[-1].end_us == 180
    assert all(step.start_us < step.end_us for step in steps)
    for step in steps:
        if step.node:
            assert step.node.span.started_us <= step.start_us
            assert step.end_us <= (180 if step.node.span.ended_us is None else step.node.span.ended_us)
    frame = made.critical_path()
    assert round(frame["own"].sum() * 1e6) == 180
    assert frame["share"].sum() == pytest.approx(1)


def nested_spans(rng, count):
    """Spans that lie inside their parents, as those of code with `with` do; siblings may overlap."""
    spans = [SpanRow("t1", 0, "s0", None, "agent", "f0", 1, 180)]
    for seq in range(1, count):
        parent = rng.choice(spans)
        begin, end = sorted(rng.choices(range(parent.started_us, parent.ended_us + 1), k=2))
        spans.append(SpanRow("t1", seq, f"s{seq}", parent.span_id, "function", f"f{seq}", begin, end))
    return spans


@pytest.mark.parametrize("seed", range(100))
def test_time_is_a_childs_while_one_is_open(seed, record):
    """No moment is a span's own while a child of it was open: that child was what it waited for."""
    rng = random.Random(seed)
    made = record(nested_spans(rng, rng.randrange(2, 15)), end=180)
    for step in critical_path(made.row, made.nodes, made.end_us):
        mine = step.node.span.span_id if step.node else None
        children = [row for row in made.rows if mine and row.parent_id == mine]
        assert all(min(c.ended_us, step.end_us) <= max(c.started_us, step.start_us) for c in children)


def test_a_hundred_thousand_spans_in_one_row_or_one_line(record):
    """Neither very wide nor very deep trees are too much: nothing is recursive or quadratic."""
    count = 100_000
    wide = [SpanRow("t1", n, f"s{n}", None, "function", "f", n, n + 3) for n in range(count)]
    assert len(path(record(wide, end=count + 2))) > count / 4
    deep = [
        SpanRow("t1", n, f"s{n}", f"s{n - 1}" if n else None, "custom", "c", n, 2 * count - n)
        for n in range(count)
    ]
    assert len(path(record(deep, end=2 * count))) == 2 * count - 1
