"""Long texts stored compressed: what is added comes back, and nobody else is given what is stored."""

from __future__ import annotations

import json
import random
import sqlite3
import zlib
from contextlib import closing

import agents
import pytest
from agents import Agent, RunConfig, Runner
from agents.testing import ScriptedModel, assistant_message

from nbagents import CompressedSession, SQLiteSession, apply_frame, to_frame
from nbagents.errors import CompressedItemError, ConfigError, ConflictError, ItemError
from nbagents.sessions.items.compression import MARK, compress_item, is_compressed, restore_item, stored_form
from nbagents.sessions.table.edits import EditReport

LONG = "The lamp is in transit. " * 200
USER = {"role": "user", "content": LONG}
SHORT = {"role": "user", "content": "Hi"}
# What a careless marker would take for one.
ALIKE = [
    {"role": "user", "content": "zlib:" + "A" * 2000},
    {"role": "user", "content": json.dumps({MARK: {"format": "zlib", "at": [["content"]]}}) * 40},
    {"role": "user", "content": LONG, MARK: {"format": "zlib", "at": [["content"]]}},
    {"role": "user", "content": "short", MARK: {"format": "zlib", "at": [["content"]]}},
    {"role": "user", "content": LONG, MARK: LONG},
    {"role": "user", "content": [{MARK: {"format": "zlib", "at": [["text"]]}, "text": LONG}]},
]
ITEMS = [
    USER,
    SHORT,
    {"role": "user", "content": "\ud800 half a pair 🪔 \x00 " * 500},
    {"role": "user", "content": [{"type": "input_text", "text": LONG}, {"deep": [[{"er": LONG + "!"}]]}]},
    {"type": "function_call_output", "call_id": "c", "output": json.dumps([LONG] * 3)},
    {"n": 2**70, "x": 1.5, "y": None, "long": LONG},
    *ALIKE,
]


@pytest.fixture(params=["ours", "sdk"])
def base(request, path):
    session = (SQLiteSession if request.param == "ours" else agents.SQLiteSession)("s", path)
    yield session
    if request.param == "sdk":
        session.close()


