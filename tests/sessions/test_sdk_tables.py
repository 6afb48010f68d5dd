"""The two tables are the SDK's: either opens the other's file."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import agents

from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


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
