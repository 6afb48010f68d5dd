"""A trace as one reads it: spans, sums, states, payloads."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from nbagents.tracing.capture.rows import TraceRow
from nbagents.tracing.record import TraceRecord, Usage, moment


class Counting:
    """A store that counts how often it is read."""

    def __init__(self):
        self.asked = []

    def payload(self, trace_id, seq):
        self.asked.append((trace_id, seq))
        return {"input": "in", "output": ["out"], "data": None, "error": None}


def test_usage_is_what_the_model_calls_used(span, record):
    """The sums have the names and the meaning of the SDK's own usage."""
    used = {"input_tokens": 10, "output_tokens": 4, "cached_tokens": 3, "reasoning_tokens": 2}
    spans = [span(0, kind="task", **used), span(1, 0, "response", **used), span(2, 0, "generation")]
    assert record(spans).usage == Usage(2, 10, 4, 14, 3, 2)


def test_a_payload_is_read_once_and_only_when_asked_for(span, record):
    """A list of traces costs no payloads; a span that is looked at twice is read once."""
    store = Counting()
    made = record([span(0), span(1)], store=store)
    assert repr(made.spans)
    assert made.to_frame().shape[0] == 2
    assert store.asked == []
    second = made.spans[1]
    assert (second.input, second.output, second.data) == ("in", ["out"], {})
    assert store.asked == [("t1", 1)]


def test_without_a_store_payloads_are_empty(span, record):
    """A record of rows alone can be shown too."""
    (only,) = record([span(0)]).spans
    assert (only.payload, only.input, only.output, only.data) == ({}, None, None, {})


def test_a_span_has_the_fields_of_its_row(span, record):
    """What the row has can be read from the span; what nobody has is an attribute error with its name."""
    (only,) = record([span(0, name="lookup", agent="triage", model="m")]).spans
    assert (only.name, only.agent, only.model, only.seq) == ("lookup", "triage", "m", 0)
    with pytest.raises(AttributeError, match="colour"):
        _ = only.colour
    assert copy.copy(only).name == "lookup"


def test_times_are_aware_and_durations_seconds(span, record):
    """Everything is UTC; a span without an end lasts until its trace ended."""
    made = record([span(0, begin=0, end=1_500_000), span(1, begin=250_000, end=None)], end=2_000_000)
    first, second = made.spans
    assert first.started_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert first.ended_at == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert (first.duration, second.duration, second.ended_at) == (1.5, 1.75, None)
    assert moment(1_787_327_671_123_457) == datetime(2026, 8, 21, 15, 54, 31, 123_457, tzinfo=UTC)
    assert (made.started_at, made.duration) == (first.started_at, 2.0)
    assert made.ended_at == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


def test_how_a_trace_stands(span, record):
    """A failed span makes its trace failed; one without an end runs, or was interrupted."""
    assert record([span(0)]).status == "ok"
    assert record([span(0, error="no")]).status == "error"
    assert record([span(0)], end=None, alive=True).status == "running"
    gone = record([span(0, end=None)], end=None)
    assert (gone.status, gone.interrupted, gone.spans[0].status) == ("interrupted", True, "interrupted")


def test_an_interrupted_trace_lasts_until_the_last_thing_known(span, record):
    """Not until now, which may be days later."""
    spans = [span(0, begin=0, end=None), span(1, begin=10, end=700_000)]
    assert record(spans, end=None).duration == 0.7


def test_metadata_and_group(span, record):
    """What was given to the trace comes back; nothing is an empty dictionary."""
    made = record([], metadata='{"customer": {"name": "Ada"}}', group_id="g")
    assert (made.metadata, made.group_id) == ({"customer": {"name": "Ada"}}, "g")
    assert record([]).metadata == {}


def test_a_line_says_all(span, record):
    """What a list of records shows."""
    spans = [
        span(0, kind="response", name="gpt", end=500_000, input_tokens=1000, output_tokens=2),
        span(1, error="x"),
    ]
    made = record(spans)
    assert repr(made) == "<TraceRecord lamp  1.00 s  2 spans  1,002 tokens  1 error>"
    assert repr(made.spans[0]) == "<SpanRecord response 'gpt', 0.50 s, ok>"


def test_rows_are_in_the_order_of_starting_spans_in_that_of_the_tree(span):
    """Both are kept apart: the widget takes rows, a person reads spans."""
    made = TraceRecord(TraceRow("t1", "lamp", 0, 9), [span(2, 0), span(0), span(1)])
    assert [row.seq for row in made.rows] == [0, 1, 2]
    assert [(each.seq, each.depth) for each in made.spans] == [(0, 0), (2, 1), (1, 0)]


def test_frames_of_spans_keep_their_types_without_rows(span, record):
    """A trace that has only begun has the same columns as one that is full."""
    full = record([span(0, kind="response", input_tokens=3), span(1, end=None)], end=None, alive=True).to_frame()
    empty = record([]).to_frame()
    assert list(empty.columns) == list(full.columns)
    assert empty.dtypes.equals(full.dtypes)
    assert full["status"].tolist() == ["ok", "running"]
    assert full["input_tokens"].sum() == 3
    assert full["ended_at"].isna().tolist() == [False, True]
