"""The first cell of the notebooks that test the trace view: made-up rows, and a stand-in for the trace store."""

from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.widgets.bundle import mime_bundle
from nbagents.widgets.trace.trace_view import TraceView

T0 = 1_760_000_000_000_000


class Record:
    def __init__(self, row, rows):
        self.row, self.rows = row, rows


class Store:
    """Stands in for the trace store: payloads by trace and span."""

    def __init__(self):
        self.payloads = {}

    def payload(self, trace_id, seq):
        if (trace_id, seq) not in self.payloads:
            raise LookupError(f"no payload of {trace_id} {seq}")
        return self.payloads[trace_id, seq]


class View(TraceView):
    def _repr_mimebundle_(self, **options):
        return mime_bundle(self, "<pre>static lamp</pre>", "static lamp", "lab")


def span(seq, kind, name, start, stop, parent=None, **more):
    """A span of the trace t1; times in seconds since its start, parents by their seq."""
    parent_id = None if parent is None else f"s{parent}"
    ended = None if stop is None else T0 + int(stop * 1e6)
    return SpanRow("t1", seq, f"s{seq}", parent_id, kind, name, T0 + int(start * 1e6), ended, **more)


def model(seq, start, stop, parent, tokens):
    usage = dict(zip(("input_tokens", "output_tokens", "cached_tokens"), tokens, strict=True))
    return span(seq, "response", "gpt-4o", start, stop, parent, model="gpt-4o", agent="triage", **usage)


PHOTO = "PolicyError: needs a photo above 40.00"
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
    span(11, "function", "issue_refund", 2.80, 2.98, 7, agent="refunds", error=PHOTO),
    model(12, 2.99, 3.33, 7, (260, 60, 128)),
]
store = Store()


def payload(text, output, error=None):
    return {"input": text, "output": output, "data": {"made": "up"}, "error": error}


store.payloads["t1", 4] = payload(
    '{"order_id": "A-1043", "include_items": true}', '{"status": "delivered", "total": 42.5}'
)
store.payloads["t1", 11] = payload('{"order_id": "A-1043", "amount": 42.5}', None, PHOTO)
for n in (3, 5, 8, 12):
    store.payloads["t1", n] = payload("x" * 1_203_444, "Your refund is on its way.")
lamp = Record(TraceRow("t1", "Agent workflow", T0, T0 + 3_420_000), LAMP)
