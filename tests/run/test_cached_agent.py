"""The same call is made once: bounded, aged, shared, kept over a restart, and never for an error."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import sqlite3
import subprocess
import sys
from collections import OrderedDict

import pytest
from agents import Agent, ModelSettings, OpenAIResponsesModel, RunConfig, Runner, function_tool
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents.errors import ConfigError
from nbagents.run.cache.cached_agent import CachedAgent, CacheInfo
from nbagents.run.cache.entries import Entries, Entry

KEYS = st.sampled_from("abcde")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(0, 9)),
        st.tuples(st.just("get"), KEYS),
        st.tuples(st.just("wait"), st.integers(1, 6)),
        st.tuples(st.just("clear")),
    ),
    max_size=30,
)


async def say(agent, text, **options):
    return (await Runner.run(agent, text, **options)).final_output


async def stream(agent, text):
    result = Runner.run_streamed(agent, text)
    events = [event async for event in result.stream_events()]
    kinds = [event.data.type for event in events if event.type == "raw_response_event"]
    return result.final_output, kinds


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 4), ttl=st.one_of(st.none(), st.integers(3, 8)), steps=STEPS)
def test_entries_are_a_dictionary_that_forgets(size, ttl, steps):
    """A cache is a plain dictionary from which the least recently used and the old have gone."""
    now = 1_000.0
    entries = Entries("test", size=size, ttl=ttl, clock=lambda: now)
    plain = OrderedDict()  # least recently used first
    for step in steps:
        match step:
            case ("put", key, number):
                entries.put(key, Entry(str(number)))
                plain[key] = (str(number), now)
                plain.move_to_end(key)
                while len(plain) > size:
                    plain.popitem(last=False)
            case ("get", key):
                found = entries.get(key)
                if key in plain and ttl is not None and now - plain[key][1] >= ttl:
                    del plain[key]
                if key in plain:
                    plain.move_to_end(key)
                assert (found and found.answer) == (plain[key][0] if key in plain else None)
            case ("wait", seconds):
                now += seconds
            case _:
                entries.clear()
                plain.clear()
        assert len(entries) == len(plain)


async def test_the_same_call_is_made_once(counting, store):
    """A hit gives what the model said, uses nothing, and is seen in the trace; another question is asked."""
    model = counting()
    agent = CachedAgent(name="A", instructions="Answer.", model=model, cache_size=10)
    first = await Runner.run(agent, "lamp?")
    second = await Runner.run(agent, "lamp?")
    assert [first.final_output, second.final_output, await say(agent, "sofa?")] == [
        "lamp? #1",
        "lamp? #1",
        "sofa? #2",
    ]
    assert (first.context_wrapper.usage.total_tokens, second.context_wrapper.usage.total_tokens) == (15, 0)
    assert agent.cache_info()[:4] == (1, 2, 2, 15)
    assert agent.cache_info().usd_saved > 0
    assert [span.name for span in store.records()[1].spans if span.type == "custom"] == ["gpt-4o (cached)"]
    agent.cache_clear()
    assert agent.cache_info() == CacheInfo(0, 0, 0, 0, 0.0)
    assert await say(agent, "lamp?") == "lamp? #3"


async def test_what_makes_a_call_another(counting):
    """Instructions, settings and tools are part of a call; the ids of items are not, the ids in a text are."""

    @function_tool
    def look(order: str) -> str:
        return order

    model = counting()
    agent = CachedAgent(name="A", model=model)
    item = {"type": "function_call", "call_id": "call_Ab3dEf6hIj9kLm2n", "name": "look", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_Ab3dEf6hIj9kLm2n", "output": "x"}

    def asked(call_id, text):
        return [item | {"call_id": call_id}, output | {"call_id": call_id}, {"role": "user", "content": text}]

    one, other = "550e8400-e29b-41d4-a716-446655440000", "123e4567-e89b-12d3-a456-426614174000"
    await say(agent, asked("call_Ab3dEf6hIj9kLm2n", f"And {one}?"))
    await say(agent, asked("call_Zz3dEf6hIj9kLm2n", f"And {one}?"))
    assert len(model.asked) == 1
    await say(agent, asked("call_Ab3dEf6hIj9kLm2n", f"And {other}?"))
    for changed in (
        {"instructions": "Be brief."},
        {"model_settings": ModelSettings(temperature=1)},
        {"tools": [look]},
    ):
        await say(agent.clone(**changed), f"And {one}?")
    assert len(model.asked) == 5


async def test_streams_replay_as_streams(counting):
    """A replayed stream has the events of the first, and each kind of call its own entries."""
    model = counting()
    agent = CachedAgent(name="A", model=model)
    first, again = await stream(agent, "lamp?"), await stream(agent, "lamp?")
    assert first == again
    assert "response.output_text.delta" in first[1]
    assert await say(agent, "lamp?") == "lamp? #2"
    model.gate = asyncio.Event()
    result = Runner.run_streamed(agent, "sofa?")
    events = asyncio.create_task(anext(aiter(result.stream_events())))
    await events
    result.cancel()
    model.gate.set()
    assert (await stream(agent, "sofa?"))[1] == first[1]


async def test_identical_calls_at_once_make_one(counting):
    """Of calls at once one is made and the rest wait; when it is given up, another makes it."""
    model = counting()
    agent = CachedAgent(name="A", model=model)
    assert await asyncio.gather(*(say(agent, "lamp?") for _ in range(50))) == ["lamp? #1"] * 50
    assert agent.cache_info()[:2] == (49, 1)
    model.gate = asyncio.Event()
    leader, follower = (asyncio.create_task(say(agent, "sofa?")) for _ in range(2))
    while len(model.asked) < 2:  # noqa: ASYNC110 - the model tells by its list
        await asyncio.sleep(0)
    leader.cancel()
    model.gate.set()
    assert await follower == "sofa? #3"
    many = [f"{n % 7}?" for n in range(100)]
    said = await asyncio.gather(*(say(agent, text) for text in many))
    assert len(model.asked) == 3 + 7
    assert [answer.split(" #")[0] for answer in said] == many


async def test_an_error_is_not_kept(counting):
    """A call that failed is made again."""
    model = counting(error=RuntimeError("overloaded"))
    agent = CachedAgent(name="A", model=model)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="overloaded"):
            await say(agent, "lamp?")
    model.error = None
    assert (await say(agent, "lamp?"), agent.cache_info().size) == ("lamp? #3", 1)


async def test_afresh(counting):
    """Calls inside ``bypass()``, and those marked no-store, are neither answered from the cache nor kept."""
    model = counting()
    agent = CachedAgent(name="A", model=model)
    await say(agent, "lamp?")
    with agent.bypass():
        assert await say(agent, "lamp?") == "lamp? #2"
        assert (await stream(agent, "lamp?"))[0] == "lamp? #3"
    afresh = RunConfig(model_settings=ModelSettings(extra_headers={"Cache-Control": "no-store"}))
    assert await say(agent, "lamp?", run_config=afresh) == "lamp? #4"
    assert await say(agent, "lamp?") == "lamp? #1"


async def test_kept_in_a_file(counting, path):
    """Answers outlive the agent and the kernel; damaged ones are asked again, and secrets stay out of the file."""
    model = counting()
    one, other = (CachedAgent(name="A", model=model, path=path, cache_size=3) for _ in range(2))
    await say(one, "lamp?")
    await stream(one, "lamp?")
    assert await say(other, "lamp?") == "lamp? #1"
    assert (await stream(other, "lamp?"))[0] == "lamp? #2"
    assert await say(CachedAgent(name="B", model=model, path=path), "lamp?") == "lamp? #3"
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE nb_cache SET answer = '[1]'")
    assert await say(other, "lamp?") == "lamp? #4"
    await say(other, "my key is sk-abcdefghij0123456789ABCD")
    await say(other, "my key is sk-abcdefghij0123456789ABCD")
    assert len(model.asked) == 6
    assert "sk-abcdefghij" not in "".join(map(str, sqlite3.connect(path).execute("SELECT * FROM nb_cache")))


async def test_looked_up_and_put_in_by_hand(counting):
    """An answer can be looked up without a call, and given in place of one."""
    model = counting()

    @function_tool
    def look() -> str:
        return "x"

    agent = CachedAgent(
        name="A", instructions=lambda _context, agent: f"I am {agent.name}.", model=model, tools=[look]
    )
    assert await agent.get_cached_response("lamp?") is None
    await agent.cache_response("lamp?", "It is blue.")
    assert await say(agent, "lamp?") == "It is blue."
    found = await agent.get_cached_response("lamp?")
    assert found.output[0].content[0].text == "It is blue."
    await agent.cache_response("sofa?", found)
    assert await say(agent, "sofa?") == "It is blue."
    assert model.asked == []


async def test_it_is_an_agent(counting):
    """Clones, copies, pickles and a new model are cached agents too; bad arguments say so."""
    model = counting()
    agent = CachedAgent(name="A", model="gpt-4o", cache_size=7, ttl=60)
    assert isinstance(agent, Agent)
    clone = agent.clone(instructions="Be brief.", model=model)
    assert (type(clone), clone.cache_size, clone.ttl) == (CachedAgent, 7, 60)
    assert [await say(clone, "a?"), await say(clone, "a?")] == ["a? #1", "a? #1"]
    agent.model = model
    assert [await say(agent, "a?"), await say(agent, "a?")] == ["a? #2", "a? #2"]
    assert copy.copy(agent).cache_info().hits == 1
    there = pickle.loads(pickle.dumps(CachedAgent(name="A", model="gpt-4o")))
    assert there.cache_info() == CacheInfo(0, 0, 0, 0, 0.0)
    for names in (("gpt-5", "gpt-4o"), ("gpt-4o", "gpt-5"), ("gpt-5", "gpt-5.1")):
        ours, plain = (kind(name="A", model=names[0]).clone(model=names[1]) for kind in (CachedAgent, Agent))
        assert ours.model_settings == plain.model_settings
    for wrong in ({"cache_size": 0}, {"ttl": -1}):
        with pytest.raises(ConfigError):
            CachedAgent(name="A", **wrong)


ELSEWHERE = """
import asyncio, json, sys
from agents import Runner
from nbagents import CachedAgent

