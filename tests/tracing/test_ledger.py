"""Events into rows: order, late comers, what the file already has."""

from __future__ import annotations

import pytest

from nbagents.tracing.capture.events import SpanEnded, SpanStarted, TraceEnded, TraceStarted, microseconds
from nbagents.tracing.capture.ledger import Batch, Known, Ledger
from nbagents.tracing.capture.rows import TraceRow

NOBODY = (None, None, None, None)


def at(number):
    return f"2026-01-01T00:00:{number:02d}.000000+00:00"


def us(number):
    return microseconds(at(number))


def started(span_id, parent=None, kind="custom", name=None, moment=1):
    return SpanStarted("t", span_id, parent, kind, name or span_id, at(moment))


def ended(begun, moment=2, **more):
    rest = {"model": None, "tokens": NOBODY, "error": None, "payload": '{"input":1}'}
    return SpanEnded(*begun, at(moment), **rest)._replace(**more)


@pytest.fixture
def file():
    """What the file knows, by trace id."""
    return {}


@pytest.fixture
def ledger(file):
    return Ledger("here:1:0", lambda trace_id: file.get(trace_id, Known()))


def take(ledger, *events):
    batch = Batch()
    for event in events:
        ledger.take(event, batch)
    return batch


TRACE = TraceStarted("t", "lamp", at(0), "group", '{"a":1}', "cell-1")


def test_seq_is_the_order_of_starting(ledger):
    """Parent and child share a time, and spans end in any order: the queue's order decides."""
    a, b, c = started("a"), started("b", "a"), started("c", "b")
    batch = take(ledger, TRACE, a, b, c, ended(b), ended(c), ended(a))
    assert [(seq, row.span_id) for (_, seq), row in sorted(batch.spans.items())] == [(0, "a"), (1, "b"), (2, "c")]


def test_of_several_states_of_a_row_only_the_newest_is_written(ledger):
    """A span that starts and ends before the next commit is one row, with its payload."""
    begun = started("a")
    batch = take(ledger, TRACE, begun, ended(begun, name="better", tokens=(1, 2, 3, 4), model="m", error="no"))
    row = batch.spans["t", 0]
    assert (row.name, row.started_us, row.ended_us, row.model, row.error) == ("better", us(1), us(2), "m", "no")
    assert (row.input_tokens, row.output_tokens, row.cached_tokens, row.reasoning_tokens) == (1, 2, 3, 4)
    assert batch.payloads == {("t", 0): '{"input":1}'}
    assert len(batch) == 2


def test_a_start_is_a_row_before_the_end(ledger):
    """A running span can be seen, without a payload; its end keeps its place."""
    begun = started("a")
    first = take(ledger, TRACE, begun, started("b"))
    assert first.spans["t", 0].ended_us is None
    assert first.payloads == {}
    assert list(take(ledger, ended(begun)).spans) == [("t", 0)]


def test_an_end_without_a_start_is_a_whole_span(ledger):
    """A processor added in the middle of a run sees ends only."""
    batch = take(ledger, ended(started("a", "gone", "function", "lookup")))
    row = batch.spans["t", 0]
    assert (row.parent_id, row.type, row.name) == ("gone", "function", "lookup")
    assert (row.started_us, row.ended_us) == (us(1), us(2))
    assert batch.traces["t"].started_us == us(1)
    assert batch.traces["t"].writer == "here:1:0"


def test_an_end_without_a_name_keeps_the_first_one(ledger):
    """Span data that cannot be read at the end does not take the name away."""
    begun = started("a", name="lookup")
    event = ended(begun)._replace(name="")
    assert take(ledger, TRACE, begun, event).spans["t", 0].name == "lookup"


