"""The first cell of the notebook that tests the views: runs of a desk, in one group, by a clock of their own."""

import json
from datetime import UTC, datetime, timedelta

from agents.tracing import (
    agent_span,
    function_span,
    generation_span,
    handoff_span,
    set_trace_provider,
    trace,
    turn_span,
)
from agents.tracing.provider import DefaultTraceProvider

from nbagents import SQLiteSession, last_trace


class Clock(DefaultTraceProvider):
    """Time passes where somebody works, and nowhere else: every run takes as long as it says."""

    now = datetime(2026, 3, 5, 12, tzinfo=UTC)

    def time_iso(self):
        return self.now.isoformat()

    def work(self, seconds):
        self.now += timedelta(seconds=seconds)


clock = Clock()
set_trace_provider(clock)

USER = {"role": "user", "content": "My lamp arrived broken, order A-1043."}


def model(seconds, output):
    usage = {"input_tokens": 240, "output_tokens": 50}
    settings = {"temperature": 0.2}
    with generation_span([USER], output, model="gpt-4o", model_config=settings, usage=usage):
        clock.work(seconds)


def tool(name, order, seconds, error=None):
    with function_span(name, json.dumps({"order_id": order})) as span:
        clock.work(seconds)
        span.span_data.output = f"{order}: ok"
        if error:
            span.set_error({"message": error, "data": {"traceback": "Traceback: line 1"}})


def call(number, n):
    """What a model says to call a tool."""
    arguments = json.dumps({"order_id": f"A-{n}"})
    return {
        "type": "function_call", "name": "check_policy", "arguments": arguments, "call_id": f"call-{number}-{n}"
    }  # fmt: skip


async def run(number, pause):
    """Make the spans of a run, and the items that it leaves in a session."""
    calls = [call(number, n) for n in range(3)]
    with trace("Refund", group_id="lamp"):
        with agent_span("triage"), turn_span(1, "triage"):
            model(0.2, [{"role": "assistant", "content": "To refunds."}])
            with handoff_span("triage", "refunds"):
                pass
        with agent_span("refunds"), turn_span(1, "refunds"):
            model(0.2, calls)
            for n in range(3):
                tool("check_policy", f"A-{n}", 0.06)
            tool("issue_refund", "A-1", 0.1, "PolicyError: needs a photo above 40.00")
            clock.work(pause)
            model(0.1, [{"role": "assistant", "content": "Send a photo, please."}])
    outputs = [{"type": "function_call_output", "call_id": each["call_id"], "output": "ok"} for each in calls]
    await SQLiteSession("support").add_items([USER, *calls, *outputs])
    return last_trace()