async def main():
    agent = CachedAgent(name="A", instructions="Answer.", model="gpt-4o", path=sys.argv[1])
    said = [(await Runner.run(agent, "lamp?")).final_output]
    result = Runner.run_streamed(agent, "lamp?")
    kinds = [event.data.type async for event in result.stream_events() if event.type == "raw_response_event"]
    print(json.dumps([said + [result.final_output], kinds, agent.cache_info()[:2]]))

asyncio.run(main())
"""


async def test_answers_outlive_the_process(counting, path):
    """A second process, with no model to ask, answers from the file what the first one asked."""
    agent = CachedAgent(name="A", instructions="Answer.", model=counting(), path=path)
    said, (streamed, kinds) = await say(agent, "lamp?"), await stream(agent, "lamp?")
    environment = {**os.environ, "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ELSEWHERE, str(path), env=environment, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert json.loads(out.splitlines()[-1]) == [[said, streamed], kinds, [2, 0]]


@function_tool
def random_number() -> int:
    return 4


@function_tool
def tool() -> str:
    raise RuntimeError("broken")


@function_tool
def get_capital(country: str) -> str:
    return "Paris"


@function_tool(strict_mode=False)
def update_plan(explanation: str | None = None, plan: list[dict] | None = None) -> str:
    return "Plan updated"


# What is asked, with which tools, whether the answer streams. The two realtime conversations are not here: they
# make no single calls. Of the spoken turn the answer is cached; listening and speaking are not an agent's model.
RECORDED = {
    "handoff": ("Go on.", [random_number], False),
    "reasoning_with_tool_calls": ("Compose a poem.", [update_plan], False),
    "streamed_tool_call": ("What is the capital of France?", [get_capital], True),
    "tool_error": ("Go on.", [tool], False),
    "two_turns": ("2+2?", [], False),
    "voice_turn": ("あたし", [], True),
}


@pytest.mark.parametrize("name", RECORDED)
async def test_real_traffic_once_and_then_from_the_cache(name, recording, recorded, path):
    """Real replies are served once; with the server gone, the same run gives the same items from the file."""
    client = recorded(name)
    question, tools, streamed = RECORDED[name]

    async def run():
        model = OpenAIResponsesModel(model="gpt-4o", openai_client=client)
        second = CachedAgent(name="agent2", instructions="Return double the number", model=model, path=path)
        handoffs = [second] if name == "handoff" else []
        agent = CachedAgent(name="A", tools=tools, handoffs=handoffs, model=model, path=path)
        if streamed:
            result = Runner.run_streamed(agent, question)
            events = [event async for event in result.stream_events()]
            return [e.data.type for e in events if e.type == "raw_response_event"], result.to_input_list()
        result = await Runner.run(agent, question)
        if name == "two_turns":
            result = await Runner.run(agent, [*result.to_input_list(), {"role": "user", "content": "4?"}])
        return None, result.to_input_list()

    served = await run()
    recording.stop()
    again = await run()
    assert json.dumps(again, default=str) == json.dumps(served, default=str)
    assert len(again[1]) > 1
