"""Editing a history as a table and writing it back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import agents
import pandas as pd
import pytest

from nbagents.errors import ConfigError, ConflictError, FrameError
from nbagents.sessions.items.rows import Row
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.edits import EditReport
from nbagents.sessions.table.reads import READS, Read, Reads

USER = {"role": "user", "content": "Hi"}


def ids_and_times(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, created_at FROM agent_messages ORDER BY id").fetchall()


def age(path):
    """Make every row a day older, so that a time that was set again shows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE agent_messages SET created_at = datetime(created_at, '-1 day')")


async def test_one_text_is_edited_and_everything_else_stays(filled, path, history):
    """Id, time, annotations and all other rows are as they were."""
    age(path)
    before = ids_and_times(path)
    frame = await filled.to_frame()
    frame.loc[4, "text"] = "Could you send a photo?"
    assert await filled.apply_frame(frame) == EditReport(inserted=0, updated=1, deleted=0)
    history[4]["content"][0]["text"] = "Could you send a photo?"
    assert await filled.get_items() == history
    assert ids_and_times(path) == before


@pytest.mark.parametrize(
    ("row", "column", "value", "key"),
    [
        (0, "role", "developer", "role"),
        (0, "text", "", "content"),
        (2, "arguments", '{"order_id": "B-1"}', "arguments"),
        (2, "tool", "find_order", "name"),
        (3, "output", "gone\nfor ever", "output"),
    ],
)
async def test_each_editable_column_is_written_to_its_key(filled, history, *, row, column, value, key):
    """One column is one key of the item."""
    frame = await filled.to_frame()
    frame.loc[row, column] = value
    await filled.apply_frame(frame)
    history[row][key] = value
    assert await filled.get_items() == history


async def test_a_summary_is_edited_as_text(filled, history):
    """Reasoning keeps its id and everything else."""
    frame = await filled.to_frame()
    frame.loc[1, "text"] = "Check the order."
    await filled.apply_frame(frame)
    history[1]["summary"][0]["text"] = "Check the order."
    assert await filled.get_items() == history


async def test_call_ids_are_edited_together(filled):
    """Both halves renamed still are a pair; one alone is refused."""
    frame = await filled.to_frame()
    frame.loc[[2, 3], "call_id"] = "call_2"
    assert (await filled.apply_frame(frame)).updated == 2
    frame = await filled.to_frame()
    frame.loc[2, "call_id"] = "call_3"
    with pytest.raises(FrameError):
        await filled.apply_frame(frame)


async def test_the_item_column_is_exact(filled):
    """What is written as JSON is stored to the byte."""
    frame = await filled.to_frame()
    exact = '{"role":"user",   "content":"spaced"}'
    frame.loc[0, "item"] = exact
    await filled.apply_frame(frame)
    assert (await filled.to_frame()).loc[0, "item"] == exact


async def test_item_and_text_may_agree_but_not_differ(filled):
    """Two edits of one thing must say the same."""
    frame = await filled.to_frame()
    frame.loc[0, ["item", "text"]] = ['{"role": "user", "content": "A"}', "B"]
    with pytest.raises(FrameError, match="agree") as caught:
        await filled.apply_frame(frame)
    assert (caught.value.row, caught.value.column) == (0, "text")
    frame.loc[0, "text"] = "A"
    assert (await filled.apply_frame(frame)).updated == 1


