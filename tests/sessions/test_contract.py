"""What the SDK's SQLiteSession does and ours must do too: one suite over both."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing

import agents
import pytest
from agents.memory import Session, SessionSettings

from nbagents.sessions.sqlite_session import SQLiteSession

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


@pytest.fixture(params=[agents.SQLiteSession, SQLiteSession], ids=["sdk", "ours"])
async def make(request, path):
    made = []

    def make(session_id="s", **options):
        made.append(request.param(session_id, path, **options))
        return made[-1]

    yield make
    for session in made:
        closing_ = session.close()
        if closing_ is not None:
            await closing_


async def test_satisfies_the_protocol(make):
    """A session is one by the SDK's own protocol."""
    assert isinstance(make(), Session)


async def test_items_come_back_as_they_were_added(make, history):
    """Order and values are kept, over several adds."""
    session = make()
    await session.add_items(history[:2])
    await session.add_items([])
    await session.add_items(history[2:])
    assert await session.get_items() == history


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, [0, 1, 2, 3, 4]), (2, [3, 4]), (99, [0, 1, 2, 3, 4]), (0, []), (-1, [0, 1, 2, 3, 4])],
)
async def test_limit_is_the_newest_oldest_first(make, history, limit, expected):
    """A limit gives the newest N, 0 none, a negative all."""
    session = make()
    await session.add_items(history)
    assert await session.get_items(limit) == [history[place] for place in expected]


@pytest.mark.parametrize("settings", [SessionSettings(limit=1), {"limit": 1}])
async def test_settings_give_the_default_limit(make, settings):
    """An explicit limit wins over the settings'."""
    session = make(session_settings=settings)
    await session.add_items([USER, ANSWER])
    assert await session.get_items() == [ANSWER]
    assert await session.get_items(2) == [USER, ANSWER]


async def test_pop_takes_the_newest(make):
    """Popping goes back in time and ends with None."""
    session = make()
    await session.add_items([USER, ANSWER])
    assert [await session.pop_item() for _ in range(3)] == [ANSWER, USER, None]


async def test_clear_leaves_other_sessions(make):
    """Sessions of one file do not touch each other."""
    one, other = make("one"), make("other")
    await one.add_items([USER])
    await other.add_items([ANSWER])
    await one.clear_session()
    assert (await one.get_items(), await other.get_items()) == ([], [ANSWER])


@pytest.mark.parametrize(
    "item", [{"role": "user", "content": "naïve 🪔 \ud800 \x00"}, {"n": 2**70, "x": 1.5, "y": None}]
)
async def test_values_survive(make, item):
    """What JSON can hold comes back the same."""
    session = make()
    await session.add_items([item])
    assert await session.get_items() == [item]


async def test_corrupt_rows_do_not_count(make, path):
    """A limit counts good items only."""
    session = make()
    await session.add_items([USER])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO agent_messages (session_id, message_data) VALUES ('s', '{broken')")
    await session.add_items([ANSWER])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ours names the row, the SDK's says nothing
        assert await session.get_items(2) == [USER, ANSWER]


def _schema(path):
    with closing(sqlite3.connect(path)) as connection:
        return {
            (kind, name): " ".join((sql or "").split())
            for kind, name, sql in connection.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'nb\\_%' ESCAPE '\\'"
                " AND name NOT LIKE 'sqlite_autoindex_nb%'"
            )
        }


async def test_tables_are_the_sdks(tmp_path):
    """Word for word the same tables and index, so that either opens the other's file."""
    agents.SQLiteSession("s", tmp_path / "theirs.db").close()
    async with SQLiteSession("s", tmp_path / "ours.db") as session:
        await session.get_items()
    assert _schema(tmp_path / "ours.db") == _schema(tmp_path / "theirs.db")


async def test_the_sdk_opens_our_file(path, history):
    """Plain SDK code reads, adds and pops in our file, and we see it."""
    async with SQLiteSession("s", path) as ours:
        await ours.add_items([{**history[0], "_metadata": {"agent": "triage"}}])
        theirs = agents.SQLiteSession("s", path)
        await theirs.add_items([ANSWER, USER])
        assert await theirs.get_items() == await ours.get_items() == [history[0], ANSWER, USER]
        assert await theirs.pop_item() == USER
        await ours.add_items([ANSWER])
        assert await theirs.get_items() == [history[0], ANSWER, ANSWER]
        theirs.close()


async def test_we_open_the_sdks_file(path, history):
    """A file of the SDK's has ids, times and everything else in our frame, and can be edited."""
    theirs = agents.SQLiteSession("s", path)
    await theirs.add_items(history)
    async with SQLiteSession("s", path) as ours:
        frame = await ours.to_frame()
        assert frame["id"].tolist() == [1, 2, 3, 4, 5]
        frame.loc[0, "text"] = "My chair arrived broken."
        await ours.apply_frame(frame)
        assert (await theirs.get_items())[0]["content"] == "My chair arrived broken."
    theirs.close()
