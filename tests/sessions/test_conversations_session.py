"""OpenAIConversationsSession against a loopback server that answers as the API's reference says."""

from __future__ import annotations

import asyncio
import threading

import agents
import pytest
from agents import set_default_openai_client
from openai import AsyncOpenAI

from nbagents import CompressedSession, OpenAIConversationsSession, apply_frame, to_frame
from nbagents.errors import (
    ConfigError,
    ConflictError,
    ItemError,
    RewriteError,
    SessionRefusedError,
    SessionUnreachableError,
    UnsupportedError,
)
from nbagents.sessions.conversations.wire import plan_rewrite
from nbagents.sessions.items.rows import Row
from nbagents.sessions.table.edited import Wanted
from nbagents.sessions.table.edits import EditReport


def user(text):
    return {"role": "user", "content": text}


def texts(items):
    return [item["content"][0]["text"] for item in items]


def kinds(server, verb):
    return [path for kind, path, _ in server.requests if kind == verb]


@pytest.fixture
def session(openai):
    return OpenAIConversationsSession(openai_client=openai)


async def test_a_conversation_is_begun_and_continued(session, openai, conversations, history):
    """Nothing is asked before first use; the same id opens it again."""
    assert repr(session) == "OpenAIConversationsSession(None)"
    assert conversations.requests == []
    await session.add_items(history)
    items = await session.get_items()
    assert [item["type"] for item in items] == [
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
        "message",
    ]
    again = OpenAIConversationsSession(conversation_id=session.session_id, openai_client=openai)
    assert await again.get_items() == items
    assert await again.pop_item() == items[4]
    assert await session.get_items() == items[:4]
    assert isinstance(session, agents.OpenAIConversationsSession)


async def test_pages_are_followed(session, conversations):
    """250 items come in three requests, in their order; the newest few in one."""
    await session.add_items([user(str(number)) for number in range(250)])
    assert len([path for path in kinds(conversations, "POST") if path.endswith("items")]) == 13
    conversations.requests.clear()
    assert texts(await session.get_items()) == [str(number) for number in range(250)]
    assert len(kinds(conversations, "GET")) == 3
    conversations.requests.clear()
    assert texts(await session.get_items(120)) == [str(number) for number in range(130, 250)]
    assert texts(await session.get_items(2)) == ["248", "249"]
    assert len(kinds(conversations, "GET")) == 3
    assert await session.get_items(0) == []
    assert len(await session.get_items(-1)) == 250


async def test_the_settings_limit(openai):
    """Settings give the default; the table shows everything all the same."""
    session = OpenAIConversationsSession(openai_client=openai, session_settings={"limit": 1})
    await session.add_items([user("a"), user("b")])
    assert texts(await session.get_items()) == ["b"]
    assert len(await session.to_frame()) == 2
    assert (await session.get_session_stats()).turns == 2


@pytest.mark.parametrize(
    ("status", "cure"),
    [(401, "OPENAI_API_KEY"), (404, "no such conversation"), (429, "too many requests"), (500, "try again later")],
)
@pytest.mark.parametrize("what", ["GET", "POST", "DELETE"])
async def test_an_answer_that_is_an_error(session, conversations, status, cure, what):
    """Each call's error has the status, the address and the cure."""
    await session.add_items([user("a")])
    conversations.failing.append((f"{what} /v1/conversations/", status))
    call = {"GET": session.get_items, "POST": lambda: session.add_items([user("b")]), "DELETE": session.pop_item}
    with pytest.raises(SessionRefusedError, match=cure) as caught:
        await call[what]()
    assert (caught.value.status, caught.value.session_id) == (status, session.session_id)
    assert caught.value.address in conversations.base_url
    assert texts(await session.get_items()) == ["a"]


async def test_a_wrong_key(conversations):
    """The first use says so, and the key is not in the error."""
    async with AsyncOpenAI(base_url=conversations.base_url, api_key="sk-wrong", max_retries=0) as client:
        with pytest.raises(SessionRefusedError, match="Incorrect API key") as caught:
            await OpenAIConversationsSession(openai_client=client).get_items()
    assert caught.value.status == 401
    assert "sk-wrong" not in str(caught.value)


