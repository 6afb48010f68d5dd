from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import agents
import pytest
from agents.extensions.memory import EncryptedSession, SQLAlchemySession
from agents.extensions.memory import RedisSession as SdkRedisSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI
from redis.asyncio.cluster import RedisCluster

from nbagents.errors import ConflictError, FrameError, NbAgentsError
from nbagents.sessions.compressed_session import CompressedSession
from nbagents.sessions.conversations.session import OpenAIConversationsSession
from nbagents.sessions.grid.any_sheet import AnySheet
from nbagents.sessions.grid.row_keys import followed
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell
from nbagents.sessions.redis.session import RedisSession
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.orphans import lone


class UsersOwn:
    """A session somebody wrote: the protocol and nothing else."""

    def __init__(self):
        self.session_id = "own"
        self.session_settings = None
        self.items = []

    async def get_items(self, limit=None):
        return self.items[-limit:] if limit else list(self.items)

    async def add_items(self, items):
        self.items += items

    async def pop_item(self):
        return self.items.pop() if self.items else None

    async def clear_session(self):
        self.items = []


def sdk_sqlite(path, **_):
    return agents.SQLiteSession("s", path)


def sqlalchemy(path, **_):
    return SQLAlchemySession.from_url("s", url=f"sqlite+aiosqlite:///{path}", create_tables=True)


def encrypted(path, **_):
    return EncryptedSession("s", underlying_session=agents.SQLiteSession("s", path), encryption_key="k")


def compressed(path, **_):
    return CompressedSession(SQLiteSession("s", path), threshold=10)


def compressed_own(path, **_):
    return CompressedSession(UsersOwn(), threshold=10)


def redis(path, redis_url, request, **_):
    return RedisSession.from_url(request.node.name, redis_url)


def sdk_redis(path, redis_url, request, **_):
    return SdkRedisSession.from_url(request.node.name, url=redis_url)


def conversation(path, conversations, **_):
    return OpenAIConversationsSession(openai_client=AsyncOpenAI(base_url=conversations.base_url, api_key="right"))


def own(path, **_):
    return UsersOwn()


MAKERS = [sdk_sqlite, sqlalchemy, encrypted, compressed, compressed_own, redis, sdk_redis, conversation, own]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
async def kept(request, path):
    """Every kind of session that keeps no edit log, filled; with what closes it."""
    names = request.param.__code__.co_varnames[: request.param.__code__.co_argcount]
    given = {name: request.getfixturevalue(name) for name in names if name not in {"path", "request"}}
    session = request.param(path, request=request, **given)
    history = request.getfixturevalue("history")
    history[1]["encrypted_content"] = "gAAA"  # without it the Conversations API does not take reasoning again
    await session.add_items(history)
    yield session
    close = getattr(session, "close", None)
    if close is not None and (ended := close()) is not None:
        await ended
    for held in ("_engine", "_openai_client"):
        if (part := vars(session).get(held)) is not None:
            await (part.dispose if held == "_engine" else part.close)()


async def rows_of(sheet, **options):
    return list((await sheet.page(0, 1000, **options)).rows)


def shown(items):
    """Items without what a server completes."""
    return [
        {name: value for name, value in item.items() if name not in {"id", "status", "type"}}
        | {"content": _plain(item.get("content"))}
        for item in items
    ]


def _plain(content):
    return content if isinstance(content, str) or content is None else [part["text"] for part in content]


async def test_every_session_is_edited_undone_and_redone(kept):
    """Set, insert, copy, move and delete; each undo gives back what was there, each redo what was made of it."""
    sheet = AnySheet(kept)
    histories = [shown(await kept.get_items())]

    async def changed(change):
        written = await sheet.change(change)
        histories.append(shown(await kept.get_items()))
        assert histories[-1] != histories[-2]
        return written

    rows = await rows_of(sheet)
    assert [row.label for row in rows] == ["user", "reasoning", "call", "output", "assistant"]
    assert (rows[2].partner, rows[3].cells["tool"]) == (4, "lookup_order")
    written = await changed(SetCell(rows[0].key, rows[0].stamp, "text", "My lamp\r\nis green. "))
    assert (written.report.updated, written.keys, written.position) == (1, [rows[0].key], 1)
    assert (await sheet.cells(rows[0].key))["text"] == "My lamp\r\nis green. "
    written = await changed(Insert(rows[4].key, {"role": "user", "text": "And?"}))
    assert (written.report.inserted, written.position) == (1, 5)
    taken = (await sheet.cells(rows[4].key))["item"]
    with pytest.raises(FrameError, match="is that of row 6, and the model API takes each once"):
        await sheet.change(Insert(None, {"item": taken}))
    pair = await sheet.items([rows[2].key, rows[3].key])
    pair.append(json.dumps({"role": "user", "content": "From elsewhere", "_metadata": {"tag": "x"}}))
    written = await changed(Insert(None, copies="\n".join(pair)))
    assert len(written.keys) == 3
    await changed(Move([rows[0].key], rows[4].key))
    now = {row.key: row for row in await rows_of(sheet)}
    await changed(Delete([rows[2].key, rows[3].key, rows[1].key], [now[rows[n].key].stamp for n in (2, 3, 1)]))
    assert (await sheet.page(0, 9)).figures.undo == 5
    for before in histories[-2::-1]:
        assert await sheet.undo() is not None
        assert shown(await kept.get_items()) == before
    assert await sheet.undo() is None
    assert {row.key for row in await rows_of(sheet)} == {row.key for row in rows}
    for after in histories[1:]:
        assert await sheet.redo() is not None
        assert shown(await kept.get_items()) == after
    assert await sheet.redo() is None


