"""Runs of the SDK on our session, with the SDK's own test model."""

from __future__ import annotations

import asyncio
import json

from agents import Agent, RunConfig, Runner, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from nbagents.sessions.sqlite.session import SQLiteSession

QUIET = RunConfig(tracing_disabled=True)


@function_tool
def lookup_order(order_id: str) -> str:
    """Look an order up."""
    return f"{order_id}: delivered"


def support(*steps):
    return Agent("support", model=ScriptedModel(list(steps)), tools=[lookup_order])


async def test_a_run_is_stored_and_continued_from_the_edited_history(path):
    """The second run is given what the table says, not what was said."""
    session = SQLiteSession("s", path)
    call = function_call("lookup_order", {"order_id": "A-1"}, call_id="c1")
    await Runner.run(
        support([call], [assistant_message("Delivered.")]), "Where is A-1?", session=session, run_config=QUIET
    )
    frame = await session.to_frame()
    assert frame["type"].tolist() == ["message", "function_call", "function_call_output", "message"]
    assert frame["output"].tolist()[2] == "A-1: delivered"
    frame.loc[2, "output"] = "A-1: lost"
    await session.apply_frame(frame)
    agent = support([assistant_message("It was lost.")])
    await Runner.run(agent, "And now?", session=session, run_config=QUIET)
    given = agent.model.calls[0].input
    assert [item["output"] for item in given if item.get("type") == "function_call_output"] == ["A-1: lost"]
    assert (await session.to_frame())["text"].tolist()[-2:] == ["And now?", "It was lost."]
    await session.close()


async def test_a_streamed_run_is_stored(path):
    """Streaming leaves the same items."""
    async with SQLiteSession("s", path) as session:
        streamed = Runner.run_streamed(
            support([assistant_message("Hello.")]), "Hi", session=session, run_config=QUIET
        )
        async for _ in streamed.stream_events():
            pass
        assert (await session.to_frame())["text"].tolist() == ["Hi", "Hello."]


async def test_run_sync_in_a_thread_beside_the_loop(path):
    """The notebook's loop and a blocking run share one session."""
    async with SQLiteSession("s", path) as session:
        await session.add_items([{"role": "user", "content": "Before"}])
        agent = support([assistant_message("Hello.")])

        def run():
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            try:
                return Runner.run_sync(agent, "Hi", session=session, run_config=QUIET).final_output
            finally:
                loop.close()

        assert await asyncio.to_thread(run) == "Hello."
        assert json.dumps(await session.get_items()).count("Hello.") == 1