async def test_a_conversation_that_does_not_exist(openai):
    """The error names it."""
    session = OpenAIConversationsSession(conversation_id="conv_none", openai_client=openai)
    with pytest.raises(SessionRefusedError, match="conv_none"):
        await session.to_frame()


@pytest.mark.parametrize("what", ["GET", "POST", "DELETE"])
async def test_a_lost_connection_is_not_an_empty_history(session, conversations, what):
    """A connection that is cut is an error with host and port."""
    await session.add_items([user("a")])
    conversations.failing.append((f"{what} /v1/conversations/", None))
    call = {"GET": session.get_items, "POST": lambda: session.add_items([user("b")]), "DELETE": session.pop_item}
    with pytest.raises(SessionUnreachableError, match="not empty") as caught:
        await call[what]()
    assert caught.value.address in conversations.base_url


async def test_the_client_tries_again(conversations):
    """A busy server is asked again as often as the client is told to."""
    async with AsyncOpenAI(base_url=conversations.base_url, api_key="right", max_retries=2) as client:
        session = OpenAIConversationsSession(openai_client=client)
        await session.add_items([user("a")])
        conversations.failing.append(("GET", 500))
        assert texts(await session.get_items()) == ["a"]


async def test_many_items_that_fail_half_way(session, conversations):
    """The error says how many were added, so that they can be taken up there."""
    conversations.failing.append(("/items", 429, 2))
    with pytest.raises(SessionRefusedError, match="40 of 50 items were added"):
        await session.add_items([user(str(number)) for number in range(50)])
    assert len(await session.get_items()) == 40


async def test_a_cancelled_add_is_whole(session, conversations):
    """Cancelled while a request is under way, its items are there or not, and no later one is sent."""
    await session.get_items()
    began, go = threading.Event(), threading.Event()
    conversations.held = (began, go)
    task = asyncio.create_task(session.add_items([user(str(number)) for number in range(30)]))
    await asyncio.to_thread(began.wait)
    task.cancel()
    conversations.held = None
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await session.get_items()) == 20


async def test_a_loop_that_ends_while_it_is_asked_is_an_error(session, conversations):
    """Who waits on another loop is told; it is not taken for a cancellation, and the session works on."""
    began = threading.Event()
    loop = asyncio.get_running_loop()

    async def home():
        await session.get_items()
        conversations.held = (began, threading.Event())
        loop.call_soon_threadsafe(asking.set)
        await asyncio.to_thread(began.wait)

    asking = asyncio.Event()
    panel = asyncio.create_task(asyncio.to_thread(asyncio.run, home()))
    await asking.wait()
    with pytest.raises(SessionUnreachableError, match="has ended meanwhile"):
        await session.add_items([user("a")])
    await panel
    conversations.held[1].set()
    assert texts(await session.get_items()) == ["a"]


async def test_the_table_is_edited_and_written_back(session, conversations, history):
    """What comes before the first change keeps its ids; the conversation stays the same one."""
    await session.add_items(history)
    name, before = session.session_id, await session.get_items()
    frame = await to_frame(session)
    frame.loc[4, "text"] = "Could you send a photo?"
    frame.loc[9] = {"role": "user", "text": "Here it is."}
    assert await apply_frame(session, frame) == EditReport(1, 1, 0)
    after = await session.get_items()
    assert after[:4] == before[:4]
    assert texts(after[4:]) == ["Could you send a photo?", "Here it is."]
    assert after[4]["id"] != before[4]["id"]
    assert session.session_id == name
    assert len(kinds(conversations, "DELETE")) == 1


async def test_removed_rows_are_only_deleted(session, conversations, history):
    """Nothing is created again, so everything else keeps its id."""
    await session.add_items(history)
    before = await session.get_items()
    frame = (await session.to_frame()).drop(index=[1, 2, 3])
    conversations.requests.clear()
    assert await session.apply_frame(frame) == EditReport(0, 0, 3)
    assert await session.get_items() == [before[0], before[4]]
    assert kinds(conversations, "POST") == []


