"""RedisSession against a real redis-server."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import uuid

import pytest

pytest.importorskip("redis")

import redis as sync_redis
from agents.extensions.memory import RedisSession as SdkSession
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from nbagents import RedisSession
from nbagents.errors import (
    ConfigError,
    ConflictError,
    FrameError,
    ItemError,
    SessionClosedError,
    SessionRefusedError,
    SessionUnreachableError,
    UnsupportedError,
)
from nbagents.sessions.items.rows import CorruptRowWarning
from nbagents.sessions.table.edits import EditReport

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}
AT_ONCE = {"retry": Retry(NoBackoff(), 0)}
WEEK = 604_800


@pytest.fixture
def name():
    return uuid.uuid4().hex


@pytest.fixture
async def session(redis_url, name):
    async with RedisSession.from_url(name, url=redis_url) as session:
        yield session


@pytest.fixture
def asked(redis_url, name):
    """Ask Redis itself, past every session."""
    with sync_redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def keys(name):
    return [f"agents:session:{name}{end}" for end in ("", ":messages")]


async def test_items_come_back(session, history):
    """Order and values are kept, over several adds."""
    await session.add_items(history[:2])
    await session.add_items([])
    await session.add_items(history[2:])
    assert await session.get_items() == history
    assert await session.get_items(2) == history[3:]
    assert await session.pop_item() == history[4]


async def test_keys_and_entries_are_the_sdks(session, redis_url, name, history, asked):
    """Plain SDK code reads, adds and pops in our session, and we see it."""
    theirs = SdkSession.from_url(name, url=redis_url)
    await session.add_items(history)
    assert await theirs.get_items() == history
    await theirs.add_items([ANSWER])
    assert (await session.get_items())[5:] == [ANSWER]
    assert asked.lindex(keys(name)[1], 0) == json.dumps(history[0], separators=(",", ":"))
    await theirs.close()


async def test_the_time_to_live_begins_again_with_each_write(session, name, asked):
    """Redis itself says when it forgets; an add, an edit and a pop put it off, reading does not."""
    await session.add_items([USER])
    assert [WEEK - 5 < asked.ttl(key) <= WEEK for key in keys(name)] == [True, True]

    async def refreshed(write):
        for key in keys(name):
            asked.expire(key, 60)
        await write
        return [asked.ttl(key) > 60 for key in keys(name)]

    assert await refreshed(session.get_items()) == [False, False]
    assert await refreshed(session.add_items([ANSWER])) == [True, True]
    frame = await session.to_frame()
    frame.loc[0, "text"] = "Edited"
    assert await refreshed(session.apply_frame(frame)) == [True, True]
    assert await refreshed(session.pop_item()) == [True, True]


async def test_no_time_to_live(redis_url, name, asked):
    """None keeps the session for ever."""
    async with RedisSession.from_url(name, url=redis_url, ttl=None, key_prefix="mine") as session:
        await session.add_items([USER])
        assert (await session.get_session_info()).ttl is None
        assert asked.ttl(f"mine:{name}:messages") == -1


@pytest.mark.parametrize("ttl", [0, -1, 1.5, True])
def test_a_time_to_live_that_cannot_be(ttl):
    """A session that Redis forgets at once is a mistake."""
    with pytest.raises(ConfigError, match="ttl"):
        RedisSession.from_url("s", url="redis://localhost:1", ttl=ttl)


def test_a_url_that_cannot_be():
    """The error shows no password, and names the cure."""
    with pytest.raises(ConfigError, match="redis://localhost") as caught:
        RedisSession.from_url("s", url="http://me:secret@localhost")
    assert "secret" not in str(caught.value)


async def test_get_session_info(session, name, redis_url):
    """What Redis knows beside the items."""
    empty = await session.get_session_info()
    assert (empty.item_count, empty.created_at, empty.ttl) == (0, None, None)
    await session.add_items([USER, ANSWER])
    info = await session.get_session_info()
    assert (info.session_id, info.item_count, info.key) == (name, 2, keys(name)[1])
    assert info.created_at is not None
    assert info.created_at <= info.updated_at
    assert WEEK - 5 < info.ttl <= WEEK
    assert info.address in redis_url
    assert (await session.get_session_stats()).turns == 1


async def test_a_lost_connection_is_an_error(redis_server, history):
    """Killed in the middle, Redis is named with host and port, without the password; never an empty history."""
    server, port = redis_server
    url = f"redis://me:secret@127.0.0.1:{port}/0"
    with sync_redis.Redis(port=port) as admin:
        admin.acl_setuser("me", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all"])
    async with RedisSession.from_url("s", url=url, redis_kwargs=AT_ONCE) as session:
        await session.add_items(history)
        frame = await session.to_frame()
        assert await session.ping()
        server.kill()
        server.wait()
        frame.loc[0, "text"] = "Edited"
        for attempt in (
            session.get_items,
            lambda: session.add_items([USER]),
            session.pop_item,
            session.clear_session,
            session.get_session_info,
            session.to_frame,
            lambda: session.apply_frame(frame),
        ):
            with pytest.raises(SessionUnreachableError, match="not empty") as caught:
                await attempt()
            assert caught.value.address == f"127.0.0.1:{port}"
            assert "secret" not in str(caught.value)
        assert not await session.ping()
        assert "cannot be read now" in session._repr_mimebundle_()["text/plain"]


async def test_a_server_that_comes_back_is_used_again(redis_url, name):
    """After connections were cut the next use connects again."""
    async with RedisSession.from_url(name, url=redis_url) as session:
        await session.add_items([USER])
        with sync_redis.from_url(redis_url) as admin:
            for client in admin.client_list():
                if client["id"] != str(admin.client_id()):
                    admin.client_kill_filter(_id=client["id"])
        assert await session.get_items() == [USER]


async def test_a_wrong_password_is_a_refusal(redis_server):
    """The server answers, so it is not said to be away."""
    _, port = redis_server
    async with RedisSession.from_url(
        "s", url=f"redis://me:secret@127.0.0.1:{port}", redis_kwargs=AT_ONCE
    ) as session:
        with pytest.raises(SessionRefusedError, match="check user and password") as caught:
            await session.get_items()
        assert "secret" not in str(caught.value)


async def test_a_key_that_holds_something_else_is_a_refusal(session, name, asked):
    """Somebody else's data is not touched."""
    asked.set(keys(name)[1], "mine")
    for attempt in (session.get_items, session.pop_item, lambda: session.add_items([USER])):
        with pytest.raises(SessionRefusedError, match="WRONGTYPE"):
            await attempt()
    assert asked.get(keys(name)[1]) == "mine"