async def test_metadata_is_edited(filled):
    """Set, changed and removed; the item itself is not touched."""
    for value, expected in (('{"agent": "triage"}', {"agent": "triage"}), ({"a": 1}, {"a": 1}), (None, None)):
        frame = await filled.to_frame()
        frame.at[0, "metadata"] = value  # noqa: PD008 - loc would spread a dict
        assert await filled.apply_frame(frame) == EditReport(0, 1, 0)
        assert (await filled.get_items(with_metadata=True))[0].get("_metadata") == expected


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, "tokens", 99),
        (0, "position", 5),
        (0, "created_at", pd.Timestamp("2020-01-01", tz="UTC")),
        (0, "type", "function_call"),
        (0, "agent", "x"),
        (0, "role", "tool"),
        (0, "role", None),
        (0, "tool", "x"),
        (2, "role", "user"),
        (2, "text", "x"),
        (2, "arguments", "{broken"),
        (2, "arguments", '{"x": NaN}'),
        (4, "role", "user"),
        (0, "output", "x"),
        (0, "item", "{broken"),
        (0, "item", "[1]"),
        (0, "item", None),
        (0, "item", '{"role": "user", "content": "x", "_metadata": {}}'),
        (0, "metadata", "[1]"),
        (0, "metadata", "{broken"),
        (0, "text", 42),
        (0, "id", 77),
        (0, "id", 1.5),
        (0, "id", 2048),
    ],
)
async def test_what_cannot_be_written_is_refused_by_row_and_column(filled, history, row, column, value):
    """The error names both; nothing is written, not even the good edit beside it."""
    frame = (await filled.to_frame()).astype(object)
    frame.loc[3, "output"] = "a good edit"
    frame.at[row, column] = value  # noqa: PD008 - one cell
    with pytest.raises(FrameError) as caught:
        await filled.apply_frame(frame)
    if (column, value) != ("id", 2048):  # there twice: the second one is named
        assert (caught.value.row, caught.value.column) == (row, column)
    assert await filled.get_items() == history


async def test_unknown_and_missing_columns(filled):
    """A column of one's own must go; the id must stay; others may be left out."""
    frame = await filled.to_frame()
    with pytest.raises(FrameError, match="'length'"):
        await filled.apply_frame(frame.assign(length=1))
    with pytest.raises(FrameError, match="no id column"):
        await filled.apply_frame(frame.drop(columns="id"))
    few = frame[["id", "text"]].copy()
    few.loc[0, "text"] = "Changed"
    assert await filled.apply_frame(few) == EditReport(0, 1, 0)


async def test_rows_are_inserted_between(filled, path, history):
    """A new row takes an id between its neighbours; the SDK reads it in its place; no other row changes."""
    before = ids_and_times(path)
    frame = await filled.to_frame()
    new = pd.DataFrame([{"role": "user", "text": "Please hurry."}])
    edited = pd.concat([frame.iloc[:1], new, frame.iloc[1:]], ignore_index=True)
    assert await filled.apply_frame(edited) == EditReport(1, 0, 0)
    expected = [history[0], {"role": "user", "content": "Please hurry."}, *history[1:]]
    theirs = agents.SQLiteSession("support-42", path)
    assert await theirs.get_items() == await filled.get_items() == expected
    theirs.close()
    assert set(before) <= set(ids_and_times(path))


async def test_calls_and_outputs_are_made_from_cells(filled, history):
    """A new pair needs no JSON."""
    frame = await filled.to_frame()
    pair = pd.DataFrame(
        [
            {"type": "function_call", "tool": "refund", "arguments": "{}", "call_id": "c9"},
            {"type": "function_call_output", "output": "done", "call_id": "c9"},
        ]
    )
    assert (await filled.apply_frame(pd.concat([frame, pair]))).inserted == 2
    assert (await filled.get_items())[-2:] == [
        {"type": "function_call", "call_id": "c9", "name": "refund", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c9", "output": "done"},
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {"text": "no role"},
        {"role": "user"},
        {"type": "reasoning", "text": "x"},
        {"role": "user", "text": "x", "output": "y"},
    ],
)
async def test_a_new_row_that_is_no_item_is_refused(filled, history, cells):
    """What is missing, or too much, is said."""
    frame = await filled.to_frame()
    with pytest.raises(FrameError) as caught:
        await filled.apply_frame(pd.concat([frame, pd.DataFrame([cells])], ignore_index=True))
    assert caught.value.row == 5
    assert await filled.get_items() == history


async def test_a_row_is_duplicated(filled, history):
    """A copied row with an empty id is a new row, with its own text if it was changed."""
    frame = await filled.to_frame()
    copy = frame.iloc[[0]].assign(id=pd.NA, text="Again: where is it?")
    assert (await filled.apply_frame(pd.concat([frame, copy], ignore_index=True))).inserted == 1
    assert (await filled.get_items())[-1] == {"role": "user", "content": "Again: where is it?"}


