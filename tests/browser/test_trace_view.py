"""The trace view in a real JupyterLab: hydration, drawing, keys, hostile text, a cell that blocks."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SETUP = '''
import time
from nbagents.tracing.rows import SpanRow, TraceRow
from nbagents.widgets.bundle import mime_bundle
from nbagents.widgets.trace_view import TraceView

T0 = 1_760_000_000_000_000

class Record:
    def __init__(self, row, rows): self.row, self.rows = row, rows

class Store:
    """Stands in for the trace store: payloads by trace and span."""
    def __init__(self): self.payloads = {}
    def payload(self, trace_id, seq):
        if (trace_id, seq) not in self.payloads: raise LookupError(f"no payload of {trace_id} {seq}")
        return self.payloads[trace_id, seq]

class View(TraceView):
    def _repr_mimebundle_(self, **options):
        return mime_bundle(self, "<pre>static lamp</pre>", "static lamp", "lab")

def span(seq, type, name, start, stop, parent=None, **more):
    end = None if stop is None else T0 + int(stop * 1e6)
    return SpanRow("t1", seq, f"s{seq}", None if parent is None else f"s{parent}", type, name, T0 + int(start * 1e6), end, **more)

def model(seq, start, stop, parent, tokens):
    return span(seq, "response", "gpt-4o", start, stop, parent, model="gpt-4o", agent="triage", input_tokens=tokens[0], output_tokens=tokens[1], cached_tokens=tokens[2])

LAMP = [
    span(0, "task", "Agent workflow", 0, 3.42),
    span(1, "agent", "triage", 0, 1.70, 0, agent="triage"),
    span(2, "turn", "turn 1", 0.01, 1.70, 1),
    model(3, 0.01, 0.81, 2, (240, 50, 128)),
    span(4, "function", "lookup_order", 0.82, 1.16, 2, agent="triage"),
    model(5, 1.17, 1.69, 2, (260, 56, 128)),
    span(6, "handoff", "refunds", 1.698, 1.699, 2),
    span(7, "agent", "refunds", 1.71, 3.33, 0, agent="refunds"),
    model(8, 1.72, 2.46, 7, (260, 50, 128)),
    span(9, "function", "check_policy", 2.48, 2.77, 7, agent="refunds"),
    span(10, "guardrail", "no_secrets", 2.5, 2.6, 9, agent="refunds"),
    span(11, "function", "issue_refund", 2.80, 2.98, 7, agent="refunds", error="PolicyError: needs a photo above 40.00"),
    model(12, 2.99, 3.33, 7, (260, 60, 128)),
]
store = Store()
store.payloads["t1", 4] = {"input": '{"order_id": "A-1043", "include_items": true}', "output": '{"status": "delivered", "total": 42.5}', "data": {"name": "lookup_order"}, "error": None}
store.payloads["t1", 11] = {"input": '{"order_id": "A-1043", "amount": 42.5}', "output": None, "data": {"name": "issue_refund"}, "error": "PolicyError: needs a photo above 40.00"}
for n in (3, 5, 8, 12): store.payloads["t1", n] = {"input": "x" * 1_203_444, "output": "Your refund is on its way.", "data": {}, "error": None}
lamp = Record(TraceRow("t1", "Agent workflow", T0, T0 + 3_420_000), LAMP)
'''


def open_view(notebook, cell="view = View([lamp], store=store)\nview", **options):
    page = notebook([SETUP, cell], **options)
    page.run_all()
    page.page.wait_for_selector(".nbagents-root .strip")
    return page


def expand(page):
    page.page.locator(".strip").first.click()
    page.page.wait_for_selector(".plot .point path")  # Plotly has drawn


def test_look(notebook):
    page = open_view(notebook, width=1440, height=900)
    page.screenshot("trace-strip-light", page.page.locator(".nbagents-root"))
    expand(page)
    page.page.locator(".row", has_text="lookup_order").click()
    page.page.wait_for_selector(".block")
    page.screenshot("trace-light", page.page.locator(".nbagents-root"))
    page.theme("dark")
    page.screenshot("trace-dark", page.page.locator(".nbagents-root"))
    page.screenshot("trace-dark-page")
