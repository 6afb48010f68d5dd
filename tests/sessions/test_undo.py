"""Edits taken back and made again, in this kernel or a later one, and the log of them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import agents
import pandas as pd
import pytest

from nbagents.errors import ConfigError, ConflictError, FrameError
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.edits import EditReport

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


def stored(path):
    """Every row as it lies in the file, with its metadata."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return connection.execute(
            "SELECT id, session_id, message_data, m.created_at, metadata FROM agent_messages m "
            "LEFT JOIN nb_item_metadata ON message_id = id ORDER BY id"
        ).fetchall()


def asked(path, select):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(select).fetchall()


async def edited(session, edit):
    frame = await session.to_frame()
    return await session.apply_frame(edit(frame))


def with_text(text, row=0):
    def edit(frame):
        frame.loc[row, "text"] = text
        return frame

    return edit


EDITS = {
    "update": with_text("Another order."),
    "insert": lambda frame: pd.concat(
        [
            frame.astype(object),
            pd.DataFrame([{"role": "user", "text": "And?", "metadata": '{"agent": "a"}'}]),
        ]
    ),
    "delete": lambda frame: frame.drop(index=[0]),
    "move": lambda frame: frame.loc[[1, 2, 3, 4, 0]],
    "all": lambda frame: pd.concat(
        [
            with_text("Other", 4)(frame).loc[[4, 1, 2, 3]].astype(object),
            pd.DataFrame([{"role": "user", "text": "New"}]),
        ]
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
async def test_undo_and_redo_are_exact(filled, path, edit):
    """Ids, times, bytes and metadata are what they were; both ways, and again."""
    before = stored(path)
    report = await edited(filled, edit)
    after = stored(path)
    assert after != before
    for _ in range(2):
        undone = await filled.undo()
        assert stored(path) == before
        assert (undone.inserted, undone.deleted) == (report.deleted, report.inserted)
        assert await filled.redo() == report
        assert stored(path) == after


@pytest.mark.parametrize("method", ["pop_item", "clear_session"])
async def test_what_was_removed_comes_back(filled, path, method):
    """A pop and a clear are edits like any other; the session's own time too."""
    begun = asked(path, "SELECT created_at FROM agent_sessions")
    before = stored(path)
    await getattr(filled, method)()
    await filled.undo()
    assert stored(path) == before
    assert asked(path, "SELECT created_at FROM agent_sessions") == begun


async def test_bytes_that_are_no_text_come_back(filled, path):
    """Undoing a clear gives a corrupt row back byte by byte."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', CAST(x'ff00fe' AS TEXT))"
        )
    before = stored(path)
    await filled.clear_session()
    await filled.undo()
    assert stored(path) == before


async def test_nothing_to_undo(filled, path):
    """Adding is no edit; there is nothing to take back, and nothing to make again."""
    before = stored(path)
    assert (await filled.undo(), await filled.redo()) == (None, None)
    assert stored(path) == before


async def test_an_edit_after_an_undo_leaves_nothing_to_redo(filled):
    """The branch of time that was left cannot be redone, and stays in the log."""
    await edited(filled, with_text("One"))
    await filled.undo()
    await edited(filled, with_text("Two"))
    assert await filled.redo() is None
    assert await filled.undo() == EditReport(0, 1, 0)
    assert await filled.undo() is None
    log = await filled.edit_log()
    assert log["origin"].tolist() == ["frame", "undo", "frame", "undo"]
    assert log["undone"].tolist() == [True, False, True, False]


_LATER = """
import asyncio, sys
from nbagents.sessions.sqlite.session import SQLiteSession

async def main(path):
    async with SQLiteSession("s", path) as session:
        print((await session.undo(700)).inserted)
        for _ in range(310):
            await session.undo()
        print(len(await session.get_items()), await session.undo())
        print((await session.redo(1100)).deleted)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_thousand_steps_survive_a_restart(path):
    """1,010 edits undone by another process, one by one and many at once, and all made again."""
    async with SQLiteSession("s", path) as session:
        await session.add_items([{"role": "user", "content": f"item {number}"} for number in range(1001)])
        first = stored(path)
        for number in range(10):
            await edited(session, with_text(f"edit {number}"))
        for _ in range(1000):
            await session.pop_item()
        last = stored(path)
    command = [sys.executable, "-c", _LATER, path]
    later = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert later.stdout.split() == ["700", "1001", "None", "1000"]
    assert stored(path) == last
    async with SQLiteSession("s", path) as session:
        await session.undo(10_000)
        assert stored(path) == first
        assert len(await session.edit_log()) == 4 * 1010


async def test_what_was_added_since_stays(filled, path):
    """Undo takes the edit back, not what came after it."""
    await edited(filled, with_text("Other"))
    await filled.add_items([USER])
    await filled.undo()
    assert [item.get("content") for item in await filled.get_items()][0::5] == [
        "My lamp arrived broken, order A-1043.",
        "Hi",
    ]
    await filled.undo()


async def test_a_changed_row_is_a_conflict(filled, path):
    """Undo would overwrite what somebody else wrote; both values are shown, and nothing is written."""
    await edited(filled, with_text("Mine"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE agent_messages SET message_data = ? WHERE id = 1024", (json.dumps(USER),))
    before = stored(path)
    with pytest.raises(ConflictError, match="since step 1 of the edit log") as caught:
        await filled.undo()
    assert "Mine" in caught.value.conflicts[0].expected
    assert json.loads(caught.value.conflicts[0].found) == USER
    assert stored(path) == before
    assert len(await filled.edit_log()) == 1


async def test_an_undo_of_several_steps_is_one_transaction(filled, path):
    """A conflict at the second step leaves the first as it was."""
    await edited(filled, with_text("Mine"))
    await edited(filled, with_text("Sorry!", 4))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE agent_messages SET message_data = ? WHERE id = 1024", (json.dumps(USER),))
    before = stored(path)
    with pytest.raises(ConflictError):
        await filled.undo(2)
    assert stored(path) == before


async def test_what_was_added_since_keeps_its_other_half(session, path):
    """An output came after its call was edited in: taking the call back would leave it alone."""
    await session.add_items([USER])
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    await session.add_items([call])
    await session.pop_item()
    await session.undo()
    await session.add_items([{"type": "function_call_output", "call_id": "c", "output": "x"}])
    before = stored(path)
    with pytest.raises(FrameError, match=r"step 1 .* made again: .* 'c' has no call before it"):
        await session.redo()
    assert stored(path) == before


async def test_a_sessions_undo_leaves_others(path):
    """Two sessions of one file have a log each."""
    one, other = SQLiteSession("one", path), SQLiteSession("other", path)
    for session in (one, other):
        await session.add_items([USER])
        await session.clear_session()
    await one.undo()
    assert (await one.get_items(), await other.get_items()) == ([USER], [])
    assert [len(await session.edit_log()) for session in (one, other)] == [2, 1]
    await one.close()
    await other.close()


async def test_the_sdk_pops_between(filled, path):
    """Plain SDK code knows of no log; an undo that still fits is made, one that does not is refused."""
    await edited(filled, with_text("Other"))
    theirs = agents.SQLiteSession("support-42", path)
    await theirs.pop_item()
    await filled.undo()
    assert (await filled.get_items())[0]["content"] == "My lamp arrived broken, order A-1043."
    await filled.redo()
    await theirs.clear_session()
    theirs.close()
    with pytest.raises(ConflictError, match="nothing"):
        await filled.undo()


async def test_a_cleared_session_that_goes_on_is_not_forgotten(session, path):
    """Redoing a clear does not take the entry of a session that has new items."""
    await session.add_items([USER])
    await session.clear_session()
    await session.undo()
    await session.add_items([ANSWER])
    await session.redo()
    assert await session.get_items() == [ANSWER]
    assert len(asked(path, "SELECT * FROM agent_sessions")) == 1


async def test_the_log_says_who_what_and_when(filled, monkeypatch):
    """One row for a step, or one for each row that a step touched, with its JSON on both sides."""
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    await edited(filled, with_text("My chair."))
    await edited(filled, lambda frame: frame.drop(index=[0]))
    await filled.undo()
    log = await filled.edit_log()
    assert log["what"].tolist() == [
        "user: My lamp arrived broken, order A-1043. → user: My chair.",
        "- user: My chair.",
        "+ user: My chair.",
    ]
    assert log["author"].tolist() == ["ada"] * 3
    assert log["of_step"].tolist() == [pd.NA, pd.NA, 2]
    assert str(log["at"].dtype) == "datetime64[us, UTC]"
    assert log["at"].is_monotonic_increasing
    rows = await filled.edit_log(rows=True)
    assert rows["id"].tolist() == [1024, 1024, 1024]
    assert rows["before"].isna().tolist() == [False, False, True]
    assert json.loads(rows["after"][0])["content"] == "My chair."


async def test_the_log_is_only_added_to(filled, path):
    """Neither we nor anybody else changes or removes what is in it."""
    await edited(filled, with_text("Other"))
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "UPDATE nb_edit_steps SET author = 'x'",
            "DELETE FROM nb_edit_steps",
            "UPDATE nb_edit_rows SET data = 'x'",
            "DELETE FROM nb_edit_rows",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(statement)


@pytest.mark.parametrize("steps", [0, -1, 1.5, True, "1"])
async def test_a_number_of_steps_that_is_none(filled, steps):
    """The error names the argument."""
    with pytest.raises(ConfigError, match="steps="):
        await filled.undo(steps)


async def test_an_empty_log(session):
    """A log without steps has its columns all the same."""
    assert await session.edit_log() is not None
    assert list((await session.edit_log(rows=True)).columns)[-2:] == ["metadata_before", "metadata_after"]


def test_undo_on_two_event_loops(path):
    """An edit on one loop is taken back on another."""
    session = SQLiteSession("s", path)
    asyncio.run(session.add_items([USER]))
    asyncio.run(session.clear_session())
    assert asyncio.run(session.undo()) == EditReport(1, 0, 0)
    assert asyncio.run(session.get_items()) == [USER]
    asyncio.run(session.close())
