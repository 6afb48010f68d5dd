"""Replies of the real API, served on loopback: the session holds the right items."""

from __future__ import annotations

import importlib.util
import json
import threading
from pathlib import Path

import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, function_tool, handoff
from openai import AsyncOpenAI

from nbagents.sessions.table.orphans import lone

_SHARED = Path(__file__).parents[3] / "shared"

pytestmark = pytest.mark.skipif(
    not (_SHARED / "recordings").is_dir(),
    reason="the recordings are not beside this checkout (../shared/recordings)",
)


@pytest.fixture
async def serve():
    """Serve a recording; gives the model that talks to it."""
    spec = importlib.util.spec_from_file_location("openai_replay", _SHARED / "tools" / "openai_replay.py")
    replay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replay)
    started = []

    def serve(name, model="gpt-4o"):
        recording = json.loads((_SHARED / "recordings" / f"{name}.json").read_text())
        port, server = replay.serve_http(recording, 0, False, None)  # noqa: FBT003 - the tool's own signature
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
        started.append((server, thread, client))
        return OpenAIResponsesModel(model, client)

    yield serve
    for server, thread, client in started:
        await client.close()
        server.shutdown()
        server.server_close()
        thread.join()


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
    recording = json.loads((_SHARED / "recordings" / "streamed_tool_call.json").read_text())
    name = next(tool["name"] for tool in recording["exchanges"][0]["request"]["json"]["tools"])
    agent = Agent("assistant", model=serve("streamed_tool_call"), tools=[_tool_named(name)])
    streamed = Runner.run_streamed(agent, "Go on.", session=session, run_config=QUIET)
    async for _ in streamed.stream_events():
        pass
    items = await session.get_items()
    calls = [item for item in items if item.get("type") == "function_call"]
    assert {call["name"] for call in calls} == {name}
    assert all(isinstance(json.loads(call["arguments"]), dict) for call in calls)
    assert lone(items) == {}


def _tool_named(name):
    from agents import FunctionTool

    async def invoke(context, arguments):
        return "done"

    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    return FunctionTool(name, "", schema, invoke, strict_json_schema=False)
