"""What the progress widget sends: numbers as they come, rows when they are asked for, and its static form."""

from __future__ import annotations

import struct

from agents import custom_span, trace
from agents.tracing import get_trace_provider

from nbagents.run.batch.progress import Progress
from nbagents.run.batch.row_result import EndedRow, RowResult
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore
from nbagents.widgets.run.map_progress import MapProgress


def ended(progress, label, seconds, *, error=None, trace_id=None):
    result = RowResult('"<b>blue</b>"', error, 1, seconds, 15, 0.0, trace_id)
    progress.finish(EndedRow(label, f"{label}?", result))


def test_only_what_is_new_is_sent(open_page):
    """A page gets everything once, and then the rows that ended since."""
    progress = Progress("Poet", 3)
    page = open_page(progress, kind=MapProgress)
    ended(progress, "a", 0.5)
    (state, buffers), *_ = page.ask({"type": "ready"})
    assert (state["reset"], state["figures"]["done"], struct.unpack("<2f", buffers[0])) == (True, 1, (0.5, 0.0))
    ended(progress, "b", 2.0, error="LookupError: <i>no</i>")
    page.view.update()
    state, buffers = page.received[-1]
    assert (state["reset"], state["figures"]["failed"], struct.unpack("<2f", buffers[0])) == (False, 1, (2.0, 1.0))
    html, text = page.view.static_forms()
    assert "2 of 3 rows" in text
    assert "<i>" not in html


def test_rows_traces_and_stop(open_page, tmp_path):
    """Rows are sent by kind, a row's trace opens in a view of its own, and the stop button stops."""
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    provider.set_processors([NotebookTracingProcessor(tmp_path / "a.db")])
    with trace("lamp") as lamp, custom_span("step"):
        pass
    provider.set_processors(before)
    progress, stopped = Progress("Poet", 3), []
    page = open_page(
        progress, kind=MapProgress, store=TraceStore(tmp_path / "a.db"), stop=lambda: stopped.append(True)
    )
    for label, seconds, error in (("a", 1.0, None), ("b", 3.0, "no"), ("c", 2.0, None)):
        ended(progress, label, seconds, error=error, trace_id=lamp.trace_id)
    for kind, labels in (("failed", ["b"]), ("slowest", ["b", "c", "a"]), ("newest", ["c", "b", "a"])):
        ((message, _),) = page.ask({"type": "rows", "kind": kind})
        assert [row[0] for row in message["rows"]] == labels
    first, again = (page.ask({"type": "trace", "trace_id": lamp.trace_id})[0][0]["view_id"] for _ in range(2))
    assert first == again
    assert "no trace" in page.ask({"type": "trace", "trace_id": "missing"})[0][0]["text"]
    page.ask({"type": "stop"})
    assert stopped == [True]


def test_a_report_says_how_rows_are_distributed(open_page):
    """Errors that differ in numbers alone are one kind; what an agent said is shown as it said it."""
    progress = Progress("Poet", 4)
    for n, error in enumerate(("no order A-7", "no order A-12", "Error code: 429", None)):
        ended(progress, str(n), 1.0 + n, error=error)
    page = open_page(progress, kind=MapProgress, report=True)
    _, (report, _) = page.ask({"type": "ready"})
    assert sum(rows for _, _, rows in report["latency"]) == 4
    assert report["tokens"] == [(15.0, 15.0, 4)]
    assert report["errors"] == [("no order A-#", 2, "0"), ("Error code: 429", 1, "2")]
    ((message, _),) = page.ask({"type": "rows", "kind": "newest"})
    assert [row[2] for row in message["rows"]][:2] == ["<b>blue</b>", "Error code: 429"]
    assert " open><summary>" in page.view.static_forms()[0]
