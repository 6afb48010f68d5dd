"""Branches: from any item, apart from each other, remembered, and lined up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import agents
import pandas as pd
import pytest

from nbagents.errors import (
    ConfigError,
    FrameError,
    ItemNotFoundError,
    SessionExistsError,
    SessionNotFoundError,
)
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.orphans import lone

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


def asked(path, select):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(select).fetchall()


@pytest.fixture
async def ids(filled):
    return (await filled.to_frame())["id"].tolist()


@pytest.mark.parametrize("place", range(5))
async def test_from_any_item(filled, ids, history, place):
    """The first, the last and any between; what lost its other half is left out, so that a model takes it."""
    branch = await filled.branch("b", ids[place])
    items = await branch.get_items()
    assert lone(items) == {}
    assert items == {0: history[:1], 1: history[:1], 2: history[:1]}.get(place, history[: place + 1])
    assert await filled.get_items() == history
    await branch.close()


async def test_an_id_as_the_frame_has_it(filled):
    """A number of numpy's, as a cell of the frame is."""
    branch = await filled.branch("b", (await filled.to_frame())["id"].iloc[0])
    assert len(await branch.get_items()) == 1
    await branch.close()


async def test_at_the_head(filled, history):
    """Without an item it is the last; times and metadata come along."""
    await filled.add_items([{**USER, "_metadata": {"agent": "a"}}])
    branch = await filled.branch("b")
    assert await branch.get_items(with_metadata=True) == [*history, {**USER, "_metadata": {"agent": "a"}}]
    ours, theirs = await filled.to_frame(), await branch.to_frame()
    assert ours["created_at"].tolist() == theirs["created_at"].tolist()
    assert set(ours["id"]).isdisjoint(theirs["id"])
    await branch.close()


async def test_a_call_may_keep_a_stub(filled, ids, history):
    """Branching right after a call asks what another output would have led to."""
    branch = await filled.branch("b", ids[2], on_orphan="stub")
    items = await branch.get_items()
    assert (items[:3], items[3]["call_id"]) == (history[:3], "call_1")
    with pytest.raises(FrameError, match="no output"):
        await filled.branch("c", ids[2], on_orphan="error")
    await branch.close()


async def test_an_empty_session_branches(session):
    """There may be nothing to take along."""
    branch = await session.branch("b")
    await branch.add_items([USER])
    assert (await session.get_items(), await branch.get_items()) == ([], [USER])
    await branch.close()


async def edited(session, place):
    frame = await session.to_frame()
    frame.loc[frame.index[place], "text"] = "Edited"
    await session.apply_frame(frame)


async def shortened(session, place):
    frame = await session.to_frame()
    await session.apply_frame(frame.drop(frame.index[place]))


async def undone(session):
    await shortened(session, 0)
    await session.undo()


async def redone(session):
    await undone(session)
    await session.redo()


async def by_the_sdk(session, change):
    theirs = agents.SQLiteSession(session.session_id, session.db_path)
    await change(theirs)
    theirs.close()


