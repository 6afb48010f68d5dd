"""Function tools side by side: order, failures in their place, limits, cancellation, spans."""

from __future__ import annotations

import asyncio

import pytest
from agents import RunContextWrapper, custom_span, function_tool, trace
from agents.exceptions import ToolTimeoutError
from agents.tracing import set_trace_processors

from nbagents.errors import ConfigError
from nbagents.run.tools import execute_tools_parallel
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore


@function_tool
async def echo(text: str) -> str:
    return text


@function_tool
async def broken(text: str) -> str:
    raise LookupError(f"no {text}")


class Meeting:
    """Counts how many are inside, and lets them go when `size` have met."""

    def __init__(self, size):
        self.size, self.inside, self.most = size, 0, 0
        self.full, self.left = asyncio.Event(), 0

    def tool(self):
        @function_tool
        async def meet(n: int) -> int:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside >= self.size:
                self.full.set()
            try:
                await self.full.wait()
            finally:
                self.inside -= 1
                self.left += 1
            return n

        return meet


async def test_results_in_order_and_failures_in_place():
    """A result stands where its call stood; an exception becomes a sentence or, on wish, stays one."""
    calls = [(echo, '{"text": "a"}'), (broken, {"text": "lamp"}), (echo, "not JSON"), (echo, '{"text": "d"}')]
    found = await execute_tools_parallel(calls)
    assert [found[0], found[1], found[3]] == ["a", "Tool execution failed: no lamp", "d"]
    assert found[2].startswith("Tool execution failed: ")
    raised = await execute_tools_parallel(calls, return_exceptions=True)
    assert raised[0] == "a"
    assert isinstance(raised[1], LookupError)
    assert isinstance(raised[2], Exception)


async def test_together_and_no_more_than_the_limit():
    """All calls run at once; with a limit, so many and no more."""
    all_of_them = Meeting(5)
    tool = all_of_them.tool()
    assert await execute_tools_parallel([(tool, {"n": n}) for n in range(5)]) == [0, 1, 2, 3, 4]
    assert all_of_them.most == 5
    two = Meeting(2)
    tool = two.tool()
    assert await execute_tools_parallel([(tool, {"n": n}) for n in range(6)], limit=2) == [0, 1, 2, 3, 4, 5]
    assert two.most == 2


async def test_timeout_is_each_call_s_own():
    """A call that takes too long fails in its place, and the others are not held up."""
    never = Meeting(2)
    calls = [(never.tool(), {"n": 1}), (echo, {"text": "b"})]
    late, said = await execute_tools_parallel(calls, timeout=0.05, return_exceptions=True)
    assert isinstance(late, ToolTimeoutError)
    assert (late.tool_name, late.timeout_seconds, said) == ("meet", 0.05, "b")


async def test_a_tool_s_own_failure_function_is_kept():
    """What a tool was told to say of its errors is its result, not a failure."""

    @function_tool(failure_error_function=lambda _context, error: f"sorry: {error}")
    def careful() -> str:
        raise LookupError("no lamp")

    @function_tool
    async def quits() -> str:
        raise asyncio.CancelledError

    said, gone = await execute_tools_parallel([(careful, "{}"), (quits, "{}")])
    assert said == "sorry: no lamp"
    assert gone == "Tool execution failed: quits cancelled itself"


async def test_cancellation_cancels_all():
    """Cancelling the whole ends every call before it returns."""
    met = Meeting(3)
    stays = asyncio.Event()

    @function_tool
    async def meet_and_stay() -> None:
        met.inside += 1
        if met.inside == 3:
            met.full.set()
        try:
            await stays.wait()
        finally:
            met.left += 1

    task = asyncio.create_task(execute_tools_parallel([(meet_and_stay, "{}")] * 3))
    await met.full.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert met.left == 3


async def test_context_reaches_the_tools():
    """Tools find the context, given bare or as a run's wrapper."""

    @function_tool
    async def who(ctx: RunContextWrapper[str]) -> str:
        return ctx.context

    assert await execute_tools_parallel([(who, "{}")], "Ada") == ["Ada"]
    assert await execute_tools_parallel([(who, "{}")], RunContextWrapper("Grace")) == ["Grace"]


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ((print, "{}"), {}),
        ((echo, 3), {}),
        (echo, {}),
        ((echo, "{}"), {"limit": 0}),
        ((echo, "{}"), {"timeout": -1}),
    ],
)
async def test_bad_input_calls_nothing(entry, options):
    """What cannot be called is an error that names it, before any tool runs."""
    ran = Meeting(1)
    with pytest.raises(ConfigError):
        await execute_tools_parallel([(ran.tool(), {"n": 1}), entry], **options)
    assert ran.left == 0


async def test_each_call_is_a_span(tmp_path):
    """Calls are spans of the trace around them, else of one of their own; a failure is the span's error."""
    set_trace_processors([NotebookTracingProcessor(tmp_path / "a.db")])
    try:
        await execute_tools_parallel([(echo, {"text": "a"}), (broken, {"text": "lamp"})])
        with trace("mine"), custom_span("step"):
            await execute_tools_parallel([(echo, {"text": "b"})])
    finally:
        set_trace_processors([])
    mine, alone = TraceStore(tmp_path / "a.db").records()
    assert [(span.name, span.type, span.error) for span in alone.spans] == [
        ("echo", "function", None),
        ("broken", "function", "no lamp"),
    ]
    assert alone.spans[0].input == '{"text": "a"}'
    assert (mine.name, [(span.name, span.depth) for span in mine.spans]) == ("mine", [("step", 0), ("echo", 1)])
