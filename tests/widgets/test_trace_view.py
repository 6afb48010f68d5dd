"""The kernel's side of the trace view."""

from __future__ import annotations

import json
import threading
from array import array

import pytest

from nbagents.errors import ConfigError
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.figures.colors import COLORS
from nbagents.tracing.record import TraceRecord
from nbagents.widgets.live import _answer_in_blocked_cells
from nbagents.widgets.trace.trace_view import TraceView


class Known:
    """What a page knows from the messages with rows: texts, traces, and spans by trace number and seq."""

    def __init__(self):
        self.names, self.traces, self.spans = [], {}, {}

    def take(self, message):
        content, (head, whole, times, _) = message
        assert content["type"] == "rows"
        if content["reset"]:
            self.names, self.traces, self.spans = [], {}, {}
        head, numbers, count = json.loads(head), array("i", whole), len(times) // 16
        self.names += head["names"]
        self.traces |= dict(head["traces"])
        changed = [(numbers[n], numbers[count + n], self.names[numbers[4 * count + n]]) for n in range(count)]
        self.spans |= {(trace, seq): name for trace, seq, name in changed}
        return content["reset"], [name for *_, name in changed]


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
        (message,) = page.ask({"type": "ready"})
        assert Known().take(message) == (True, ["triage", "lookup", "late"])


def test_a_page_that_asks_again_is_answered_once(open_page, record):
    """Its first request may be behind a cell that blocks; what has been sent is not sent again."""
    page = open_page([record])
    assert len(page.ask({"type": "ready", "asking": "p1"})) == 1
    assert page.ask({"type": "ready", "asking": "p1"}) == []
    assert len(page.ask({"type": "ready", "asking": "p2"})) == 1


def test_push_sends_what_changed_in_one_message(open_page, record):
    """A long run is not sent again for every span of it, nor a text that the page has."""
    page = open_page([record])
    known = Known()
    known.take(page.ask({"type": "ready"})[0])
    page.view.push([TraceRow("t1", "lamp", 10, 99)], [SpanRow("t1", 1, "s1", "s0", "function", "again", 20, 45)])
    message = page.received[-1]
    assert known.take(message) == (False, ["again"])
    assert known.traces[0]["ended_us"] == 99
    assert json.loads(message[1][0])["names"] == ["again"]


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
    assert view.selected.row == record.rows[1]
    assert (view.selected.depth, view.selected.input, view.selected.status) == (1, None, "ok")
    view.selection = ["t1"]
    assert view.selected.row == record.row
    view.selection = ["t1", 77]
    assert view.selected is None


def test_interrupted_records_are_marked_as_such(open_page, record):
    """A trace whose kernel died is not shown as running."""
    record.row = TraceRow("t1", "lamp", 10)
    record.interrupted = True
    known = Known()
    known.take(open_page([record]).ask({"type": "ready"})[0])
    assert known.traces[0]["interrupted"] is True


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
    known = Known()
    for message in page.received:
        known.take(message)
    assert {seq for _, seq in known.spans} == {*range(200), *range(1000, 1200)}


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
    assert Known().take(page.ask({"type": "ready"})[0]) == (True, ["triage", "lookup"])


def steps(message):
    content, (buffer,) = message
    return content["traces"], list(array("d", buffer))


def test_the_critical_path_is_the_kernel_s(open_page, record):
    """The page underlines the steps of `critical_path()`: the tool, and its agent before and after."""
    traces, numbers = steps(open_page([record]).ask({"type": "path"})[0])
    assert traces == [["t1", 3]]
    assert numbers == [0, 10, 20, 1, 20, 40, 0, 40, 90]


def test_the_cost_of_the_model_calls_is_told_or_why_not(open_page, record):
    """A price that is not known is not 0."""
    call = SpanRow(
        "t1",
        2,
        "s2",
        "s0",
        "response",
        "no such model",
        20,
        40,
        model="no such model",
        input_tokens=1,
        output_tokens=1,
    )
    page = open_page([record])
    assert page.ask({"type": "cost"})[0][0]["usd"] == 0
    page.view.push([], [call])
    ((answer, _),) = page.ask({"type": "cost"})
    assert (answer["usd"], answer["calls"]) == (None, 1)
    assert "no such model" in answer["text"]


def slower():
    rows = [
        SpanRow("t2", 0, "s0", None, "agent", "triage", 0, 200),
        SpanRow("t2", 1, "s1", "s0", "custom", "new", 5, 9),
    ]
    return TraceRecord(TraceRow("t2", "lamp again", 0, 200), rows)


def test_compare_shows_both_and_returns_the_comparison(open_page, record):
    """Aligned by place and name; a page that comes later is sent it too; None ends it."""
    page = open_page([record])
    comparison = page.view.compare(slower())
    assert comparison.to_frame()["duration_change"].iloc[0] == pytest.approx(120e-6)
    *_, (told, _) = page.ask({"type": "ready"})
    assert [(pair["name"], pair["a"], pair["b"]) for pair in told["pairs"]] == [
        ("triage", [0, 80], [0, 200]),
        ("new", None, [5, 9]),
        ("lookup", [10, 30], None),
    ]
    assert (told["a"]["name"], told["b"]["took"], told["total"]) == ("lamp", 200, 3)
    assert page.ask({"type": "compare", "trace_id": None})[-1][0]["pairs"] is None
    assert page.view.compare(None) is None


def test_compare_needs_one_trace_and_a_place_to_find_the_other(open_page, record):
    """What cannot be compared is refused with the reason."""
    with pytest.raises(ConfigError, match="no store to find a trace in"):
        open_page([record]).view.compare("t9")
    with pytest.raises(ConfigError, match="a view of 2 traces has no one trace"):
        open_page([record, slower()]).view.compare(slower())


def test_what_it_can_be_compared_with_is_listed(open_page, record):
    """The newest traces of the store, without the one that is shown."""

    class Store:
        def records(self, limit):
            return [TraceRecord(record.row, record.rows), slower()]

    ((answer, _),) = open_page([record], store=Store()).ask({"type": "others"})
    assert [(other["trace_id"], other["took"], other["spans"]) for other in answer["traces"]] == [("t2", 200, 2)]


def test_export_writes_beside_the_notebook(open_page, record, tmp_path):
    """A name that tells what it is, whatever a trace is called; the page is told where it is."""
    named = TraceRecord(record.row._replace(name="../Lamp & <b>", trace_id="trace_0123456789"), record.rows)
    ((answer, _),) = open_page([named]).ask({"type": "export", "suffix": "jsonl"})
    assert answer == {"type": "exported", "path": "lamp-b-01234567.jsonl"}
    assert "lookup" in (tmp_path / "lamp-b-01234567.jsonl").read_text()
