"""A conversation turn by turn: streamed, stopped, failed, gone back on, and found again in its session."""

from __future__ import annotations

import asyncio
import gc

import pytest
from agents import Agent, function_tool
from agents import SQLiteSession as PlainSession
from agents.testing import ScriptedModel, assistant_message, function_call

from nbagents.run.conversation import Conversation
from nbagents.run.turns import Turn, turns_html, turns_of, turns_text
from nbagents.sessions.sqlite.session import SQLiteSession


@function_tool
def look_up(order: str) -> str:
    return f"{order}: delivered"


@pytest.fixture
async def session(path):
    async with SQLiteSession("talk", path) as session:
        yield session


def talk(session, *steps, tools=(look_up,)):
    agent = Agent(name="Support", model=ScriptedModel(list(steps)), tools=list(tools))
    return Conversation(agent, session, lambda _place: None)


async def said(conversation, text):
    conversation.send(text)
    await conversation._task
    return conversation.turns[-1]


def outline(turns):
    return [(turn.asked, [(e.kind, e.text, e.output) for e in turn.entries], turn.state) for turn in turns]


async def test_a_turn_streams_and_is_traced(session, store):
    """Text comes as it is written, a call and its output are one card, and the turn has its trace."""
    seen = []
    conversation = talk(
        session, [function_call("look_up", {"order": "A-1"}, call_id="c1")], [assistant_message("It is there.")]
    )
    conversation._changed = lambda place: seen.append((place, len(conversation.turns[0].entries)))
    turn = await said(conversation, "Where is A-1?")
    call, text = turn.entries
    assert (call.kind, call.name, call.output) == ("tool", "look_up", "A-1: delivered")
    assert (text.text, text.name, turn.state, turn.error) == ("It is there.", "Support", "done", None)
    assert [count for _, count in seen] == sorted(count for _, count in seen)
    trace = store.get(turn.trace_id)
    assert (trace.name, trace.group_id) == ("chat: Support", "talk")
    again = talk(session)
    again.load()
    await again._loading
    assert outline(again.turns) == outline(conversation.turns)


async def test_editing_a_past_message_branches(session):
    """An edit goes on in a branch that holds what stood before it; the old session stays, and can go on."""
    conversation = talk(session, *[[assistant_message(text)] for text in ("one", "two", "three", "four", "five")])
    for text in ("a", "b"):
        await said(conversation, text)
    conversation.edit(1, "c")
    await conversation._task
    assert [turn.asked for turn in conversation.turns] == ["a", "c"]
    assert [item["role"] for item in await conversation.session.get_items()] == ["user", "assistant"] * 2
    assert len(await session.get_items()) == 4
    conversation.edit(0, "d")
    await conversation._task
    assert ([turn.asked for turn in conversation.turns], conversation.session.session_id) == (["d"], "talk~3")
    assert [one.session_id for one in conversation.branches] == ["talk", "talk~2"]
    conversation.switch("talk")
    await conversation._loading
    assert [turn.asked for turn in conversation.turns] == ["a", "b"]
    assert [one.session_id for one in conversation.branches] == ["talk~2", "talk~3"]


async def test_what_is_said_while_the_history_is_read_is_not_lost(session):
    """A message that comes before the history does stands after it."""
    await said(talk(session, [assistant_message("one")]), "a")
    conversation = talk(session, [assistant_message("two")])
    conversation.load()
    await said(conversation, "b")
    assert outline(conversation.turns) == [
        ("a", [("text", "one", None)], "done"),
        ("b", [("text", "two", None)], "done"),
    ]


async def test_stopping_leaves_a_history_that_can_go_on(session):
    """A stopped turn says so; a call that has no output is taken out, so that the next turn is accepted."""
    waits = asyncio.Event()
    reached = asyncio.Event()

    @function_tool
    async def slow() -> str:
        reached.set()
        await waits.wait()
        return "late"

    conversation = talk(
        session, [function_call("slow", {}, call_id="c1")], [assistant_message("Hello.")], tools=[slow]
    )
    conversation.send("Go.")
    conversation.send("This is not taken while a turn is under way.")
    await reached.wait()
    conversation.stop()
    await conversation._task
    assert [(turn.asked, turn.state) for turn in conversation.turns] == [("Go.", "stopped")]
    assert {item.get("type") for item in await session.get_items()} <= {"message", None}
    assert (await said(conversation, "Hi.")).entries[-1].text == "Hello."


async def test_a_turn_that_fails_says_why(session):
    """An error is the turn's, and the next turn may be tried."""
    conversation = talk(session, LookupError("no lamp"), [assistant_message("Hello.")])
    turn = await said(conversation, "Go.")
    assert (turn.state, turn.error) == ("error", "LookupError: no lamp")
    assert (await said(conversation, "Again.")).state == "done"
    await session.close()
    assert (await said(conversation, "And now?")).error.startswith("SessionClosedError")
    conversation.edit(1, "Not now.")
    await conversation._task
    assert [turn.asked for turn in conversation.turns] == ["Go.", "Again.", "And now?"]
    assert conversation.turns[1].error.startswith("SessionClosedError")


async def test_a_history_that_cannot_be_read_says_why(session):
    """It is said, and asyncio has no error that nobody asked for; what is said next is a turn of its own."""
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    await session.close()
    conversation = talk(session, [assistant_message("Hello.")])
    conversation.load()
    turn = await said(conversation, "Go.")
    assert conversation.trouble.startswith("the history cannot be read: SessionClosedError")
    assert turn.error.startswith("SessionClosedError")
    del conversation, turn
    gc.collect(1)
    assert complaints == []


async def test_only_a_session_with_branches_can_be_edited():
    """With a session that has no branches the past stays as it is."""
    assert not talk(PlainSession("plain")).can_branch


def test_static_forms_escape_and_say_what_is_cut():
    """The saved conversation is text without markup of its own, and says what it leaves out."""
    turns = turns_of([{"role": "user", "content": "<b>hi</b>"}])
    turns[0].call("look_up", '{"order": "A-1"}', "c1")
    turns[0].state = "stopped"
    assert turns_text("Support", turns) == 'Support\n\n> <b>hi</b>\n  look_up(order="A-1") → …\n(stopped)'
    assert "<b>" not in turns_html("Support", turns)
    assert "showing the last 40 of 50 turns" in turns_text("Support", [Turn(str(n), n) for n in range(50)])
