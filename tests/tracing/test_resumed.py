"""Traces that come twice: resumed runs, ids used again, two processors on one file."""

from __future__ import annotations

import itertools

import pytest

from nbagents.tracing.capture.events import SpanEnded, SpanStarted, TraceEnded, TraceStarted
from nbagents.tracing.capture.ledger import Batch, Known, Ledger

PAYLOAD = "{}"
clock = itertools.count()


def moment():
    return f"2026-01-01T00:00:00.{next(clock):06d}+00:00"


@pytest.fixture
def ledger():
    """A ledger beside a file that never has anything yet, as while rows wait to be written."""
    return Ledger("here:1:0", lambda _trace_id: Known())


def run(ledger, batch, *, spans=("a",), trace_id="t", ended=True):
    ledger.take(TraceStarted(trace_id, "run", moment(), None, None, None), batch)
    for name in spans:
        span(ledger, batch, name, trace_id)
    if ended:
        ledger.take(TraceEnded(trace_id, "run", moment()), batch)


def span(ledger, batch, span_id, trace_id="t"):
    begun = SpanStarted(trace_id, span_id, None, "custom", span_id, moment())
    ledger.take(begun, batch)
    ledger.take(SpanEnded(*begun, moment(), None, (None,) * 4, None, PAYLOAD), batch)


def test_a_trace_id_used_again_adds_spans(ledger):
    """Two runs under one trace id are one trace with the spans of both, also before the first is written."""
    batch = Batch()
    run(ledger, batch, spans=("a", "b"))
    run(ledger, batch, spans=("c", "d"))
    assert sorted(batch.spans) == [("t", n) for n in range(4)]
    assert len(batch.traces) == 1


def test_a_span_after_its_traces_end_is_kept_and_ends_the_trace_again(ledger):
    """A resumed run tells of no end of its own: the trace ends with its last span."""
    batch = Batch()
    run(ledger, batch)
    first_end = batch.traces["t"].ended_us
    span(ledger, batch, "late")
    assert sorted(batch.spans) == [("t", 0), ("t", 1)]
    assert batch.traces["t"].ended_us > first_end


def test_a_trace_from_the_file_goes_on_where_it_was():
    """A run resumed in another process continues the numbering of the file."""
    batch = Batch()
    first = Ledger("here:1:0", lambda _trace_id: Known())
    run(first, batch, spans=("a", "b"))
    known = Known(batch.traces["t"], 2)
    again = Batch()
    span(Ledger("here:2:0", lambda _trace_id: known), again, "c")
    assert list(again.spans) == [("t", 2)]
    assert again.traces["t"].ended_us is not None


def test_one_span_id_in_two_traces_is_two_spans(ledger):
    """A span id is the user's to choose."""
    batch = Batch()
    run(ledger, batch, spans=("same",), trace_id="t1")
    run(ledger, batch, spans=("same",), trace_id="t2")
    assert sorted(batch.spans) == [("t1", 0), ("t2", 0)]
    assert set(batch.payloads) == set(batch.spans)


def test_what_two_processors_tell_is_stored_once(ledger):
    """A second processor on the same file, after an autoreload say, adds no rows."""
    batch = Batch()
    begun = SpanStarted("t", "a", None, "custom", "a", moment())
    ended = SpanEnded(*begun, moment(), None, (None,) * 4, None, PAYLOAD)
    for event in (begun, begun, ended, ended):
        ledger.take(event, batch)
    assert list(batch.spans) == [("t", 0)]
    assert batch.spans["t", 0].ended_us is not None
