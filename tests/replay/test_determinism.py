"""Two replays tell the same ids and the same times, whatever happens in between."""

from __future__ import annotations

import asyncio

from agents import Agent, Runner, custom_span, function_tool, set_tracing_disabled, trace
from agents.tracing import TracingProcessor, get_trace_provider, set_trace_processors

from nbagents.replay.traces.clock import ReplayClock
from nbagents.replay.traces.trace_provider import ReplayTraceProvider


class Noted(TracingProcessor):
    def __init__(self):
        self.ended = []

    def on_trace_start(self, trace):
        pass

    def on_trace_end(self, trace):
        self.ended.append((trace.trace_id, get_trace_provider().time_iso()))

    def on_span_start(self, span):
        pass

    def on_span_end(self, span):
        data = span.span_data
        self.ended.append((data.type, span.span_id, span.parent_id, span.started_at, span.ended_at))

    def shutdown(self):
        pass

    def force_flush(self):
        pass


async def run(tape):
    """Replay a cell in which two agents with a tool run side by side, and return what their traces tell."""

    @function_tool
    def lookup(order: str) -> str:
        return "shipped"

    noted = Noted()
    set_tracing_disabled(False)
    set_trace_processors([noted])
    tape.replay()
    agents = [Agent(name, instructions=name, tools=[lookup], model="m") for name in ("A", "B")]
    await asyncio.gather(*(Runner.run(agent, "Hello") for agent in agents))
    with trace("by hand"), custom_span("step"):
        pass
    set_trace_processors([])
    set_tracing_disabled(True)
    return sorted(noted.ended, key=str)


async def test_two_replays_make_the_same_ids_and_times(tape):
    """Ids come from cell, parent and name, times from the recording; spans that go side by side overlap."""
    tape.server.says("one", "two")
    tape.record()
    for name in ("A", "B"):
        await run_one(name)
    first = await run(tape)
    assert await run(tape) == first
    generations = [one for one in first if one[0] == "response"]
    assert len(generations) == 2
    ids = [one[1] for one in first if len(one) == 5]
    assert len(set(ids)) == len(ids)
    for _, _, _, started, ended in generations:
        assert started < ended
    assert max(one[3] for one in generations) < min(one[4] for one in generations)


async def run_one(name):
    @function_tool
    def lookup(order: str) -> str:
        return "shipped"

    await Runner.run(Agent(name, instructions=name, tools=[lookup], model="m"), "Hello")


async def test_a_parent_ends_after_what_is_inside_it():
    """Time that passes in a task of its own has passed for what waits for it."""
    clock = ReplayClock("2026-11-24")

    async def inner():
        clock.iso("e", ["child", "parent", "trace"])
        clock.advance("e", 1000)
        return clock.iso("e", ["child", "parent", "trace"])

    started = clock.iso("e", ["parent", "trace"])
    ended = await asyncio.create_task(inner())
    assert started < ended < clock.iso("e", ["parent", "trace"]) < clock.iso("e", ["trace"])
    assert ended.startswith("2026-11-24T00:00:01")


def test_a_cell_begins_after_the_one_before():
    """The next cell's times are later, so that the newest trace is the newest."""
    clock = ReplayClock("2026-11-24")
    clock.advance("e1", 1500)
    before = clock.iso("e1", [])
    assert clock.iso("e2", []) == "2026-11-24T00:00:02.000001+00:00" > before


async def test_the_provider_is_put_back(tape):
    """Ids and times are derived in mode replay only."""
    before = get_trace_provider()
    tape.server.says("one")
    await tape.record().openai_client().responses.create(model="m", input="Hi")
    assert get_trace_provider() is before
    tape.replay()
    assert isinstance(get_trace_provider(), ReplayTraceProvider)
    tape.replay()
    assert get_trace_provider().inner is before
    tape.record("http://127.0.0.1:9/v1")
    assert get_trace_provider() is before


REPLAY_AGAIN = """
import asyncio, nbagents
from agents import Agent, Runner
nbagents.enable(mode="replay")
asyncio.run(Runner.run(Agent("A", model="m"), "Hi"))
nbagents.enable(mode="replay")  # nothing begins anew: the next trace is another one
asyncio.run(Runner.run(Agent("A", model="n"), "Hi"))
found = nbagents.traces()
print(found["spans"].tolist(), len(set(found["trace_id"])), nbagents.last_trace().trace_id == found["trace_id"][0])
print(found["started_at"].is_monotonic_decreasing)
"""


async def test_replays_into_one_file_are_different_traces(tape, run_python, tmp_path):
    """A replay into a file that has traces adds its own after them: none is written into an older one."""
    tape.cell("script", "script")
    tape.server.says("hello", "again")
    tape.record()
    for model in "mn":
        await Runner.run(Agent("A", model=model), "Hi")
    tape.replay()
    for number in (2, 4):
        said = run_python(REPLAY_AGAIN, NBAGENTS_DB=str(tmp_path / "x.db"), NBAGENTS_CASSETTE=str(tape.path))
        assert said.stdout.splitlines() == [f"{[4] * number} {number} True", "True"], said.stderr