async def test_rows_are_moved(session, path):
    """The frame's order becomes the history's; only the moved row takes another id, and it keeps its time."""
    await session.add_items([{"role": "user", "content": name} for name in "abcd"])
    age(path)
    before = dict(ids_and_times(path))
    frame = await session.to_frame()
    assert await session.apply_frame(frame.iloc[[3, 0, 1, 2]]) == EditReport(0, 0, 0, moved=1)
    theirs = agents.SQLiteSession("support-42", path)
    assert [item["content"] for item in await theirs.get_items()] == ["d", "a", "b", "c"]
    theirs.close()
    after = dict(ids_and_times(path))
    assert len(before.keys() & after.keys()) == 3
    assert set(after.values()) == set(before.values())


async def test_dense_rows_of_the_sdks_are_renumbered_from_there(path):
    """Where there is no id free, the rows after take new ids and keep their times and metadata."""
    theirs = agents.SQLiteSession("support-42", path)
    await theirs.add_items([{"role": "user", "content": name} for name in "abc"])
    age(path)
    times = {time for _, time in ids_and_times(path)}
    async with SQLiteSession("support-42", path) as session:
        frame = await session.to_frame()
        frame.loc[2, "metadata"] = '{"agent": "x"}'
        await session.apply_frame(frame)
        frame = await session.to_frame()
        new = pd.DataFrame([{"role": "user", "text": "new"}])
        report = await session.apply_frame(pd.concat([frame.iloc[:1], new, frame.iloc[1:]]))
        assert report == EditReport(1, 0, 0, moved=2)
        assert [item["content"] for item in await theirs.get_items()] == ["a", "new", "b", "c"]
        kept = await session.to_frame()
        assert kept["id"].tolist()[0] == 1
        assert kept["metadata"].tolist() == [None, None, None, '{"agent": "x"}']
        assert times < {time for _, time in ids_and_times(path)}
    theirs.close()


async def test_other_sessions_in_between_are_not_touched(path):
    """Rows of several sessions interleave in one table."""
    async with SQLiteSession("one", path) as one, SQLiteSession("other", path) as other:
        for number in range(4):
            await one.add_items([{"role": "user", "content": f"one {number}"}])
            await other.add_items([{"role": "user", "content": f"other {number}"}])
        frame = await one.to_frame()
        await one.apply_frame(frame.iloc[::-1])
        assert [item["content"] for item in await one.get_items()] == [f"one {number}" for number in (3, 2, 1, 0)]
        assert [item["content"] for item in await other.get_items()] == [f"other {number}" for number in range(4)]


async def test_a_row_changed_meanwhile_is_a_conflict_with_both_values(filled, path, history):
    """Nothing is written over somebody else's edit."""
    frame = await filled.to_frame()
    changed = json.dumps({"role": "user", "content": "Theirs"})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE agent_messages SET message_data = ? WHERE id = 1024", (changed,))
    frame.loc[4, "text"] = "Ours"
    with pytest.raises(ConflictError, match="Theirs") as caught:
        await filled.apply_frame(frame)
    (conflict,) = caught.value.conflicts
    assert (conflict.id, json.loads(conflict.expected), conflict.found) == (1024, history[0], changed)
    assert (await filled.get_items())[4] == history[4]


async def test_rows_that_came_or_went_are_conflicts(filled):
    """A run that added items while the frame was open does not lose them."""
    frame = await filled.to_frame()
    await filled.add_items([USER])
    with pytest.raises(ConflictError) as caught:
        await filled.apply_frame(frame.iloc[:1])
    assert [conflict.expected for conflict in caught.value.conflicts] == [None]
    frame = await filled.to_frame()
    await filled.pop_item()
    with pytest.raises(ConflictError) as caught:
        await filled.apply_frame(frame)
    assert [conflict.found for conflict in caught.value.conflicts] == [None]
    assert len(await filled.get_items()) == 5


async def test_metadata_changed_meanwhile_is_a_conflict(filled, path):
    """Metadata is part of what is compared."""
    frame = await filled.to_frame()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO nb_item_metadata VALUES ('agent_messages', 1024, '{}')")
    with pytest.raises(ConflictError):
        await filled.apply_frame(frame)