async def test_a_stale_frame_is_refused(session):
    """Compared with what is stored when it is written."""
    await session.add_items([user("a")])
    frame = await session.to_frame()
    await session.add_items([user("b")])
    frame.loc[0, "text"] = "Edited"
    with pytest.raises(ConflictError):
        await session.apply_frame(frame)
    assert texts(await session.get_items()) == ["a", "b"]


async def test_a_refused_edit_is_taken_back(session, conversations):
    """Items are created before any is deleted, and those that were created go again."""
    await session.add_items([user(str(number)) for number in range(3)])
    before = await session.get_items()
    frame = await session.to_frame()
    frame.loc[0, "text"] = "Edited"
    conversations.failing.append(("POST", 400))
    with pytest.raises(RewriteError, match="is back") as caught:
        await session.apply_frame(frame)
    assert caught.value.restored
    assert await session.get_items() == before
    assert (await session.apply_frame(frame)).updated == 1


async def test_an_edit_that_stays_half_done_says_so(session, conversations):
    """The error holds the history before the edit; nothing of it is lost."""
    await session.add_items([user("a"), user("b")])
    before = await session.get_items()
    frame = await session.to_frame()
    frame.loc[0, "text"] = "Edited"
    conversations.failing.append(("DELETE", 500))
    with pytest.raises(RewriteError, match="between the two") as caught:
        await session.apply_frame(frame)
    assert not caught.value.restored
    assert list(caught.value.items) == before
    assert texts(await session.get_items()) == ["a", "b", "Edited", "b"]


def test_the_least_that_an_edit_takes():
    """Items stay up to the first that is new, changed or out of order."""
    rows = [Row(place, None, f'{{"id": "i{place}", "type": "message"}}') for place in (1, 2, 3)]
    wanted = [Wanted(None, row.id, row.data, None, {}) for row in rows]
    assert plan_rewrite(rows, wanted).deleted == []
    assert plan_rewrite(rows, [wanted[0], wanted[2]]).deleted == ["i2"]
    moved = plan_rewrite(rows, [wanted[1], wanted[0], wanted[2]])
    assert moved.deleted == ["i1", "i3"]
    assert moved.created == [{"type": "message"}] * 2


async def test_the_default_client_is_the_sdks(openai, conversations):
    """What set_default_openai_client was given is used, enable()'s client too."""
    set_default_openai_client(openai, use_for_tracing=False)
    try:
        session = OpenAIConversationsSession()
        await session.add_items([user("a")])
    finally:
        set_default_openai_client(None, use_for_tracing=False)
    assert len(conversations.stored[session.session_id]) == 1


def test_neither_client_nor_key():
    """The error names the three ways to have one."""
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY.*openai_client=.*enable"):
        OpenAIConversationsSession()


async def test_clearing_begins_another_conversation(session, conversations):
    """As in the SDK: the conversation is deleted."""
    await session.add_items([user("a")])
    name = session.session_id
    await session.clear_session()
    assert await session.get_items() == []
    assert session.session_id != name
    assert list(conversations.stored) == [session.session_id]


async def test_what_cannot_be_sent_is_refused(session, conversations):
    """Before anything is sent; metadata, which the API refuses, is left out."""
    with pytest.raises(ItemError):
        await session.add_items([user("a"), 42])
    assert conversations.requests == []
    await session.add_items([{**user("a"), "_metadata": {"agent": "triage"}}])
    assert texts(await session.get_items()) == ["a"]


async def test_the_sdks_own_is_not_deleted_by_an_edit(openai):
    """Its clear_session deletes the conversation; ours edits item by item."""
    session = agents.OpenAIConversationsSession(openai_client=openai)
    await session.add_items([user("a"), user("b")])
    frame = await to_frame(session)
    assert frame["text"].tolist() == ["a", "b"]
    with pytest.raises(UnsupportedError, match="conversation_id="):
        await apply_frame(session, frame.iloc[[0]])
    assert len(await session.get_items()) == 2


def test_it_cannot_be_compressed(session):
    """The API stores what it defines only."""
    with pytest.raises(ConfigError, match="API"):
        CompressedSession(session)