def stored(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT message_data FROM agent_messages ORDER BY id")]


async def test_what_was_added_comes_back(base, path):
    """Any text at any depth, text that looks like ours too; long texts are not in the file."""
    session = CompressedSession(base)
    await session.add_items(ITEMS)
    assert await session.get_items() == ITEMS
    assert [list(item) for item in await session.get_items()] == [list(item) for item in ITEMS]
    assert [await session.pop_item() for _ in ITEMS] == ITEMS[::-1]


async def test_the_stored_item_says_that_it_is_compressed(base, path):
    """Long texts are not in the file, and what is says so by itself."""
    await CompressedSession(base).add_items([USER, SHORT])
    long, short = stored(path)
    assert LONG not in long
    assert is_compressed(json.loads(long))
    assert json.loads(long)["role"] == "user"
    assert json.loads(short) == SHORT


async def test_items_from_before_read_right(base):
    """A history that was begun without compression goes on with it."""
    await base.add_items([USER, SHORT])
    session = CompressedSession(base)
    await session.add_items([USER])
    assert await session.get_items() == [USER, SHORT, USER]
    assert await session.get_items(1) == [USER]


async def test_compressed_items_are_refused_without_it(path):
    """A model is never given a compressed text, in a run either; what is not compressed is read."""
    async with SQLiteSession("s", path) as plain:
        await CompressedSession(plain).add_items([USER])
        with pytest.raises(CompressedItemError, match=r"1 of these 1.*CompressedSession") as caught:
            await plain.get_items()
        assert caught.value.session_id == "s"
        model = ScriptedModel([[assistant_message("Hello")]])
        with pytest.raises(CompressedItemError):
            await Runner.run(
                Agent("a", model=model), "Hi", session=plain, run_config=RunConfig(tracing_disabled=True)
            )
        assert not model.calls
        await plain.add_items([SHORT])
        assert await plain.get_items(1) == [SHORT]


async def test_text_about_the_marker_is_not_refused(path):
    """Only an item that was compressed is."""
    async with SQLiteSession("s", path) as plain:
        items = [ALIKE[0], ALIKE[1], ALIKE[4], ALIKE[5]]
        await plain.add_items(items)
        assert await plain.get_items() == items
        assert await CompressedSession(plain).get_items() == items


async def test_the_permission_ends_with_the_block(path):
    """Reading through CompressedSession lets nobody else read."""
    async with SQLiteSession("s", path) as plain:
        session = CompressedSession(plain)
        await session.add_items([USER])
        await session.get_items()
        with pytest.raises(CompressedItemError):
            await plain.get_items()
        with stored_form():
            assert is_compressed((await plain.get_items())[0])


async def test_the_table_shows_the_text(base):
    """The frame's text, item and tokens are those of what was added."""
    session = CompressedSession(base)
    await session.add_items([USER, SHORT])
    frame = await to_frame(session)
    assert frame["text"].tolist() == [LONG, "Hi"]
    assert [json.loads(item) for item in frame["item"]] == [USER, SHORT]
    assert (await session.get_session_stats()).tokens == (len(LONG) + 3) // 4 + 1


async def test_an_edit_of_the_text_is_stored_compressed(base, path):
    """Edited, removed and added rows; what was not edited stays as it is stored, to the byte."""
    session = CompressedSession(base)
    await session.add_items([USER, SHORT, USER, SHORT])
    before = stored(path)
    frame = await to_frame(session)
    frame.loc[0, "text"] = LONG + "Edited."
    frame = frame.drop(index=[1])
    frame.loc[9] = {"role": "user", "text": LONG + "New."}
    assert await apply_frame(session, frame) == EditReport(1, 1, 1)
    edited = [{**USER, "content": LONG + "Edited."}, USER, SHORT, {**USER, "content": LONG + "New."}]
    assert await session.get_items() == edited
    after = stored(path)
    assert after[1:3] == before[2:]
    assert [is_compressed(json.loads(text)) for text in after] == [True, True, False, True]


async def test_ids_times_and_metadata_stay(path):
    """Over SQLiteSession an edit is as gentle as without compression."""
    async with SQLiteSession("s", path) as plain:
        session = CompressedSession(plain)
        await session.add_items([{**USER, "_metadata": {"agent": "triage"}}, SHORT])
        before = await plain.to_frame()
        frame = await session.to_frame()
        assert frame["id"].tolist() == before["id"].tolist()
        assert frame["agent"].tolist() == ["triage", None]
        frame.loc[1, "text"] = "Hello"
        await session.apply_frame(frame)
        after = await plain.to_frame()
        unedited = ["id", "created_at", "metadata"]
        assert after[unedited].equals(before[unedited])


async def test_a_stale_frame_is_refused(base):
    """The history is compared as it was added."""
    session = CompressedSession(base)
    await session.add_items([USER])
    frame = await to_frame(session)
    await session.add_items([USER])
    frame.loc[0, "text"] = "Edited"
    with pytest.raises(ConflictError):
        await apply_frame(session, frame)


async def test_it_stands_on_itself(path):
    """Nested by mistake, it still gives back what was added."""
    async with CompressedSession(
        CompressedSession(SQLiteSession("s", path), threshold=10), threshold=10
    ) as session:
        await session.add_items([USER, SHORT])
        assert await session.get_items() == [USER, SHORT]
        frame = await session.to_frame()
        frame.loc[0, "text"] = LONG + "!"
        await session.apply_frame(frame)
        assert await session.get_items() == [{**USER, "content": LONG + "!"}, SHORT]


async def test_what_cannot_be_stored_is_refused_as_ever(path):
    """The base session's error, whatever was passed."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    async with CompressedSession(SQLiteSession("s", path)) as session:
        for item in (42, {"role": "user", "content": {1, 2}}, {"content": deep}):
            with pytest.raises(ItemError):
                await session.add_items([item])
    while deep:  # a list this deep is taken apart by hand
        deep = deep.pop()


@pytest.mark.parametrize("spoil", ["zlib:%%%", "zlib:QUFB", 42, None])
async def test_a_damaged_text_is_an_error(path, spoil):
    """It names the session and says where to look; it is not handed over as text."""
    item = compress_item(USER, level=6, threshold=1000)
    async with SQLiteSession("s", path) as plain:
        await plain.add_items([{**item, "content": spoil}])
        with pytest.raises(CompressedItemError, match=r"'s'.*damaged"):
            await CompressedSession(plain).get_items()


async def test_a_text_edited_by_somebody_else_is_kept(path):
    """Plain text in the place of a compressed one was put there since."""
    item = compress_item(USER, level=6, threshold=1000)
    assert restore_item({**item, "content": "edited"}, session_id="s") == {"role": "user", "content": "edited"}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"compression_level": 10}, "compression_level"),
        ({"compression_level": "6"}, "compression_level"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": 1.5}, "threshold"),
    ],
)
def test_options_that_cannot_be_used(options, name):
    """Refused where the session is made, by name."""
    with pytest.raises(ConfigError, match=name) as caught:
        CompressedSession(SQLiteSession("s", ":memory:"), **options)
    assert caught.value.name == name


def test_what_does_not_get_shorter_stays():
    """Random text would grow."""
    text = "".join(random.Random(1).choices([chr(n) for n in range(33, 127)], k=5000))
    item = {"role": "user", "content": text}
    assert compress_item(item, level=9, threshold=10) is item
    assert compress_item(USER, level=9, threshold=len(LONG)) is USER


def test_the_level_is_zlibs():
    """What is stored can be read with zlib and base64 alone, so that no one is locked in."""
    import base64

    text = compress_item(USER, level=9, threshold=1000)["content"]
    assert zlib.decompress(base64.b64decode(text.removeprefix("zlib:"))).decode() == LONG
