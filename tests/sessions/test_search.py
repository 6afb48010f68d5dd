"""Full-text search: everything said, called and answered, up to date, in one session or in all."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress

import agents
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbagents import search_sessions
from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}


def user(text):
    return {"role": "user", "content": text}


@pytest.mark.parametrize(
    ("text", "where", "place"),
    [
        ("arrived", "text", 0),
        ("LAMP broken", "text", 0),
        ('"broken, order A-1043"', "text", 0),
        ("lookup_order", "tool", 3),
        ("delivered", "output", 3),
        ("sorry", "text", 4),
        ("look it", "text", 1),
        ("arriv", "text", 0),
    ],
)
async def test_every_role_and_tool(filled, text, where, place):
    """Users, assistants, reasoning, tools, arguments and outputs; the newest first."""
    found = await filled.search(text)
    assert found["id"].tolist()[:1] == [(place + 1) * 1024]
    assert found["where"].tolist()[:1] == [where]
    assert found.attrs["found"] == len(found)


async def test_arguments_are_searched(filled):
    """A tool's argument is found in the call."""
    found = await filled.search("order_id")
    assert found[["type", "where"]].to_numpy().tolist() == [["function_call", "arguments"]]
    assert found["excerpt"].tolist() == ['{"order_id": "A-1043"}']


async def test_items_of_other_types_are_searched_whole(session):
    """What the frame has no column for."""
    await session.add_items([{"type": "web_search_call", "id": "ws", "action": {"query": "lamp repair"}}])
    assert (await session.search("repair"))["where"].tolist() == ["item"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("Où est ma lampe ?", "ou EST"),
        ("ランプが壊れて届きました。", "壊れて"),
        ("我的灯坏了", "灯"),
        ("50% off_now", "50%"),
        ('say "hello" it\'s', "it's"),
        ("the NEAR OR AND words", "NEAR AND"),
        ("text:value", "text:value"),
        ("(a) -b *c", "(a -b"),
        ("a 🪔 lit", "🪔"),
    ],
)
async def test_any_text_can_be_searched(session, item, text):
    """Accents, scripts without spaces, and what is grammar to FTS5."""
    await session.add_items([user("nothing to see"), user(item)])
    assert (await session.search(text))["id"].tolist() == [2048]


async def test_the_index_follows_every_change(filled, path):
    """Adds, edits, moves, pops, undos, branches, and what plain SDK code writes and removes."""

    async def ids(text):
        return (await filled.search(text))["id"].tolist()

    assert await ids("lamp") == [5120, 1024]
    frame = await filled.to_frame()
    frame.loc[0, "text"] = "My chair arrived."
    await filled.apply_frame(frame)
    assert (await ids("lamp"), await ids("chair")) == ([5120], [1024])
    await filled.undo()
    assert (await ids("lamp"), await ids("chair")) == ([5120, 1024], [])
    theirs = agents.SQLiteSession("support-42", path)
    await theirs.add_items([user("The lamp again.")])
    assert await ids("lamp") == [5121, 5120, 1024]
    await theirs.pop_item()
    theirs.close()
    assert await ids("lamp") == [5120, 1024]
    branch = await filled.branch("b")
    assert len(await branch.search("lamp")) == 2
    assert await ids("lamp") == [5120, 1024]
    await filled.clear_session()
    assert await ids("lamp") == []
    await filled.undo()
    assert await ids("lamp") == [5120, 1024]
    await branch.close()


async def test_all_sessions_of_a_file(filled, path):
    """One search over every session; a session sees its own items only."""
    async with SQLiteSession('it\'s "another"', path) as other:
        await other.add_items([user("A lamp of mine.")])
        assert len(await other.search("lamp")) == 1
    found = await search_sessions("lamp", path)
    assert found["session_id"].tolist() == ['it\'s "another"', "support-42", "support-42"]
    assert len(await search_sessions("lamp", path.with_name("none.db"))) == 0
    assert not path.with_name("none.db").exists()


async def test_a_limit_says_what_it_cut(session):
    """The frame has so many rows, and tells how many there are."""
    await session.add_items([user(f"lamp {number}") for number in range(30)])
    found = await session.search("lamp", limit=10)
    assert (len(found), found.attrs["found"]) == (10, 30)
    assert found["id"].tolist()[0] == 30 * 1024


async def test_adding_writes_no_index(filled, path):
    """The index costs nothing until something is searched."""
    with closing(sqlite3.connect(path)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert not any(name.startswith("nb_search_agent") for name in names)


async def test_a_long_history_is_indexed_in_pieces(session, path):
    """More than one piece, by two searches at once, in two connections."""
    await session.add_items([user(f"word{number}") for number in range(4500)])
    async with SQLiteSession("support-42", path) as other:
        one, two = await asyncio.gather(session.search("word0"), other.search("word4499"))
    assert (len(one), len(two)) == (1, 1)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM nb_search_agent_messages").fetchone() == (4500,)


async def test_corrupt_rows_hide_nothing(filled, path):
    """A row that is no JSON and one that is no UTF-8 are passed over."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for data in ("'{lamp'", "CAST(x'ff' AS TEXT)"):
            connection.execute(
                f"INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', {data})"
            )
    assert len(await filled.search("lamp")) == 2


def test_no_text_is_a_mistake_in_the_search(path):
    """Whatever somebody types is searched or refused; FTS5's grammar never shows."""
    session = SQLiteSession("s", path)

    @settings(max_examples=150, deadline=None)
    @given(st.text(st.characters(codec="utf-8") | st.sampled_from('"*:^(){}-+~\\'), max_size=12))
    @example("a\x00b")
    @example('"" a "')
    def search(text):
        with suppress(ConfigError):
            asyncio.run(session.search(text))

    asyncio.run(session.add_items([USER]))
    search()
    asyncio.run(session.close())


@pytest.mark.parametrize(("text", "limit"), [("", 1), ("  ", 1), ("!?", 1), (None, 1), ("a", 0), ("a", -1)])
async def test_nothing_to_search(filled, text, limit):
    """The error names the argument."""
    with pytest.raises(ConfigError, match=r"no word to search|limit="):
        await filled.search(text, limit)


async def test_an_excerpt_is_cut(session):
    """A long text shows what stands around the word."""
    await session.add_items([user("x " * 500 + "lamp" + " y" * 500)])
    excerpt = (await session.search("lamp"))["excerpt"][0]
    assert excerpt.startswith("…x")
    assert excerpt.endswith("y…")
    assert "lamp" in excerpt
    assert len(excerpt) < 130
