"""Histories as lines of JSON, out and back, byte for byte."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents.errors import ItemError, StoreOpenError
from nbagents.sessions.sqlite.jsonl import line_of, row_of_line
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "naïve 🪔 \ud800 \x00 \u2028"}

SPACES = st.sampled_from(["", " ", "\n", "\r\n", "\t"])


@st.composite
def stored(draw):
    """JSON of an object as anybody may have written it, any other text, or bytes."""
    kind = draw(st.sampled_from(["object", "spaced", "text", "bytes"]))
    if kind == "bytes":
        return draw(st.binary().filter(lambda data: not _is_utf8(data)))
    if kind == "text":
        return draw(st.text(st.characters(exclude_categories=["Cs"])))
    value = draw(st.dictionaries(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists)))
    text = json.dumps(value, ensure_ascii=draw(st.booleans())).encode(errors="ignore").decode()
    space = draw(SPACES)
    return text if kind == "object" else text.replace("{", f"{{{space}", 1) + draw(SPACES)


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(stored(), st.none() | st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.just('{ "a":\n1}'))
def test_a_line_is_read_back_exactly(data, created_at, metadata):
    """Whatever is stored: the same bytes come back, and the line is one line of JSON."""
    line = line_of((1, created_at, data, metadata))
    assert "\n" not in line
    assert isinstance(json.loads(line), dict)
    assert row_of_line(line)[1:] == (created_at, data, metadata)


def rows(path, session_id):
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return connection.execute(
            "SELECT message_data, m.created_at, metadata FROM agent_messages m "
            "LEFT JOIN nb_item_metadata ON message_id = id WHERE session_id = ? ORDER BY id",
            (session_id,),
        ).fetchall()


async def test_a_round_trip_is_byte_identical(filled, path, tmp_path):
    """Items, times, metadata, odd spacing and corrupt rows: the copy's rows and its file are the same bytes."""
    await filled.add_items([{**USER, "_metadata": {"agent": "a"}}])
    with closing(sqlite3.connect(path)) as connection, connection:
        for data in ('\'{"role":\n "user" }\'', "CAST(x'ff00fe' AS TEXT)", "'42'", "'{broken'"):
            connection.execute(
                "INSERT INTO agent_messages (session_id, message_data, created_at) "
                f"VALUES ('support-42', {data}, '2020-01-01 00:00:00')"
            )
    with pytest.warns(UserWarning, match="hold no item"):
        assert await filled.export_jsonl(tmp_path / "one.jsonl") == 10
    async with SQLiteSession("copy", path) as copy:
        with pytest.warns(UserWarning, match="hold no item"):
            assert await copy.import_jsonl(tmp_path / "one.jsonl") == 10
        assert rows(path, "copy") == rows(path, "support-42")
        await copy.export_jsonl(tmp_path / "two.jsonl")
        assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
        await copy.undo()
        assert rows(path, "copy") == []


async def test_plain_items_are_taken(session, tmp_path):
    """A file with one item a line, of another tool's, with Windows' line ends and a byte order mark."""
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"role": "user", "content": "Hi"}\r\n\r\n{"type":"x"}\r\n')
    assert await session.import_jsonl(tmp_path / "a.jsonl") == 2
    assert await session.get_items() == [{"role": "user", "content": "Hi"}, {"type": "x"}]


@pytest.mark.parametrize(
    "line",
    [
        "{broken",
        "42",
        "[]",
        "{}",
        '{"a": 1}',
        '{"item": 3}',
        '{"created_at": 3, "item": {}}',
        '{"item": {}, "item_text": "x"}',
        '{"base64": "§"}',
        '{"item_text": 3}',
        '{"role": "user"} x',
    ],
)
async def test_a_bad_line_writes_nothing(filled, history, tmp_path, line):
    """The error names file and line."""
    (tmp_path / "a.jsonl").write_text(f'{{"role": "user", "content": "Hi"}}\n{line}\n')
    with pytest.raises(ItemError, match=r"a\.jsonl, line 2: .*nothing was written") as caught:
        await filled.import_jsonl(tmp_path / "a.jsonl")
    assert caught.value.index == 1
    assert await filled.get_items() == history


async def test_files_that_cannot_be_used(filled, tmp_path):
    """A folder that is not there, a file that is not there, and one that is not text."""
    with pytest.raises(StoreOpenError, match="cannot write"):
        await filled.export_jsonl(tmp_path / "none" / "a.jsonl")
    with pytest.raises(StoreOpenError, match="cannot read"):
        await filled.import_jsonl(tmp_path / "a.jsonl")
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(StoreOpenError, match="not UTF-8"):
        await filled.import_jsonl(tmp_path / "a.jsonl")


async def test_an_export_replaces_a_file_whole(filled, tmp_path):
    """Nothing is left beside it."""
    (tmp_path / "a.jsonl").write_text("old")
    assert await filled.export_jsonl(tmp_path / "a.jsonl") == 5
    assert [file.name for file in tmp_path.glob("a.jsonl*")] == ["a.jsonl"]
