"""A view of a trace that still runs goes on with it."""

from __future__ import annotations

import threading

import pytest
from agents.tracing import custom_span, get_trace_provider, trace

from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.writer import flush
from nbagents.tracing.stored.store import TraceStore

WAIT_S = 30


@pytest.fixture
def store(tmp_path):
    """A store that this process's traces, and no others, are written to."""
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    processor = NotebookTracingProcessor(tmp_path / "lamp.db")
    provider.set_processors([processor])
    yield TraceStore(tmp_path / "lamp.db")
    provider.set_processors(before)
    processor.shutdown()


def ended(view, *, count):
    records = view.records
    return records[0].row.ended_us is not None and len(records[0].rows) == count


def followers():
    return [thread for thread in threading.enumerate() if thread.name == "nbagents-follow"]


def test_what_happens_after_the_view_was_made_is_in_it(store):
    """Spans come and end, and the trace ends; then nothing goes on reading."""
    with trace("lamp"):
        with custom_span("first"):
            view = store.last().view()
            messages = threading.Semaphore(0)
            view.send = lambda *_: messages.release()
            (thread,) = followers()
        with custom_span("second"):
            pass
    while not ended(view, count=2):
        assert messages.acquire(timeout=WAIT_S)
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert [span.row.name for span in view.records[0].spans] == ["first", "second"]
    view.close()


def test_a_closed_view_is_not_followed(store):
    """Nobody looks any more: reading ends with the next state."""
    with trace("lamp"), custom_span("first"):
        view = store.last().view()
        (thread,) = followers()
        view.close()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def test_a_trace_that_is_deleted_is_followed_no_more(store):
    """The thread ends; it does not die of what is not there."""
    with trace("lamp"), custom_span("first"):
        view = store.last().view()
        (thread,) = followers()
        flush(store.path)
        with store.writing() as connection:
            connection.execute("DELETE FROM nb_traces")
        thread.join(WAIT_S)
        assert not thread.is_alive()
    view.close()


def test_a_trace_that_has_ended_is_not_read_again(store):
    """There is nothing to wait for."""
    with trace("lamp"), custom_span("first"):
        pass
    view = store.last().view()
    assert followers() == []
    view.close()
