"""What is wrong with a stored history: found, named, and moved away only when it is asked for."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from nbagents.errors import ConfigError, ItemNotFoundError
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "lone", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "lost", "output": "x"}
REASONING = {"type": "reasoning", "id": "rs_9", "summary": []}


@pytest.fixture
async def sick(filled, path):
    """A sound turn, and one row of each kind of wrong."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for data in ("'42'", "'{broken'", "CAST(x'7bff7d' AS TEXT)", "x'00'"):
            connection.execute(
                f"INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', {data})"
            )
    await filled.add_items([OUTPUT, CALL, REASONING])
    return filled


def quarantined(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return connection.execute("SELECT id, data, problem FROM nb_quarantine ORDER BY id").fetchall()


async def test_nothing_is_wrong(filled):
    """A sound history gives an empty report, with its columns."""
    report = await filled.doctor()
    assert (len(report), list(report)) == (0, ["id", "problem", "detail", "data"])


async def test_everything_is_named(sick):
    """Each problem with its id and what exactly is wrong; looking changes nothing."""
    for _ in range(2):
        report = await sick.doctor()
        assert report["id"].tolist()[:4] == [5121, 5122, 5123, 5124]
        assert report["problem"].tolist() == [
            "not an object",
            "bad JSON",
            "bad UTF-8",
            "not an object",
            "orphan",
            "orphan",
            "orphan",
        ]
    assert report["detail"].tolist() == [
        "it is int",
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "invalid start byte at byte 1",
        "bytes instead of text",
        "the output of 'lost' has no call before it",
        "the call 'lone' has no output after it",
        "the reasoning is not followed by what it led to",
    ]
    assert report["data"].tolist()[2] == "{\\xff}"


@pytest.mark.filterwarnings("ignore::nbagents.sessions.items.rows.CorruptRowWarning")
async def test_only_what_is_told_is_repaired(sick, path, history):
    """Two rows move to the quarantine, byte for byte; the others stay."""
    left = await sick.doctor(repair=[5123, 5122])
    assert left["id"].tolist()[:2] == [5121, 5124]
    assert [row[:2] for row in quarantined(path)] == [(5122, b"{broken"), (5123, b"{\xff}")]
    assert await sick.get_items() == [*history, OUTPUT, CALL, REASONING]


async def test_all_is_repaired_and_can_be_undone(sick, path, history):
    """With all ids the history is sound; undo brings every row back, and the quarantine keeps its copy."""
    report = await sick.doctor()
    assert len(await sick.doctor(repair=report["id"])) == 0
    assert await sick.get_items() == history
    assert len(quarantined(path)) == 7
    assert (await sick.edit_log())["origin"].tolist() == ["doctor"]
    await sick.undo()
    pd.testing.assert_frame_equal(await sick.doctor(), report)
    assert len(quarantined(path)) == 7


async def test_what_would_be_left_alone_goes_along(session, path):
    """Moving a lone call away would leave its reasoning alone."""
    await session.add_items([USER, {**REASONING, "id": "rs_1"}, CALL])
    report = await session.doctor()
    assert report["id"].tolist() == [3072]
    assert len(await session.doctor(repair=[3072])) == 0
    assert await session.get_items() == [USER]
    assert quarantined(path)[0][2] == b"left alone"


async def test_a_sound_row_is_not_moved(sick, path):
    """An id that nothing is wrong with, or that is not there, is refused."""
    for id_ in (1024, 999):
        with pytest.raises(ItemNotFoundError, match=f"nothing wrong with id {id_}"):
            await sick.doctor(repair=[5121, id_])
    assert quarantined(path) == []


@pytest.mark.parametrize("repair", ["all", ["x"], 7, True])
async def test_what_is_to_be_repaired_is_named_by_ids(sick, path, repair):
    """Anything else is refused before anything is written."""
    with pytest.raises(ConfigError, match="repair="):
        await sick.doctor(repair=repair)
    assert quarantined(path) == []


async def test_another_sessions_rows_are_its_own(sick, path):
    """A session's doctor looks at its own rows."""
    async with SQLiteSession("other", path) as other:
        await other.add_items([USER])
        assert len(await other.doctor()) == 0


async def test_what_the_model_api_does_not_take_is_named(filled):
    """A misspelled key is stored as it was given, and found; moved away, the history is sound again."""
    await filled.add_items([{"rolle": "user", "content": "Hi"}])
    report = await filled.doctor()
    assert report[["problem", "detail"]].to_numpy().tolist() == [
        ["not an item", "has neither a type nor a role, so it is no item"]
    ]
    assert len(await filled.doctor(repair=report["id"])) == 0
