from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing

import pytest

from nbagents import errors
from nbagents._sqlite import set_default_path
from nbagents.sessions.items.rows import CorruptRowWarning
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}


def rows(path, table="agent_messages"):
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return connection.execute(f"SELECT id, message_data FROM {table} ORDER BY id").fetchall()


def spoil(path, *values):
    """Write rows that hold no item, each given as what SQLite shall store; returns their ids."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return [
            connection.execute(
                "INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', CAST(? AS TEXT))",
                (value,),
            ).lastrowid
            for value in values
        ]


@pytest.mark.parametrize(
    "bad",
    ["text", None, 42, ["role"], {"content": {1, 2}}, {"n": float("nan")}, {"_metadata": "a", "role": "user"}],
)
async def test_a_bad_item_is_refused_with_its_index(session, bad):
    """Everything is checked before anything is written."""
    with pytest.raises(errors.ItemError, match="item 1") as caught:
        await session.add_items([USER, bad])
    assert (caught.value.index, caught.value.item is bad) == (1, True)
    assert await session.get_items() == []


async def test_an_item_that_contains_itself_is_refused(session):
    """A circle is no JSON."""
    item = {"role": "user"}
    item["content"] = item
    with pytest.raises(errors.ItemError):
        await session.add_items([item])


async def test_metadata_is_kept_apart(session, path):
    """The model API never sees it: it is not in the items, nor in the row the SDK reads."""
    await session.add_items([{**USER, "_metadata": {"agent": "triage"}}, USER])
    assert await session.get_items() == [USER, USER]
    assert await session.get_items(with_metadata=True) == [{**USER, "_metadata": {"agent": "triage"}}, USER]
    assert all(b"_metadata" not in data for _, data in rows(path))


async def test_metadata_in_an_item_of_the_sdks_is_not_sent(session, path):
    """A row that somebody else wrote with the key inside is cleaned on the way out."""
    await session.get_items()
    spoil(path, '{"role": "user", "content": "Hi", "_metadata": {"a": 1}}')
    assert await session.get_items() == [USER]


async def test_corrupt_rows_hide_nothing_and_are_named_once(filled, path, history):
    """Bad JSON, a value that is no object, bad UTF-8 and a row cut in two: the good ones stay readable."""
    ids = spoil(path, "{broken", "42", b'{"role": "\xff"}', '{"a": [1', "2]}", '{"x": 1}, {"y": 2}')
    with pytest.warns(CorruptRowWarning) as caught:
        assert await filled.get_items() == history
    assert [str(id_) in str(caught[0].message) for id_ in ids] == [True] * 6
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert await filled.get_items(2) == history[-2:]
        assert len(await filled.to_frame()) == len(history)


async def test_pop_leaves_corrupt_rows_where_they_are(filled, path, history):
    """Popping goes past a corrupt row and does not delete it."""
    (bad,) = spoil(path, "42")
    with pytest.warns(CorruptRowWarning, match=str(bad)):
        assert await filled.pop_item() == history[-1]
    assert [bad] == [id_ for id_, data in rows(path) if data == b"42"]


async def test_clear_removes_metadata_too(session, path):
    """No metadata outlives its item."""
    await session.add_items([{**USER, "_metadata": {"a": 1}}])
    await session.clear_session()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM nb_item_metadata").fetchone() == (0,)


async def test_metadata_of_a_popped_item_does_not_come_back(session):
    """Ids are not given twice, so metadata cannot stick to another item."""
    await session.add_items([{**USER, "_metadata": {"a": 1}}])
    await session.pop_item()
    await session.add_items([USER])
    assert await session.get_items(with_metadata=True) == [USER]


async def test_stats(filled):
    """Stats count items, turns, types and an estimate of tokens; times are the rows'."""
    stats = await filled.get_session_stats()
    assert (stats.item_count, stats.turns) == (5, 1)
    assert stats.types == {"message": 2, "reasoning": 1, "function_call": 1, "function_call_output": 1}
    assert stats.first_item_time <= stats.last_item_time
    assert stats.tokens == sum((await filled.to_frame())["tokens"]) > 0


async def test_stats_of_nothing(session):
    """An empty session has no times."""
    stats = await session.get_session_stats()
    assert (stats.item_count, stats.first_item_time, stats.last_item_time, stats.tokens) == (0, None, None, 0)


@pytest.mark.parametrize(
    "name", ["my-table", "select", "1abc", '"quoted"', "main.foo", "", "nb_x", "sqlite_x", "a;b", "naïve", None, 7]
)
def test_a_table_name_that_could_be_misread_is_refused(path, name):
    """Names are interpolated into SQL, by the SDK too; nothing but a plain name passes, and no file is touched."""
    with pytest.raises(errors.TableNameError) as caught:
        SQLiteSession("s", path, messages_table=name)
    assert caught.value.name == name
    assert not path.exists()


