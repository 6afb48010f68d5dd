"""Replies of the real API, served on loopback: the session holds the right items."""

from __future__ import annotations

import json

import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, function_tool, handoff

from nbagents.sessions.table.orphans import lone


@pytest.fixture
def serve(recorded):
    """Serve a recording; gives the model that talks to it."""

    def serve(name, model="gpt-4o"):
        return OpenAIResponsesModel(model, recorded(name))

    return serve


QUIET = RunConfig(tracing_disabled=True)


async def table(session, *columns):
    return (await session.to_frame())[list(columns)].to_numpy().tolist()


async def test_two_turns(serve, session):
    """Two runs are four messages; the answers are the recorded ones."""
    agent = Agent("assistant", model=serve("two_turns"))
    for question in ("2+2?", "4?"):
        await Runner.run(agent, question, session=session, run_config=QUIET)
    assert await table(session, "role", "text") == [
        ["user", "2+2?"],
        ["assistant", "2 + 2 = 4"],
        ["user", "4?"],
        ["assistant", "Yes, that's correct!"],
    ]


async def test_handoff(serve, session):
    """Both calls and both outputs are pairs, and the answer is the second agent's."""
    model = serve("handoff")

    @function_tool
    def random_number() -> int:
        return 4

    second = Agent("agent2", instructions="Return double the number", model=model)
    first = Agent("agent1", model=model, tools=[random_number], handoffs=[handoff(second)])
    await Runner.run(
        first, "Generate a random number then, hand off to agent2.", session=session, run_config=QUIET
    )
    assert await table(session, "type", "tool", "agent") == [
        ["message", None, None],
        ["function_call", "random_number", None],
        ["function_call", "transfer_to_agent2", None],
        ["function_call_output", "random_number", None],
        ["function_call_output", "transfer_to_agent2", None],
        ["message", None, "agent2"],
    ]
    assert lone(await session.get_items()) == {}
    assert "call → 4" in session._repr_mimebundle_()["text/plain"]


async def test_tool_error(serve, session):
    """What the tool said when it failed is the output, and is marked where it is shown."""

    @function_tool
    def tool() -> str:
        raise RuntimeError("Ouch, don't do that again!")

    agent = Agent("assistant", model=serve("tool_error"), tools=[tool])
    await Runner.run(agent, "Call the tool.", session=session, run_config=QUIET)
    outputs = [row[0] for row in await table(session, "output") if row[0]]
    assert len(outputs) == 1
    assert outputs[0].startswith("An error occurred while running the tool")  # how much more is up to the SDK
    assert ">✗ " in session._repr_mimebundle_()["text/html"]


async def test_reasoning_with_tool_calls(serve, session):
    """Reasoning keeps its encrypted content, and editing its summary does not lose it."""

    @function_tool
    def update_plan(plan: str) -> str:
        return "plan updated"

    agent = Agent("assistant", model=serve("reasoning_with_tool_calls", "gpt-5"), tools=[update_plan])
    await Runner.run(agent, "Compose a 12-line poem.", session=session, run_config=QUIET, max_turns=20)
    items = await session.get_items()
    assert "reasoning" in {item.get("type") for item in items}
    assert lone(items) == {}
    frame = await session.to_frame()
    row = frame[(frame["type"] == "reasoning") & frame["text"].notna()].index[0]
    first = items[row]["summary"][0]
    frame.loc[row, "text"] = frame.loc[row, "text"].replace(first["text"], "Shorter.", 1)
    assert (await session.apply_frame(frame)).updated == 1
    first["text"] = "Shorter."
    assert await session.get_items() == items


async def test_streamed_tool_call(serve, session):
    """A streamed reply with a tool call leaves the call whole."""

    @function_tool
    def get_capital(country: str) -> str:
        return "Paris"

    agent = Agent("assistant", model=serve("streamed_tool_call"), tools=[get_capital])
    streamed = Runner.run_streamed(agent, "Go on.", session=session, run_config=QUIET)
    async for _ in streamed.stream_events():
        pass
    items = await session.get_items()
    calls = [item for item in items if item.get("type") == "function_call"]
    assert {call["name"] for call in calls} == {"get_capital"}
    assert all(isinstance(json.loads(call["arguments"]), dict) for call in calls)
    assert lone(items) == {}
