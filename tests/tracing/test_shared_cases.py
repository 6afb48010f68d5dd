"""What the page works out by itself, on the cases that its own tests use (``tests/js``)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbagents.tracing.measure.idle import busy, gaps
from nbagents.tracing.measure.lanes import lanes
from nbagents.tracing.measure.self_time import self_times

CASES = json.loads(Path(__file__).with_name("cases.json").read_text())


def named(key):
    return pytest.mark.parametrize("case", CASES[key], ids=[case["about"] for case in CASES[key]])


@named("self")
def test_self_times(span, record, case):
    """The page's self times are those of the frame."""
    spans = [span(seq, parent, kind, begin=begin, end=end) for seq, parent, kind, begin, end in case["spans"]]
    assert self_times(record(spans).nodes, 150) == dict(enumerate(case["own"]))


@named("idle")
def test_idle_gaps(span, record, case):
    """The page folds the gaps that the kernel's figure folds."""
    spans = [span(seq, parent, kind, begin=begin, end=end) for seq, parent, kind, begin, end in case["spans"]]
    nodes = record(spans).nodes
    found = gaps(busy(nodes, case["end"]), case["start"], case["end"])
    assert [list(gap) for gap in found] == case["gaps"]


@named("lanes")
def test_lanes(span, record, case):
    """The page's swimlanes are those of the kernel's figure."""
    spans = [
        span(seq, parent, kind, begin=begin, end=end, agent=agent)
        for seq, parent, kind, agent, begin, end in case["spans"]
    ]
    drawn = lanes([record(spans)], case["by"], 100)
    rows = [[label, []] for label, _ in drawn.labels]
    for bar in sorted(drawn.bars, key=lambda bar: bar.span.started_us):
        rows[bar.row][1].append(bar.span.seq)
    assert rows == case["rows"]