def test_one_table_cannot_be_both(path):
    """Sessions and items need a table each, whatever the case."""
    with pytest.raises(errors.TableNameError):
        SQLiteSession("s", path, "Same", "same")


async def test_table_name_is_another_word_for_messages_table(path):
    """Both words name the table of items."""
    async with SQLiteSession("s", path, table_name="chat") as session:
        await session.add_items([USER])
    assert len(rows(path, "chat")) == 1


async def test_every_word_that_breaks_unquoted_sql_is_refused(path):
    """Our list of reserved words is SQLite's: a name we take makes a table, one we refuse does not."""
    from nbagents.sessions.sqlite.tables import _RESERVED

    for word in [
        *_RESERVED,
        "abort",
        "action",
        "begin",
        "key",
        "replace",
        "row",
        "rows",
        "view",
        "window",
        "current_date",
    ]:
        with closing(sqlite3.connect(":memory:")) as connection:
            try:
                connection.execute(f"CREATE TABLE {word} (id INTEGER)")
                connection.execute(f"SELECT id FROM {word} m WHERE id = 1")
                sound = True
            except sqlite3.Error:
                sound = False
        assert sound == (word not in _RESERVED), word


async def test_a_missing_folder_is_said(tmp_path):
    """The error names the folder and what to do; nothing is made."""
    with pytest.raises(errors.StoreOpenError, match="no folder"):
        await SQLiteSession("s", tmp_path / "none" / "x.db").get_items()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_not_sqlites_is_left_alone(tmp_path):
    """Somebody's notes are not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to have a header " * 20)
    before = path.read_bytes()
    with pytest.raises(errors.StoreOpenError, match="not a SQLite file"):
        await SQLiteSession("s", path).add_items([USER])
    assert path.read_bytes() == before


async def test_a_folder_is_not_a_file(tmp_path):
    """A path that is a folder is an error of ours."""
    with pytest.raises(errors.StoreOpenError):
        await SQLiteSession("s", tmp_path).get_items()


async def test_a_table_of_another_shape_is_refused(path):
    """A table that holds something else is named, and nothing is made beside it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE agent_messages (id INTEGER, note TEXT)")
    with pytest.raises(errors.SchemaError, match="message_data"):
        await SQLiteSession("s", path).get_items()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


async def test_an_open_that_failed_can_be_tried_again(tmp_path):
    """An error at opening does not stick to the session."""
    session = SQLiteSession("s", tmp_path / "later" / "x.db")
    with pytest.raises(errors.StoreOpenError):
        await session.add_items([USER])
    (tmp_path / "later").mkdir()
    await session.add_items([USER])
    assert await session.get_items() == [USER]
    await session.close()


async def test_closed_is_closed(path):
    """Every use after close says so; closing twice is nothing."""
    session = SQLiteSession("s", path)
    await session.add_items([USER])
    await session.close()
    await session.close()
    for use in (
        session.get_items,
        session.pop_item,
        session.clear_session,
        session.to_frame,
        session.get_session_stats,
    ):
        with pytest.raises(errors.SessionClosedError):
            await use()
    for items in ([], [USER]):
        with pytest.raises(errors.SessionClosedError):
            await session.add_items(items)


async def test_closed_before_use_is_closed(path):
    """Closing what was never opened opens nothing."""
    session = SQLiteSession("s", path)
    await session.close()
    with pytest.raises(errors.SessionClosedError):
        await session.get_items()
    assert not path.exists()


async def test_the_default_file_is_the_notebooks(tmp_path):
    """The path is settled when the session is made."""
    set_default_path(tmp_path / "lamp.nbagents.db")
    try:
        session = SQLiteSession("s")
    finally:
        set_default_path(None)
    assert session.db_path == tmp_path / "lamp.nbagents.db"


async def test_memory_is_as_long_as_the_object():
    """Two sessions in memory are two databases."""
    async with SQLiteSession("s", ":memory:") as one, SQLiteSession("s", ":memory:") as other:
        await one.add_items([USER])
        assert (await one.get_items(), await other.get_items()) == ([USER], [])


async def test_an_in_between_full_disk_changes_nothing(path):
    """Where the file cannot grow, the error says so and what was there is there."""
    async with SQLiteSession("s", path) as session:
        await session.add_items([USER])
        pages = "PRAGMA max_page_count = {}"
        await session._run(lambda connection: connection.execute(pages.format(1)))
        with pytest.raises(errors.StoreError, match="full"):
            await session.add_items([{"role": "user", "content": "x" * 100_000}])
        assert await session.get_items() == [USER]