async def test_the_cell_run_twice_changes_nothing_more(filled, path):
    """Read, edit, write again: the second time there is nothing to do."""
    for expected in (EditReport(0, 1, 0), EditReport(0, 0, 0)):
        frame = await filled.to_frame()
        frame.loc[0, "text"] = "Edited"
        assert await filled.apply_frame(frame) == expected


async def test_the_same_frame_written_twice_is_in_place_already(filled):
    """An insertion is not made twice."""
    frame = await filled.to_frame()
    edited = pd.concat([frame, pd.DataFrame([{"role": "user", "text": "Once"}])])
    edited.attrs = frame.attrs
    assert (await filled.apply_frame(edited)).inserted == 1
    assert await filled.apply_frame(edited) == EditReport(0, 0, 0)
    assert len(await filled.get_items()) == 6


async def test_a_written_frame_edited_again_is_refused(filled):
    """Of two copies of one frame the second cannot undo the first in silence."""
    frame = await filled.to_frame()
    one, other = frame.copy(), frame.copy()
    one.loc[0, "text"] = "One"
    other.loc[4, "text"] = "Other"
    await filled.apply_frame(one)
    with pytest.raises(FrameError, match=r"to_frame\(\)"):
        await filled.apply_frame(other)
    assert (await filled.get_items())[0]["content"] == "One"


async def test_an_old_frame_that_lost_its_attrs_does_not_delete_new_rows(filled):
    """Without a token the nearest read counts, and that one is out of date."""
    old = await filled.to_frame()
    old.attrs = {}
    await filled.add_items([USER])
    await filled.to_frame()
    with pytest.raises(ConflictError):
        await filled.apply_frame(old)
    assert len(await filled.get_items()) == 6


async def test_a_frame_from_nowhere_is_refused(session, filled):
    """Without a read to compare with nothing is written."""
    frame = await filled.to_frame()
    frame.attrs["nbagents_read"] = "unknown"
    with pytest.raises(FrameError, match=r"to_frame\(\) again"):
        await filled.apply_frame(frame)


async def test_a_frame_of_another_session_is_refused(filled, path):
    """The error says whose it is."""
    async with SQLiteSession("other", path) as other:
        with pytest.raises(FrameError, match="support-42"):
            await other.apply_frame(await filled.to_frame())


async def test_a_session_object_made_again_takes_the_frame(filled, path):
    """A cell that makes the session again does not lose the read."""
    frame = await filled.to_frame()
    frame.loc[0, "text"] = "Edited"
    async with SQLiteSession("support-42", path) as again:
        assert (await again.apply_frame(frame)).updated == 1


async def test_a_frame_may_come_back_from_json(filled, tmp_path):
    """Times and ids written to a file and read again are not edits."""
    frame = await filled.to_frame()
    frame.to_json(tmp_path / "frame.json", orient="table")
    again = pd.read_json(tmp_path / "frame.json", orient="table")
    again.loc[0, "text"] = "Edited"
    assert await filled.apply_frame(again) == EditReport(0, 1, 0)


async def test_everything_can_be_deleted(filled):
    """An empty frame is an empty history."""
    frame = await filled.to_frame()
    assert await filled.apply_frame(frame.iloc[:0]) == EditReport(0, 0, 5)
    assert await filled.get_items() == []
    assert len(await filled.to_frame()) == 0


