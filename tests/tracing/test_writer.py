"""The writer thread: whatever the file does, it lives, says so once, and loses as little as can be."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import warnings

import pytest
from agents import custom_span, trace

from nbagents.tracing.capture import queue_writer
from nbagents.tracing.capture.events import SpanEnded, SpanStarted, TraceStarted
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.queue_writer import TraceWarning
from nbagents.tracing.capture.writer import TraceWriter, flush, writer_of

MOMENT = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def writer(path):
    return TraceWriter(path)


def put(writer, *names, trace_id="t"):
    writer.put(TraceStarted(trace_id, "run", MOMENT, None, None, None))
    for name in names:
        begun = SpanStarted(trace_id, name, None, "custom", name, MOMENT)
        writer.put(begun)
        writer.put(SpanEnded(*begun, MOMENT, None, (None,) * 4, None, "{}"))


def names(store):
    return [span.name for record in store.records() for span in record.spans]


def test_there_is_one_writer_of_a_file(tmp_path, monkeypatch):
    """Two ways to name a file are one file, so one thread writes it."""
    (tmp_path / "folder").mkdir()
    assert writer_of(tmp_path / "lamp.db") is writer_of(tmp_path / "folder" / ".." / "lamp.db")
    assert flush(tmp_path / "nobody wrote this.db", 0) is True


def test_observers_are_told_after_the_rows_are_in_the_file(writer, path, store):
    """What a display reads when it is told is what it was told of."""
    seen = []

    class Observer:
        def trace_started(self, trace_id, name):
            return None

        def committed(self, traces, spans):
            with sqlite3.connect(path) as connection:
                (stored,) = connection.execute("SELECT count(*) FROM nb_spans").fetchone()
            connection.close()
            seen.append((stored, [span.name for span in spans]))

    writer.observers = (Observer(),)
    put(writer, "a", "b")
    writer.flush()
    told = [name for _, names in seen for name in names]
    assert told == ["a", "b"]
    assert seen[-1][0] == 2


def test_one_row_that_cannot_be_stored_leaves_its_neighbours(writer, store):
    """A row that SQLite refuses is left out and named; the rest of its batch is written."""
    with pytest.warns(TraceWarning, match="of trace 't' cannot be stored and is lost") as caught:
        writer.put(SpanStarted("t", None, None, "custom", "nameless", MOMENT))
        put(writer, "kept")
        put(writer, "half \ud83d", "kept too")
        writer.flush()
    assert sorted(names(store)) == ["kept", "kept too"]
    assert len(caught) == 1


def test_a_warning_that_is_made_an_error_does_not_end_the_thread(writer, path, store):
    """`-W error` is a filter for the user's code; traces are still written after."""
    path.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        put(writer, "early")
        assert writer.flush(60) is False
    path.rmdir()
    put(writer, "late")
    writer.flush()
    assert names(store) == ["early", "late"]


def test_an_event_that_cannot_be_read_is_left_out(writer, store):
    """A time that is none costs one span, and is said."""
    with pytest.warns(TraceWarning, match="could not be read and is lost"):
        writer.put(SpanStarted("t", "a", None, "custom", "a", "yesterday"))
        put(writer, "kept")
        writer.flush()
    assert names(store) == ["kept"]


def test_what_waits_in_memory_is_bounded(writer, path, monkeypatch, store):
    """A file that stays away does not fill the memory: the oldest spans go, and it is said how many."""
    monkeypatch.setattr(queue_writer, "MAX_UNWRITTEN", 10)
    path.mkdir()
    with pytest.warns(TraceWarning, match=r"9 spans were dropped\. The newest are kept in memory and tried again"):
        put(writer, *(f"span {n}" for n in range(18)))
        writer.flush()
    path.rmdir()
    assert writer.flush()
    assert names(store) == [f"span {n}" for n in range(9, 18)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_full_disk_costs_one_warning_and_no_run(path, store):
    """While nothing more can be written the run goes on; with room again, everything is written."""
    code = """
import resource, signal, sys, warnings
from agents import custom_span, trace
from agents.tracing import set_trace_processors
from nbagents.tracing.capture.processor import NotebookTracingProcessor
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
warnings.simplefilter("always")
processor = NotebookTracingProcessor("lamp.nbagents.db")
set_trace_processors([processor])
def run(name):
    with trace(name):
        for number in range(20):
            with custom_span(f"step {number}", {"text": "x" * 50_000}):
                pass
    processor.force_flush()
run("before")
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))
run("full")
run("full still")
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
run("after")
print("done")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=path.parent, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.stdout == "done\n", result.stderr
    assert result.stderr.count("TraceWarning: ") == 1
    assert {record.name: len(record.spans) for record in store.records()} == {
        "before": 20,
        "full": 20,
        "full still": 20,
        "after": 20,
    }


def test_a_run_never_waits_for_the_disk(processor, path, store):
    """While another program holds the file, and nothing can be written, a run goes on to its end."""
    with trace("before"):
        pass
    store.flush()
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    with trace("run"):
        for number in range(500):
            with custom_span(f"step {number}", {"text": "a lamp, " * 100}):
                pass
    assert holder.execute("SELECT count(*) FROM nb_spans").fetchone() == (0,)
    holder.rollback()
    holder.close()
    assert len(store.last().spans) == 500


def test_two_processors_are_one_writer(path, only, store):
    """A second processor for the same file, after a reload of the extension, writes nothing twice."""
    first, second = NotebookTracingProcessor(path), NotebookTracingProcessor(path)
    only(first, second)
    with trace("run"), custom_span("outer"), custom_span("inner"):
        pass
    assert names(store) == ["outer", "inner"]
    first.shutdown()
    second.shutdown()
