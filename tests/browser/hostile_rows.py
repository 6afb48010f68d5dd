"""The first cell of the notebook with hostile rows; the test puts the whole corpus in the place of one payload."""

import json

from IPython.display import HTML  # noqa: F401 - a later cell's

from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.record import TraceRecord
from nbagents.tracing.static.trace import static_forms  # noqa: F401 - a later cell's
from nbagents.widgets.trace.trace_view import TraceView  # noqa: F401 - a later cell's

CORPUS = ["<script>"]
ALL = " ".join(CORPUS)


class Payloads:
    """Stands in for the trace store: every payload is all that a span keeps."""

    def payload(self, trace_id, seq):
        text = CORPUS[seq // 2]
        if seq % 2 == 0:
            return {"input": text, "output": text, "data": {text: text}, "error": text}
        return {
            "input": [{"role": "user", "content": text}, {"role": text, "content": text}, {"type": text}],
            "output": [{"type": "function_call", "name": text, "arguments": text}],
            "data": {text: text, "tools": [{"name": text}]},
            "error": {"message": text, "data": {text: text}},
        }

    def records(self, limit):
        return [self.get("t2")]

    def get(self, trace_id):
        return record(trace_id, ALL, range(len(CORPUS)))


def record(trace_id, name, numbers):
    """Make a trace with two spans for each payload: a tool's, and a model's."""
    spans = [
        SpanRow(
            trace_id,
            2 * n + k,
            f"s{2 * n + k}",
            None,
            kind,
            f"{n} {CORPUS[n]}",
            10 * n,
            10 * n + 9,
            CORPUS[n],
            CORPUS[n],
            error=CORPUS[n],
        )
        for n in numbers
        for k, kind in enumerate(("function", "generation"))
    ]
    metadata = json.dumps({text: text for text in CORPUS})
    return TraceRecord(TraceRow(trace_id, name, 0, 1000, ALL, metadata), spans, Payloads())


lamp = record("t1", ALL, range(len(CORPUS)))