async def test_an_edit_is_one_transaction(session, history, name, asked):
    """Text is edited, rows removed and added, a call without its reasoning loses its id; nothing else changes."""
    await session.add_items(history)
    spaced = '{ "role" : "user",  "content": "spaced" }'
    asked.rpush(keys(name)[1], spaced)
    frame = await session.to_frame()
    frame.loc[4, "text"] = "Could you send a photo?"
    frame = frame.drop(index=[1])
    frame.loc[99] = {"role": "user", "text": "Here it is."}
    assert await session.apply_frame(frame) == EditReport(1, 2, 1)
    entries = asked.lrange(keys(name)[1], 0, -1)
    assert len(entries) == 6
    assert entries[4] == spaced
    assert (await session.get_items())[5] == {"role": "user", "content": "Here it is."}


async def test_an_edit_on_an_old_version_is_refused(session, redis_url, name):
    """Somebody else's write is shown and kept."""
    await session.add_items([USER])
    frame = await session.to_frame()
    async with RedisSession.from_url(name, url=redis_url) as other:
        await other.add_items([ANSWER])
    frame.loc[0, "text"] = "Edited"
    with pytest.raises(ConflictError):
        await session.apply_frame(frame)
    assert await session.get_items() == [USER, ANSWER]


async def test_a_write_between_comparison_and_swap_is_seen(redis_url, name, asked):
    """The transaction is tried again and finds the conflict; nothing is overwritten."""
    client = Redis.from_url(redis_url)
    session = RedisSession(name, redis_client=client)
    await session.add_items([USER])
    frame = await session.to_frame()
    frame.loc[0, "text"] = "Edited"
    make = client.pipeline
    late = [json.dumps(ANSWER)]

    def pipeline():
        pipe = make()
        multi = pipe.multi

        def come_between():
            if late:
                asked.rpush(keys(name)[1], late.pop())
            multi()

        pipe.multi = come_between
        return pipe

    client.pipeline = pipeline
    with pytest.raises(ConflictError):
        await session.apply_frame(frame)
    assert not late
    assert await session.get_items() == [USER, ANSWER]
    await client.aclose()


async def test_a_history_that_is_edited_away_is_gone(session, name, asked):
    """No key is left behind."""
    await session.add_items([USER])
    frame = (await session.to_frame()).iloc[0:0]
    assert await session.apply_frame(frame) == EditReport(0, 0, 1)
    assert [asked.exists(key) for key in keys(name)] == [0, 0]


async def test_metadata_is_a_column_and_never_for_the_model(session):
    """It is kept with the item, edited as a column, and not given back by get_items."""
    await session.add_items([{**USER, "_metadata": {"agent": "triage"}}, ANSWER])
    assert await session.get_items() == [USER, ANSWER]
    frame = await session.to_frame()
    assert frame["agent"].tolist() == ["triage", None]
    frame.loc[1, "metadata"] = '{"agent": "refunds"}'
    assert await session.apply_frame(frame) == EditReport(0, 1, 0)
    assert (await session.to_frame())["agent"].tolist() == ["triage", "refunds"]
    assert await session.get_items() == [USER, ANSWER]


