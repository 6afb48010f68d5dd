from __future__ import annotations

from nbagents.tracing.measure.self_time import self_times


def test_only_what_lies_inside_the_parent_is_taken_off(span, record):
    """A child that outlives its parent, or began before it, takes off no more than there is."""
    made = record([span(0, begin=50, end=100), span(1, 0, begin=0, end=60), span(2, 0, begin=150, end=200)])
    assert self_times(made.nodes, 200) == {0: 40, 1: 60, 2: 50}


def test_an_open_span_lasts_until_the_end_of_its_trace(span, record):
    """Its self time is in seconds on the record and in the frame."""
    made = record([span(0, end=None), span(1, 0, begin=0, end=250_000)], end=1_000_000)
    assert [each.self_time for each in made.spans] == [0.75, 0.25]
    assert made.to_frame()["self_time"].tolist() == [0.75, 0.25]