async def test_what_was_added_since_stays(kept):
    """A run writes between an edit and its undo; its items stay at the end, and its rows appear."""
    sheet = AnySheet(kept)
    rows = await rows_of(sheet)
    version = await sheet.version()
    await sheet.change(Delete([rows[0].key], [rows[0].stamp]))
    await kept.add_items([{"role": "user", "content": "More"}])
    assert await sheet.version() != version
    await sheet.undo()
    assert [row.said for row in await rows_of(sheet)] == [*[row.said for row in rows], "More"]


async def test_an_edit_of_an_old_version_is_refused_with_both_values(kept):
    """Somebody else's sheet wrote meanwhile: the edit, and the undo of what is no longer there, write nothing."""
    mine, theirs = AnySheet(kept), AnySheet(kept)
    row, other = (await rows_of(mine))[4], (await rows_of(theirs))[4]
    await mine.change(SetCell(row.key, row.stamp, "text", "First"))
    row = (await rows_of(mine))[4]
    other = (await rows_of(theirs))[4]
    await theirs.change(SetCell(other.key, other.stamp, "text", "Theirs"))
    before = await kept.get_items()
    for refused in (mine.change(SetCell(row.key, row.stamp, "text", "Mine")), mine.undo()):
        with pytest.raises(ConflictError) as error:
            await refused
        assert "First" in error.value.conflicts[0].expected
        assert "Theirs" in error.value.conflicts[0].found
    assert await kept.get_items() == before


async def test_what_a_session_cannot_do_is_told(path, openai, redis_cluster):
    """With the reason, before anybody tries."""
    plain = AnySheet(agents.OpenAIConversationsSession(openai_client=openai))
    assert plain.session_id == "(not begun)"
    await plain.page(0, 1)
    assert "deletes the conversation itself" in plain.cannot["edit"]
    assert set(plain.cannot) == {"edit", "delete", "move", "undo", "metadata", "branch"}
    with pytest.raises(FrameError, match=r"nbagents\.SQLiteSession can branch"):
        await plain.branch("new", "r1")
    async with RedisCluster(host="127.0.0.1", port=redis_cluster) as client:
        cluster = AnySheet(CompressedSession(RedisSession("s", redis_client=client)))
        await cluster.page(0, 1)
        assert "Redis Cluster has no transaction" in cluster.cannot["insert"]


async def test_a_session_bound_to_a_loop_is_asked_there(path, redis_url):
    """A sheet says where it must be asked; sessions that serve any loop leave it open."""
    assert AnySheet(UsersOwn()).loop is asyncio.get_running_loop()
    assert AnySheet(CompressedSession(UsersOwn())).loop is asyncio.get_running_loop()
    assert AnySheet(agents.SQLiteSession("s")).loop is None
    assert AnySheet(CompressedSession(SQLiteSession("s", path))).loop is None
    assert AnySheet(RedisSession.from_url("s", redis_url)).loop is None


CONTENTS = st.lists(st.integers(0, 3), max_size=8)


@given(CONTENTS, CONTENTS)
def test_rows_keep_their_names(was, now):
    """No two rows share a name, each row that stays as it was keeps one that had its content, and none is lost."""
    keys = [f"k{n}" for n in range(len(was))]
    new = iter(f"n{n}" for n in range(99))
    found = followed(was, keys, now, lambda: next(new))
    assert len(set(found)) == len(found) == len(now)
    for content in set(was) & set(now):
        old = {key for key, each in zip(keys, was, strict=True) if each == content}
        kept = {key for key, each in zip(found, now, strict=True) if each == content}
        assert len(old & kept) == min(was.count(content), now.count(content))


ITEMS = st.sampled_from(
    [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"type": "reasoning", "id": "rs", "summary": []},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "x"},
    ]
)
KINDS = ["set", "insert", "copy", "delete", "move", "undo", "undo", "redo", "run"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(ITEMS, max_size=6),
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9), ITEMS), max_size=15),
    st.sampled_from(["error", "pair", "stub"]),
)
def test_sheet_and_session_agree_after_any_changes(items, steps, policy):
    """Whatever was changed, undone or added, the page is the history, and no change makes an orphan."""

    async def run():
        session = UsersOwn()
        await session.add_items(items)
        sheet = AnySheet(session)
        for kind, place, item in steps:
            rows = await rows_of(sheet)
            before = list(session.items)
            if kind == "run":
                await session.add_items([{"role": "user", "content": f"Go {place}"}])
            elif kind in {"undo", "redo"} or rows or kind == "insert":
                with suppress(NbAgentsError):
                    await _do(sheet, rows, kind, place, item, policy)
            assert [json.dumps(each) for each in session.items] == [
                (await sheet.cells(row.key))["item"] for row in await rows_of(sheet)
            ]
            if kind not in {"undo", "redo"}:
                assert set(lone(session.items)) <= set(lone(before))

    asyncio.run(run())


async def _do(sheet, rows, kind, place, item, policy):
    row = rows[place % len(rows)] if rows else None
    before = row.key if row and place % 2 else None
    if kind in {"undo", "redo"}:
        return await getattr(sheet, kind)()
    if kind == "set":
        change = SetCell(row.key, row.stamp, "item", json.dumps({**item, "edited": place}))
    elif kind == "insert":
        change = Insert(before, {"item": json.dumps(item)})
    elif kind == "copy":
        change = Insert(before, copies="\n".join(await sheet.items([row.key])))
    else:
        change = Delete([row.key], [row.stamp]) if kind == "delete" else Move([row.key], before)
    return await sheet.change(change, policy)
