"""A file of traces, a processor that writes to it and nothing else, and rows that were never run."""

from __future__ import annotations

import pytest
from agents.tracing import get_trace_provider

from nbagents.tracing.capture.process import this_process
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.record import TraceRecord
from nbagents.tracing.stored.store import TraceStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lamp.nbagents.db"


@pytest.fixture
def store(path):
    return TraceStore(path)


@pytest.fixture(autouse=True)
def only():
    """Make processors the only ones; at first there is none, and what was there comes back at the end."""
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    provider.set_processors([])
    yield lambda *processors: provider.set_processors(list(processors))
    provider.set_processors(before)


@pytest.fixture
def processor(path, only):
    """Ours, and no other: nothing goes to a server."""
    processor = NotebookTracingProcessor(path)
    only(processor)
    yield processor
    processor.shutdown()


@pytest.fixture
def raw(path, store):
    """Read every byte that is on disk, the write-ahead log among them."""

    def read():
        store.flush()
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    return read


@pytest.fixture
def span():
    """Make a span's row; times in microseconds after the trace's start."""

    def make(seq, parent=None, kind="function", name=None, *, begin=0, end=10, **more):
        parent_id = None if parent is None else f"s{parent}"
        return SpanRow("t1", seq, f"s{seq}", parent_id, kind, name or f"{kind} {seq}", begin, end, **more)

    return make


@pytest.fixture
def record():
    """Make a trace from span rows: ended, or of this process, or of one that is gone."""

    def make(spans, *, end=1_000_000, name="lamp", alive=False, store=None, **more):
        writer = this_process() if alive else "gone:1:0"
        return TraceRecord(TraceRow("t1", name, 0, end, writer=writer, **more), spans, store)

    return make
