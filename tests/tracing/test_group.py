"""Traces of one group on one time axis."""

from __future__ import annotations

import pytest
from agents import custom_span, trace

from nbagents import traces
from nbagents._sqlite import set_default_path
from nbagents.errors import TraceNotFoundError
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.group import TraceGroup
from nbagents.tracing.record import TraceRecord


@pytest.fixture
def group():
    """Two traces of one second each, the second a second after the first one's end."""

    def one(name, begin):
        spans = [
            SpanRow(name, 0, "a", None, "agent", "triage", begin, begin + 1_000_000, agent="triage"),
            SpanRow(name, 1, "b", "a", "function", "lookup", begin, begin + 500_000, agent="triage"),
        ]
        return TraceRecord(TraceRow(name, name, begin, begin + 1_000_000), spans)

    return TraceGroup([one("second", 2_000_000), one("first", 0)], "g")


def test_traces_of_a_group(processor, store, path):
    """`group_id` selects; the group holds them in the order they ran; another id names itself."""
    for name, group_id in (("a", "g"), ("b", "other"), ("c", "g")):
        with trace(name, group_id=group_id), custom_span("step"):
            pass
    assert list(store.traces(group_id="g")["name"]) == ["c", "a"]
    assert list(store.traces(1, group_id="g")["name"]) == ["c"]
    assert [record.name for record in store.group("g").records] == ["a", "c"]
    with pytest.raises(TraceNotFoundError, match="no trace of group 'nope'"):
        store.group("nope")
    set_default_path(path)
    assert list(traces(group_id="other")["name"]) == ["b"]


def test_a_group_has_one_time_axis(group):
    """Each trace is a row of its own with its spans under it, at its own time."""
    figure = group.gantt()
    bars = sorted((row, base) for t in figure.data for row, base in zip(t.y, t.base, strict=True))
    assert bars == [(0, 0), (1, 0), (2, 0), (3, 2), (4, 2), (5, 2)]
    labels = [label.strip("\u00a0") for label in figure.layout.yaxis.ticktext]
    assert labels == ["first", "triage", "lookup", "second", "triage", "lookup"]
    assert "g · 3.00 s" in figure.layout.title.text


def test_a_groups_frame_and_summary_are_those_of_all_its_traces(group):
    """Spans of all, told apart by the trace's id; figures over all."""
    frame = group.to_frame()
    assert frame["trace_id"].tolist() == ["first", "first", "second", "second"]
    counts = group.summary().set_index("name")["count"]
    assert counts.to_dict() == {"triage": 2, "lookup": 2}
    assert (group.duration, len(group), group.errors) == (3.0, 2, 0)


def test_the_gap_between_traces_can_be_folded(group):
    """The second in which nothing ran is drawn narrow, and its true length is written on it."""
    figure = group.gantt(fold_idle=True)
    assert any("1.50 s" in note.text for note in figure.layout.annotations)
    starts = {base for t in figure.data for base in t.base}
    assert max(starts) < 1


def test_a_group_says_what_it_is(group):
    """A line, and the static display of all its traces; an empty one can be looked at too."""
    assert repr(group) == "<TraceGroup 2 traces  3.00 s  4 spans>"
    assert set(group._repr_mimebundle_()) == {"text/html", "text/plain"}
    empty = TraceGroup([])
    assert (empty.duration, empty.started_at, len(empty.to_frame())) == (0.0, None, 0)
    assert len(empty.gantt().data) == 0


def test_a_limit_is_shared_by_the_traces(group):
    """No more bars for spans than asked for, and what is left out is said."""
    figure = group.gantt(limit=2)
    assert "showing 2 of 4 spans" in figure.layout.title.text