async def test_corrupt_rows_outlive_an_edit(filled, path):
    """They are not in the frame, and so not deleted."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', '42')")
    with pytest.warns(match="no item"):
        frame = await filled.to_frame()
    await filled.apply_frame(frame.iloc[:0])
    assert [id_ for id_, _ in ids_and_times(path)] == [5121]


async def test_deleting_half_a_pair_is_refused(filled, history):
    """The row is named, with what to do."""
    frame = await filled.to_frame()
    with pytest.raises(FrameError, match="on_orphan") as caught:
        await filled.apply_frame(frame.drop(index=3))
    assert caught.value.row == 2
    assert await filled.get_items() == history


async def test_pair_removes_both_and_what_led_to_them(filled, history):
    """The call goes with its output, and the reasoning that led to the call too."""
    frame = await filled.to_frame()
    assert await filled.apply_frame(frame.drop(index=3), on_orphan="pair") == EditReport(0, 0, 3)
    assert await filled.get_items() == [history[0], history[4]]


async def test_stub_stands_in_for_an_output(filled, history):
    """The call stays, with an output that says it was removed."""
    frame = await filled.to_frame()
    assert await filled.apply_frame(frame.drop(index=3), on_orphan="stub") == EditReport(1, 0, 1)
    items = await filled.get_items()
    assert [item.get("type") for item in items] == [item.get("type") for item in history]
    assert items[3]["call_id"] == "call_1"
    assert items[3]["output"] != history[3]["output"]


async def test_a_policy_that_does_not_exist(filled):
    """It is refused by name."""
    with pytest.raises(ConfigError, match="ignore"):
        await filled.apply_frame(await filled.to_frame(), on_orphan="ignore")


async def test_an_orphan_that_was_there_before_may_stay(session):
    """A run in progress can be edited elsewhere."""
    await session.add_items([USER, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}])
    frame = await session.to_frame()
    frame.loc[0, "text"] = "Edited"
    assert (await session.apply_frame(frame)).updated == 1


async def test_a_cancelled_edit_is_whole_and_known(filled):
    """A caller that is cancelled while the edit is written leaves it done, and the frame knows."""
    import asyncio

    frame = await filled.to_frame()
    frame.loc[0, "text"] = "Edited"
    task = asyncio.ensure_future(filled.apply_frame(frame))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if (await filled.get_items())[0]["content"] == "Edited":
        assert await filled.apply_frame(frame) == EditReport(0, 0, 0)
    else:
        assert await filled.apply_frame(frame) == EditReport(0, 1, 0)


def test_reads_are_bounded():
    """The oldest are forgotten, by number and by rows; then a frame without a token cannot be told."""
    owner = ("file", "table", "session")
    rows = [Row(1, None, "{}")]
    by_number, by_rows = Reads(reads=2), Reads(rows=1)
    for reads in (by_number, by_rows):
        first = reads.keep(Read(owner, rows))
        assert reads.nearest(owner, {1: "{}"}) == first
        kept = [reads.keep(Read(owner, rows)) for _ in range(2)]
        assert (reads.get(first), reads.get(kept[-1]) is not None) == (None, True)
        assert reads.nearest(owner, {1: "{}"}) is None
    assert READS is not None


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"content": "no type"}, "neither a type nor a role"),
        ({"role": "robot", "content": "Hi"}, "role 'robot' does not exist"),
        ({"role": "user", "content": 3}, "must be text or a list"),
        ({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{"}, "must be JSON"),
    ],
)
async def test_what_the_model_api_would_refuse_is_refused(filled, history, item, message):
    """An item's shape is checked where it is edited or new; what is stored already may stay."""
    frame = await filled.to_frame()
    frame.loc[2, "item"] = json.dumps(item)
    with pytest.raises(FrameError, match=message) as caught:
        await filled.apply_frame(frame)
    assert (caught.value.row, caught.value.column) == (2, "item")
    frame = await filled.to_frame()
    frame.loc[9] = {"item": json.dumps(item)}
    with pytest.raises(FrameError, match=message):
        await filled.apply_frame(frame)
    assert await filled.get_items() == history


async def test_a_copied_row_needs_an_id_of_its_own(filled, history):
    """The model API takes an item's id once in a history; the error names both rows."""
    frame = await filled.to_frame()
    copy = frame.loc[[4]].astype(object).assign(id=None).rename(index={4: "copy"})
    with pytest.raises(FrameError, match=r"row 'copy', column 'item': id 'msg_1' is that of row 4"):
        await filled.apply_frame(pd.concat([frame.astype(object), copy]))
    items = [json.loads(item) for item in frame.loc[[2, 3], "item"]]
    items[0]["id"] = "fc_2"
    pair = frame.loc[[2, 3]].astype(object).assign(id=None, item=[json.dumps(item) for item in items])
    with pytest.raises(FrameError, match="call_id 'call_1' is that of the call in row 2"):
        await filled.apply_frame(pd.concat([frame.astype(object), pair.rename(index={2: "call", 3: "output"})]))
    assert await filled.get_items() == history
