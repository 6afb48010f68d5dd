"""All sessions of a file as a table: what is in them, what they are called, what changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import agents
import pytest

import nbagents
from nbagents import list_sessions
from nbagents.errors import ConfigError, StoreOpenError
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}
EVIL = "<img src=x onerror=alert(1)>\n$x$"
ANSWER = {"role": "assistant", "content": "Hello"}


async def listed(path):
    frame = await list_sessions(path)
    return {row.session_id: row for row in frame.itertuples(index=False)}


async def test_what_is_in_a_file(filled, path, history):
    """Items, turns, tokens, agents and times are those of the session's own statistics."""
    await filled.add_items([{**ANSWER, "_metadata": {"agent": "triage"}}])
    stats = await filled.get_session_stats()
    found = (await listed(path))["support-42"]
    assert (found.items, found.turns, found.tokens) == (6, 1, stats.tokens)
    assert found.agents == stats.agents == ("triage",)
    assert found.first_time == stats.first_item_time
    assert found.title == "My lamp arrived broken, order A-1043."


async def test_the_newest_first(path):
    """By the time of the last item, and by name where that is the same; a session without items comes last."""
    for name in ("b", "a"):
        async with SQLiteSession(name, path) as session:
            await session.add_items([USER])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE agent_messages SET created_at = '2030-01-01 00:00:00' WHERE session_id = 'b'")
        connection.execute("INSERT INTO agent_sessions (session_id) VALUES ('empty')")
    assert (await list_sessions(path))["session_id"].tolist() == ["b", "a", "empty"]


async def test_titles_and_tags(filled, path):
    """They are set, changed and taken away, and another process sees them."""
    await filled.set_title("  A broken lamp ")
    assert await filled.tag("lamps", "refund") == ("lamps", "refund")
    assert await filled.tag("lamps", "urgent") == ("lamps", "refund", "urgent")
    assert await filled.untag("refund", "unknown") == ("lamps", "urgent")
    found = (await listed(path))["support-42"]
    assert (found.title, found.tags) == ("A broken lamp", ("lamps", "urgent"))
    await filled.set_title(None)
    assert (await listed(path))["support-42"].title.startswith("My lamp")


@pytest.mark.parametrize("value", ["", "  ", 3])
async def test_labels_that_are_none(filled, value):
    """The error names the argument; nothing is written."""
    with pytest.raises(ConfigError, match="title="):
        await filled.set_title(value)
    with pytest.raises(ConfigError, match="tag "):
        await filled.tag("good", value)
    assert await filled.tag() == ()


async def test_every_change_is_seen(filled, path):
    """Figures are counted anew after an add, a pop, an edit in place, an undo, and a write of the SDK's."""

    async def figures():
        found = (await listed(path)).get("support-42")
        return found and (found.items, found.turns, found.tokens)

    start = await figures()
    frame = await filled.to_frame()
    frame.loc[0, "text"] = "My lamp."
    await filled.apply_frame(frame)
    edited = await figures()
    assert edited[:2] == start[:2]
    assert edited[2] < start[2]
    await filled.undo()
    assert await figures() == start
    theirs = agents.SQLiteSession("support-42", path)
    await theirs.add_items([USER])
    assert await figures() == (6, 2, start[2] + 1)
    await theirs.pop_item()
    theirs.close()
    assert await figures() == start
    await filled.clear_session()
    assert await figures() is None
    await filled.undo()
    assert await figures() == start


async def test_kept_figures_are_those_of_a_first_look(filled, path):
    """The second look reads no item, and says the same."""
    first = await list_sessions(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT items FROM nb_figures").fetchall() == [(5,)]
    second = await list_sessions(path)
    assert second.equals(first)
    assert second.dtypes.equals(first.dtypes)


async def test_a_file_that_is_busy_is_read_all_the_same(filled, path):
    """Somebody writes: the list is read, and its figures are not kept."""
    with closing(sqlite3.connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert (await listed(path))["support-42"].items == 5
        holder.rollback()


async def test_corrupt_rows_do_not_count(filled, path):
    """The list counts items."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', '42')")
    assert (await listed(path))["support-42"].items == 5


async def test_plain_files_and_other_tables(tmp_path):
    """A file of the SDK's, and one whose tables have other names."""
    theirs = agents.SQLiteSession("s", tmp_path / "sdk.db")
    await theirs.add_items([USER])
    theirs.close()
    assert (await list_sessions(tmp_path / "sdk.db"))["title"].tolist() == ["Hi"]
    async with SQLiteSession("s", tmp_path / "x.db", "chats", "lines") as session:
        await session.add_items([USER])
        await session.tag("t")
    frame = await list_sessions(tmp_path / "x.db", "chats", "lines")
    assert frame[["session_id", "tags"]].to_numpy().tolist() == [["s", ("t",)]]


async def test_what_cannot_be_listed(tmp_path, monkeypatch):
    """No file is no session and makes none; memory and what is no database are refused."""
    frame = await list_sessions(tmp_path / "none.db")
    assert (len(frame), str(frame["last_time"].dtype)) == (0, "datetime64[us, UTC]")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(ConfigError, match="memory"):
        await list_sessions(":memory:")
    (tmp_path / "text.db").write_text("not a database" * 100)
    with pytest.raises(StoreOpenError, match="not a SQLite file"):
        await list_sessions(tmp_path / "text.db")


async def test_the_file_beside_the_notebook(monkeypatch, path):
    """Without a path it is the file that a session without one uses."""
    monkeypatch.setenv("NBAGENTS_DB", str(path))
    async with nbagents.SQLiteSession("s") as session:
        await session.add_items([USER])
    assert len(await list_sessions()) == 1


async def test_it_shows_itself_and_is_a_frame(path):
    """A headline and the newest forty, in text and in HTML; what is selected of it is what pandas makes of it."""
    for number in range(41):
        async with SQLiteSession(f"s{number}", path) as session:
            await session.add_items([{"role": "user", "content": f"Item {number}"}])
    async with SQLiteSession("lamp", path) as session:
        await session.add_items([{"role": "user", "content": EVIL}, {**ANSWER, "_metadata": {"agent": "<b>"}}])
        await session.tag("refund")
    frame = await list_sessions(path)
    for shown in (frame._repr_html_(), repr(frame)):
        assert "42 sessions" in shown
        assert "43 items" in shown
        assert "showing 40 of 42" in shown
        assert "refund" in shown
    assert frame._repr_html_().count("<tr>") == 41
    assert len(repr(frame).splitlines()) == 42
    assert "<img" not in frame._repr_html_()
    assert "<b>" not in frame._repr_html_()
    assert "&lt;img src=x onerror=alert(1)&gt; <span>$</span>x<span>$</span>" in frame._repr_html_()
    lamps = frame[frame["tags"].map(lambda tags: "refund" in tags)]
    assert "1 session " in repr(lamps)
    assert frame["items"].sum() == 43
    assert "refund" in frame[["session_id", "tags"]]._repr_html_()
    assert repr(frame.head(0)) == "no sessions"