def test_a_resumed_trace_goes_on_where_the_file_left_it(file, ledger):
    """Numbering, first start, group, metadata and cell of the first run stay; the end is open again."""
    old = TraceRow("t", "lamp", us(0), us(5), "group", '{"a":1}', "cell-1", "gone:1:0")
    file["t"] = Known(old, next_seq=7)
    batch = take(ledger, TraceStarted("t", "lamp", at(30), None, None, "cell-2"), started("z", moment=31))
    assert list(batch.spans) == [("t", 7)]
    assert batch.traces["t"] == old._replace(ended_us=None, writer="here:1:0")


def test_a_trace_may_end_before_its_spans(ledger):
    """A task that outlives its trace still completes its span, in the same place."""
    begun = started("a")
    batch = take(ledger, TRACE, begun, TraceEnded("t", "lamp", at(3)), ended(begun, moment=9))
    assert list(batch.spans) == [("t", 0)]
    assert batch.spans["t", 0].ended_us == us(9)
    assert batch.traces["t"].ended_us == us(3)


def test_a_span_knows_the_agent_it_ran_under(ledger):
    """The nearest agent above it, through turns, as it is known when the span starts."""
    events = [
        TRACE,
        started("a", kind="agent", name="triage"),
        started("turn", "a", "turn"),
        started("call", "turn", "function"),
        started("inner", "call", "agent", "refunds"),
        started("deep", "inner", "response"),
        started("free"),
    ]
    agents = {row.span_id: row.agent for row in take(ledger, *events).spans.values()}
    assert agents == {
        "a": "triage",
        "turn": "triage",
        "call": "triage",
        "inner": "refunds",
        "deep": "refunds",
        "free": None,
    }


def test_a_trace_without_a_name_at_its_end_keeps_its_name(ledger):
    """The end completes the row; it does not start it anew."""
    row = take(ledger, TRACE, TraceEnded("t", "", at(3))).traces["t"]
    assert row == TraceRow("t", "lamp", us(0), us(3), "group", '{"a":1}', "cell-1", "here:1:0")


def test_what_has_ended_is_forgotten_in_time(ledger):
    """A kernel that runs for days does not remember every trace."""
    for number in range(1_000):
        trace_id = f"t{number}"
        begun = SpanStarted(trace_id, "a", None, "custom", "a", at(1))
        done = SpanEnded(*begun, at(2), None, NOBODY, None, "{}")
        take(ledger, TRACE._replace(trace_id=trace_id), begun, done, TraceEnded(trace_id, "x", at(3)))
    assert len(ledger._open) < 500


def test_huge_traces_are_forgotten_sooner(ledger, monkeypatch):
    """What is remembered is bounded in spans too, not in traces alone."""
    monkeypatch.setattr("nbagents.tracing.capture.ledger._REMEMBERED_SPANS", 10)
    for trace_id in ("one", "two", "three"):
        batch = Batch()
        ledger.take(TRACE._replace(trace_id=trace_id), batch)
        for number in range(6):
            begun = started(f"{trace_id} {number}")._replace(trace_id=trace_id)
            ledger.take(ended(begun), batch)
        ledger.take(TraceEnded(trace_id, "x", at(3)), batch)
    assert list(ledger._open) == ["three"]


def test_a_trace_that_began_again_is_not_forgotten(ledger):
    """A trace id used again stays open, however many other traces end meanwhile."""
    begun = started("late")
    take(ledger, TRACE, TraceEnded("t", "lamp", at(1)), TRACE, begun)
    for number in range(600):
        trace_id = f"t{number}"
        take(ledger, TRACE._replace(trace_id=trace_id), TraceEnded(trace_id, "x", at(3)))
    assert list(take(ledger, ended(begun)).spans) == [("t", 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00.000001+00:00", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01", 1_000_000),
        ("2026-08-21T15:54:31.123457+00:00", 1_787_327_671_123_457),
        ("2199-12-31T23:59:59.999999+00:00", 7_258_118_399_999_999),
    ],
)
def test_moments_are_whole_microseconds(text, expected):
    """No microsecond is lost to a float; a moment without a zone is UTC."""
    assert microseconds(text) == expected
