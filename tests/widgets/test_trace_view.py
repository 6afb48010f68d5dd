"""The kernel's side of the trace view."""

from __future__ import annotations

import json
import threading

import pytest

from nbagents.errors import ConfigError
from nbagents.tracing.colors import COLORS
from nbagents.tracing.record import TraceRecord
from nbagents.tracing.rows import SpanRow, TraceRow
from nbagents.widgets.live import _answer_in_blocked_cells
from nbagents.widgets.trace_view import TraceView

COLUMN_NAME = 5


def rows(message):
    content, buffers = message
    assert content["type"] == "rows"
    return content["reset"], json.loads(buffers[0])


def test_unknown_arguments_are_refused():
    """A misspelled argument is named, with those that exist."""
    with pytest.raises(ConfigError, match="no argument 'expand'; it has: records, store, expanded") as caught:
        TraceView(expand=True)
    assert (caught.value.name, caught.value.value) == ("expand", True)


def test_ready_sends_every_row(open_page, record):
    """A page that starts, or starts again, is sent all there is."""
    page = open_page([record])
    page.view.push([], [SpanRow("t1", 2, "s2", "s0", "function", "late", 50)])
    for _ in range(2):
        ((reset, sent),) = map(rows, page.ask({"type": "ready"}))
        assert reset is True
        assert [span[COLUMN_NAME] for span in sent["spans"]] == ["triage", "lookup", "late"]


def test_push_sends_what_changed_in_one_message(open_page, record):
    """A long run is not sent again for every span of it."""
    page = open_page([record])
    page.view.push([TraceRow("t1", "lamp", 10, 99)], [SpanRow("t1", 1, "s1", "s0", "function", "again", 20, 45)])
    ((reset, sent),) = map(rows, page.received)
    assert reset is False
    assert [span[COLUMN_NAME] for span in sent["spans"]] == ["again"]
    assert [trace[0] for trace in sent["traces"]] == ["t1"]


def test_rows_are_in_no_trait(open_page, record):
    """A saved widget state must stay small: tools that execute notebooks save it."""
    view = open_page([record]).view
    state = {name: value for name, value in view.get_state().items() if name != "_esm"}
    assert "triage" not in str(state)
    assert "plotly" not in str(state)


def test_detail_is_read_from_the_store(open_page, record):
    """The payload of a chosen span comes from the store when it is asked for."""

    class Store:
        def payload(self, trace_id, seq):
            return {"input": f"{trace_id} {seq}", "output": None, "data": None, "error": None}

    page = open_page([record], store=Store())
    ((answer, _),) = page.ask({"type": "detail", "trace_id": "t1", "seq": 1})
    assert answer["fields"]["input"] == {"text": "t1 1", "shown": 4, "total": 4}


def test_failures_are_answered(open_page, record):
    """An exception in a handler reaches the page, with the request it belongs to; it is never lost."""

    class Store:
        def payload(self, trace_id, seq):
            raise LookupError("gone")

    page = open_page([record], store=Store())
    request = {"type": "detail", "trace_id": "t1", "seq": 1}
    ((answer, _),) = page.ask(request)
    assert answer == {"type": "error", "about": request, "text": "LookupError: gone"}
    ((answer, _),) = page.ask({"type": "no such"})
    assert answer["text"] == "KeyError: 'no such'"


def test_plotly_is_sent_as_bytes(open_page):
    """plotly.js travels beside the message, and is the one that the plotly package brings."""
    ((content, (source,)),) = open_page().ask({"type": "plotly"})
    assert content == {"type": "plotly"}
    assert b"plotly.js v" in source[:200]


def test_selected_is_the_chosen_row(open_page, record):
    """What is chosen in the page can be used in the next cell."""
    view = open_page([record]).view
    assert view.selected is None
    view.selection = ["t1", 1]
    assert view.selected == record.rows[1]
    view.selection = ["t1"]
    assert view.selected == record.row
    view.selection = ["t1", 77]
    assert view.selected is None


def test_interrupted_records_are_marked_as_such(open_page, record):
    """A trace whose kernel died is not shown as running."""
    record.row = TraceRow("t1", "lamp", 10)
    record.interrupted = True
    ((_, sent),) = map(rows, open_page([record]).ask({"type": "ready"}))
    assert sent["traces"][0][-1] is True


def test_pushes_and_requests_may_come_on_any_thread(open_page):
    """Rows pushed while a page asks for all of them arrive in an order that loses none."""
    page = open_page()
    started = threading.Barrier(3)

    def push(offset):
        started.wait()
        for n in range(200):
            page.view.push([], [SpanRow("t1", offset + n, f"s{offset + n}", None, "function", "f", n)])

    threads = [threading.Thread(target=push, args=(offset,)) for offset in (0, 1000)]
    for thread in threads:
        thread.start()
    started.wait()
    for _ in range(20):
        page.ask({"type": "ready"})
    for thread in threads:
        thread.join()
    seen = set()
    for reset, sent in map(rows, page.received):
        seen = (set() if reset else seen) | {span[1] for span in sent["spans"]}
    assert seen == {*range(200), *range(1000, 1200)}


def test_requests_stay_on_the_thread_they_were_sent_to():
    """ipykernel 7.4 would move them behind a cell that blocks; kernels without that are left alone."""

    class Comm:
        def _reply_subshell_for(self, data, default):
            return "main"

    comm = Comm()
    _answer_in_blocked_cells(comm)
    assert comm._reply_subshell_for({}, "subshell-1") == "subshell-1"
    plain = object()
    _answer_in_blocked_cells(plain)
    assert not hasattr(plain, "_reply_subshell_for")


def test_colours_are_those_of_the_figures():
    """A type has one colour, in the view as in a plain figure."""
    script = str(TraceView._esm)
    assert {kind: f"--nb-{kind}: {color};" in script for kind, color in COLORS.items()} == dict.fromkeys(
        COLORS, True
    )


def test_display_holds_the_static_form(open_page, record):
    """What a view shows is in the output as HTML and text too, whatever becomes of the kernel."""
    view = open_page([record]).view
    view.push([], [SpanRow("t1", 2, "s2", "s0", "function", "<b>late</b>", 50, 60)])
    data, _metadata = view._repr_mimebundle_()
    assert "lookup" in data["text/plain"]
    assert "&lt;b&gt;late" in data["text/html"]


def test_records_of_the_store_can_be_viewed(open_page, record):
    """A view takes the records that the trace store gives."""
    page = open_page([TraceRecord(record.row, record.rows)])
    ((_, sent),) = map(rows, page.ask({"type": "ready"}))
    assert [span[COLUMN_NAME] for span in sent["spans"]] == ["triage", "lookup"]