CHANGES = {
    "edit the first": lambda session: edited(session, 0),
    "edit the last": lambda session: edited(session, -1),
    "delete the first": lambda session: shortened(session, 0),
    "delete the last": lambda session: shortened(session, -1),
    "add": lambda session: session.add_items([USER]),
    "pop": lambda session: session.pop_item(),
    "clear": lambda session: session.clear_session(),
    "undo": undone,
    "redo": redone,
    "add by the SDK": lambda session: by_the_sdk(session, lambda theirs: theirs.add_items([USER])),
    "pop by the SDK": lambda session: by_the_sdk(session, lambda theirs: theirs.pop_item()),
    "clear by the SDK": lambda session: by_the_sdk(session, lambda theirs: theirs.clear_session()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("changes", ["parent", "branch"])
async def test_an_edit_in_one_never_shows_in_the_other(filled, history, changes, change):
    """Whatever is done in either, by plain SDK code too, the other has its rows as before, and its own undo."""
    branch = await filled.branch("b")
    mine, other = (filled, branch) if changes == "parent" else (branch, filled)
    before = await other.to_frame()
    await change(mine)
    assert (await other.to_frame()).equals(before)
    assert await other.undo() is None
    await edited(other, 0)
    assert (await other.undo()).updated == 1
    assert await other.get_items() == history
    await branch.close()


async def test_both_go_on_apart(filled, ids, path, history):
    """Changes and undos of both, in turns, each take back their own."""
    branch = await filled.branch("b", ids[4])
    await edited(branch, 0)
    mine = await branch.get_items()
    await by_the_sdk(filled, lambda theirs: theirs.pop_item())
    await filled.clear_session()
    assert await branch.get_items() == mine
    await filled.undo()
    await branch.undo()
    assert (await filled.get_items(), await branch.get_items()) == (history[:-1], history)
    assert await branch.undo() is None
    await branch.close()


async def test_plain_sdk_code_goes_on_in_a_branch(filled, path, history):
    """A branch is a session of the SDK's tables."""
    await (await filled.branch("b")).close()
    theirs = agents.SQLiteSession("b", path)
    assert await theirs.get_items() == history
    await theirs.add_items([USER])
    assert (await (await filled.switch("b")).get_items())[-1] == USER
    theirs.close()


_LATER = """
import asyncio, sys
from nbagents.sessions.sqlite.session import SQLiteSession

async def main(path):
    session = SQLiteSession("support-42", path)
    print((await session.switch()).session_id)
    print((await SQLiteSession("c", path).switch("b")).session_id)
    print((await session.switch()).session_id)

asyncio.run(main(sys.argv[1]))
"""


async def test_the_current_branch_is_remembered(filled, path):
    """By every session of the family, in another kernel too."""
    assert (await filled.switch()).session_id == "support-42"
    branch = await filled.branch("b")
    await branch.branch("c")
    later = subprocess.run([sys.executable, "-c", _LATER, path], capture_output=True, text=True, check=True)  # noqa: ASYNC221 - nothing else runs here
    assert later.stdout.split() == ["c", "b", "b"]
    assert (await filled.branches()).set_index("session_id")["current"].to_dict() == {
        "support-42": False,
        "b": True,
        "c": False,
    }


async def test_branches_say_where_they_part(filled, ids):
    """The item, in words too; after an edit the point moves to where they differ now."""
    one = await filled.branch("one", ids[4])
    two = await one.branch("two", (await one.to_frame())["id"][0])
    await one.add_items([USER])
    for session in (filled, one, two):
        frame = (await session.branches()).set_index("session_id")
        assert frame["parent"].tolist() == [None, "support-42", "one"]
        assert frame["common"].tolist()[1:] == [5, 1]
        assert frame["at"].tolist()[1:] == [
            "assistant: I'm sorry about the lamp.",
            "user: My lamp arrived broken, order A-1043.",
        ]
        assert frame["items"].tolist() == [5, 6, 1]
        assert frame.loc["one", "at_id"] == ids[4]
    frame = await one.to_frame()
    frame.loc[0, "text"] = "Edited"
    await one.apply_frame(frame)
    assert (await one.branches())["common"].tolist()[1:] == [0, 0]


@pytest.mark.parametrize("name", ["support-42", "other", "gone"])
async def test_a_name_that_was_used_is_refused(filled, path, name):
    """A session that is there, and one whose items an undo could bring back."""
    for other in ("other", "gone"):
        async with SQLiteSession(other, path) as session:
            await session.add_items([USER])
            if other == "gone":
                await session.clear_session()
    with pytest.raises(SessionExistsError, match="another name") as caught:
        await filled.branch(name)
    assert caught.value.session_id == name
    assert len(await filled.branches()) == 1


async def test_bad_arguments(filled):
    """An item that is not there, a name that is none, a branch that does not exist."""
    with pytest.raises(ItemNotFoundError, match="no item with id 7") as caught:
        await filled.branch("b", 7)
    assert caught.value.id == 7
    for at in ("5", 1.5, pd.NA):
        with pytest.raises(ConfigError, match=r"at=.* is no id of an item"):
            await filled.branch("b", at)
    for name in ("", None, 3):
        with pytest.raises(ConfigError, match="new_id"):
            await filled.branch(name)
    with pytest.raises(SessionNotFoundError, match="has no branch 'b'; it has support-42"):
        await filled.switch("b")
    with pytest.raises(SessionNotFoundError, match="no session 'b' in this file"):
        await filled.compare("b")
    assert len(await filled.branches()) == 1


async def test_corrupt_rows_stay_where_they_are(filled, path, history):
    """A row that holds no item is named once and not copied."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', '42')")
    with pytest.warns(UserWarning, match="holds no item"):
        branch = await filled.branch("b")
    assert await branch.get_items() == history
    assert len(asked(path, "SELECT * FROM agent_messages")) == 11


async def test_a_session_in_memory_branches():
    """What is in memory is shared by its branches."""
    async with SQLiteSession("s", ":memory:") as session:
        await session.add_items([USER])
        branch = await session.branch("b")
        await branch.add_items([ANSWER])
        assert (await session.get_items(), await branch.get_items()) == ([USER], [USER, ANSWER])


async def test_compare_lines_up(filled, ids):
    """Equal items side by side, changed ones too, and what only one has alone; ids of servers do not count."""
    branch = await filled.branch("b", ids[4])
    frame = await branch.to_frame()
    frame.loc[4, "text"] = "Shall I refund it?"
    await branch.apply_frame(frame.loc[[0, 4]])
    await branch.add_items([USER])
    lines = await filled.compare("b")
    assert lines["status"].tolist() == ["same", "only here", "only here", "only here", "changed", "only there"]
    assert lines["position"].tolist()[:5] == [1, 2, 3, 4, 5]
    assert lines["other_position"].dropna().tolist() == [1, 2, 3]
    assert lines["what"].tolist()[2] == 'lookup_order({"order_id": "A-1043"})'
    assert lines["other_what"].tolist()[4:] == ["Shall I refund it?", "Hi"]


async def test_compare_with_anybodys_session(filled, history):
    """The other may be the SDK's; an item with another id of its own is the same item."""
    other = agents.SQLiteSession("x")
    await other.add_items([*history[:4], {**history[4], "id": "msg_2"}])
    assert (await filled.compare(other))["status"].tolist() == ["same"] * 5
    other.close()