async def test_corrupt_entries_are_named_kept_and_never_read(session, name, asked):
    """They do not count, hide nothing, stay in Redis, and an edit does not clear them away."""
    await session.add_items([USER])
    asked.rpush(keys(name)[1], "{broken", "42")
    with pytest.warns(CorruptRowWarning, match="rows 2, 3"):
        assert await session.get_items(2) == [USER]
    await session.add_items([ANSWER])
    asked.rpush(keys(name)[1], "[]")
    with pytest.warns(CorruptRowWarning, match="row 5"):
        assert await session.get_items(2) == [USER, ANSWER]
    frame = await session.to_frame()
    with pytest.raises(FrameError, match="hold no item"):
        await session.apply_frame(frame)
    assert [await session.pop_item(), await session.pop_item(), await session.pop_item()] == [ANSWER, USER, None]
    assert asked.lrange(keys(name)[1], 0, -1) == ["{broken", "42", "[]"]


async def test_what_cannot_be_stored_is_refused(session):
    """All or none, and the error names the item."""
    with pytest.raises(ItemError) as caught:
        await session.add_items([USER, {"n": float("nan")}])
    assert caught.value.index == 1
    assert await session.get_items() == []


async def test_two_hundred_writers_lose_nothing(session):
    """Tasks append at once, and each append is whole."""
    await asyncio.gather(
        *(session.add_items([{"role": "user", "content": f"{n}.{k}"} for k in range(3)]) for n in range(200))
    )
    texts = [item["content"] for item in await session.get_items()]
    assert len(texts) == 600
    assert all(
        texts[at : at + 3] == [f"{texts[at].split('.')[0]}.{k}" for k in range(3)] for at in range(0, 600, 3)
    )


async def test_closed_is_closed(redis_url, name):
    """Used after close() it says so; a client of the caller's stays open."""
    session = RedisSession.from_url(name, url=redis_url)
    await session.add_items([USER])
    await session.close()
    await session.close()
    with pytest.raises(SessionClosedError):
        await session.get_items()
    client = Redis.from_url(redis_url)
    theirs = RedisSession(name, redis_client=client)
    assert await theirs.get_items() == [USER]
    await theirs.close()
    assert await theirs.get_items() == [USER]
    await client.aclose()


async def test_nobody_needs_to_close(redis_url, name):
    """A session that is dropped takes its connection with it, without a warning."""
    session = RedisSession.from_url(name, url=redis_url, redis_kwargs={"client_name": name})
    await session.add_items([USER])
    with sync_redis.from_url(redis_url) as admin:
        assert name in [client["name"] for client in admin.client_list()]
        del session
        gc.collect()
        for _ in range(1000):
            if name not in [client["name"] for client in admin.client_list()]:
                break
        else:
            pytest.fail("its connection is still there")


async def test_the_display_reads_while_the_loop_is_busy(session, redis_url):
    """IPython asks from the loop's own thread; with a client of the caller's it says what to do instead."""
    await session.add_items([{"role": "user", "content": "<b>Hi</b>"}])
    shown = session._repr_mimebundle_()
    assert "<b>Hi</b>" in shown["text/plain"]
    assert "&lt;b&gt;Hi" in shown["text/html"]
    client = Redis.from_url(redis_url)
    assert "await session.to_frame()" in RedisSession("s", redis_client=client)._repr_mimebundle_()["text/plain"]
    await client.aclose()


async def test_a_cluster_is_read_and_popped_from(redis_cluster):
    """What the SDK allows works; a write is refused with the reason, and nothing is written."""
    client = RedisCluster(host="127.0.0.1", port=redis_cluster)
    session = RedisSession("s", redis_client=client)
    await client.rpush("agents:session:s:messages", json.dumps(USER), json.dumps(ANSWER))
    assert await session.get_items() == [USER, ANSWER]
    assert await session.get_items(1) == [ANSWER]
    frame = await session.to_frame()
    assert (await session.get_session_info()).item_count == 2
    frame.loc[0, "text"] = "Edited"
    for attempt in (
        lambda: session.add_items([USER]),
        session.clear_session,
        lambda: session.apply_frame(frame),
    ):
        with pytest.raises(UnsupportedError, match="Redis Cluster"):
            await attempt()
    assert await session.pop_item() == ANSWER
    assert await session.get_items() == [USER]
    assert str(redis_cluster) in repr(session)
    await client.aclose()


MISSING = """
import importlib.abc
import sys
class Without(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "redis":
            raise ModuleNotFoundError("No module named 'redis'", name=name)
sys.meta_path.insert(0, Without())
import nbagents
try:
    nbagents.RedisSession
except nbagents.errors.MissingExtraError as exc:
    print(exc.extra, exc)
"""


def test_a_missing_extra_says_what_to_install(tmp_path):
    """The error comes with the name, and holds the command."""
    result = subprocess.run(
        [sys.executable, "-c", MISSING], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    cure = 'pip install "nbagents[redis]"'
    assert result.stdout == f"redis 'redis' is not installed; get it with: {cure}\n"
