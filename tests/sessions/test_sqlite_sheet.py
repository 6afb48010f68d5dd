from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import suppress

import agents
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbagents.errors import ConflictError, FrameError
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell
from nbagents.sessions.grid.sheet_rows import stamp_of
from nbagents.sessions.grid.sqlite_sheet import SQLiteSheet
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.orphans import lone


@pytest.fixture
def sheet(filled):
    return SQLiteSheet(filled)


async def rows_of(sheet, **options):
    return list((await sheet.page(0, 1000, **options)).rows)


async def texts_of(session):
    return [json.dumps(item) for item in await session.get_items()]


async def test_a_page_shows_the_frame(sheet, filled):
    """Columns are the frame's; labels, partners and figures come with them."""
    await filled.add_items([{"role": "user", "content": "x" * 400, "_metadata": {"agent": "triage"}}])
    page = await sheet.page(0, 100)
    frame = await filled.to_frame()
    columns = [name for name in frame.columns if name not in {"item", "created_at"}]
    for number, row in enumerate(page.rows):
        shown = {name: None if frame.loc[number, name] is None else frame.loc[number, name] for name in columns}
        short = {name: value[:300] if isinstance(value, str) else value for name, value in shown.items()}
        assert {name: row.cells[name] for name in columns} == short
    assert [row.label for row in page.rows] == ["user", "reasoning", "call", "output", "assistant", "user"]
    assert [row.partner for row in page.rows] == [None, None, 4, 3, None, None]
    assert page.rows[2].said == 'lookup_order(order_id="A-1043")'
    assert page.rows[5].cut == ("text",)
    assert (page.figures.items, page.figures.turns, page.figures.whole) == (6, 2, True)
    assert page.figures.tokens == frame["tokens"].sum()
    assert page.figures.labels == {"user": 2, "reasoning": 1, "call": 1, "output": 1, "assistant": 1}


async def test_a_page_is_any_part_of_what_fits(sheet):
    """Search looks into every column, whatever the case; labels filter; places count among what fits."""
    assert [row.position for row in (await sheet.page(1, 2)).rows] == [2, 3]
    found = await sheet.page(0, 10, search="LAMP")
    assert ([row.position for row in found.rows], found.fitting, found.figures.items) == ([1, 5], 2, 5)
    assert [row.position for row in await rows_of(sheet, search="a-1043", labels=["call"])] == [3]
    assert (await sheet.page(7, 10)).rows == []


async def test_whole_cells_keep_every_character(sheet, filled):
    """What is edited is never the short form."""
    text = "a\r\nb\tc " + "z" * 1000
    await filled.add_items([{"role": "user", "content": text}])
    row = (await rows_of(sheet))[-1]
    cells = await sheet.cells(row.key)
    assert (cells["text"], cells["stamp"]) == (text, row.stamp)
    await sheet.change(SetCell(row.key, row.stamp, "text", f"{text}\r\n"))
    assert (await filled.get_items())[-1]["content"] == f"{text}\r\n"


async def test_a_change_that_is_none_is_refused_with_its_reason(sheet, filled):
    """Nothing is written, and the error names the column."""
    before = await texts_of(filled)
    rows = await rows_of(sheet)
    for number, column, value, reason in [
        (0, "role", "king", "not a role"),
        (2, "arguments", "{oops", "not JSON: expecting property name"),
        (2, "item", '{"type": "function_call"}', "call_id of a function_call must be text"),
        (2, "call_id", "other", "has no output"),
        (0, "tokens", "7", "cannot be edited"),
        (0, "metadata", "[]", "not the JSON of an object"),
    ]:
        with pytest.raises(FrameError, match=reason):
            await sheet.change(SetCell(rows[number].key, rows[number].stamp, column, value))
    with pytest.raises(FrameError, match="no output"):
        await sheet.change(Delete([rows[3].key], [rows[3].stamp]))
    assert await texts_of(filled) == before


async def test_an_edit_of_an_old_version_is_refused_with_both_values(sheet, filled, path):
    """Whoever wrote meanwhile, nothing is overwritten; a row that is gone is a conflict as well."""
    row = (await rows_of(sheet))[0]
    other = SQLiteSession("support-42", path)
    frame = await other.to_frame()
    frame.loc[0, "text"] = "Theirs"
    await other.apply_frame(frame)
    with pytest.raises(ConflictError) as refused:
        await sheet.change(SetCell(row.key, row.stamp, "text", "Mine"))
    (conflict,) = refused.value.conflicts
    assert "My lamp arrived broken" in conflict.expected
    assert "Theirs" in conflict.found
    await other.clear_session()
    with pytest.raises(ConflictError, match="now: nothing"):
        await sheet.cells(row.key)
    await other.close()


async def test_the_version_tells_every_write(sheet, filled, path):
    """Ours, another session's object, the SDK's and plain SQL; reading changes nothing."""
    await sheet.page(0, 10)
    versions = [await sheet.version()]
    await sheet.page(0, 10)
    assert await sheet.version() == versions[0]

    async def noted():
        version = await sheet.version()
        assert version not in versions
        versions.append(version)
        assert [stamp_of((None, None, row, None)) for row in await texts_of(filled)] == [
            row.stamp for row in await rows_of(sheet)
        ]

    await filled.add_items([{"role": "user", "content": "Hi"}])
    await noted()
    plain = agents.SQLiteSession("support-42", path)
    await plain.add_items([{"role": "user", "content": "Hello"}])
    await noted()
    await plain.pop_item()
    plain.close()
    await noted()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE agent_messages SET message_data = json_set(message_data, '$.content', 'Longer')")
    connection.commit()
    connection.close()
    assert await sheet.version() not in versions
    assert {row.cells["text"] for row in await rows_of(sheet, labels=["user"])} == {"Longer"}


async def test_copies_of_a_pair_may_stand_beside_it(sheet, filled):
    """Call and output are copied together, with a call id of their own and without the ids of the model API."""
    rows = await rows_of(sheet)
    pair = await sheet.items([rows[2].key, rows[3].key])
    written = await sheet.change(Insert(rows[4].key, copies="\n".join(pair)))
    assert (written.report.inserted, written.position, len(written.keys)) == (2, 5, 2)
    items = await filled.get_items()
    call, output = items[4:6]
    assert call["call_id"] == output["call_id"] != "call_1"
    assert "id" not in call
    assert lone(items) == {}
    with pytest.raises(FrameError, match="cannot be copied"):
        await sheet.change(Insert(None, copies=(await sheet.items([rows[1].key]))[0]))


async def test_a_history_is_copied_into_another_session(sheet, filled, path):
    """As lines or as a list, with metadata, without reasoning; what is no item is refused."""
    await filled.add_items([{"role": "user", "content": "Hi", "_metadata": {"tag": "x"}}])
    lines = await sheet.items([row.key for row in await rows_of(sheet)])
    assert [json.loads(line) for line in lines] == await filled.get_items(with_metadata=True)
    async with SQLiteSession("other", path) as other:
        theirs = SQLiteSheet(other)
        written = await theirs.change(Insert(None, copies=f"[{','.join(lines)}]"))
        assert (written.report.inserted, written.position) == (5, 1)
        items = await other.get_items(with_metadata=True)
        assert [item.get("type", "message") for item in items] == [
            "message",
            "function_call",
            "function_call_output",
            "message",
            "message",
        ]
        assert items[-1]["_metadata"] == {"tag": "x"}
        assert lone(items) == {}
        for text in ("42", "[42]", '{"role": "user"', '{"role": "user"}\nHi', "[]"):
            with pytest.raises(FrameError, match="Nothing was written"):
                await theirs.change(Insert(None, copies=text))
        assert await theirs.undo()
        assert await other.get_items() == []


@pytest.mark.parametrize("whole", [True, False])
async def test_an_id_that_another_item_has_is_refused(sheet, filled, whole):
    """However far it is, and before the history was read through; a row may keep its own."""
    await filled.add_items([{"role": "user", "content": str(number)} for number in range(40 if whole else 3000)])
    before = await texts_of(filled)
    call, answer = (json.loads(before[place]) for place in (2, 4))
    for item, problem in ((answer, "id 'msg_1' is that of row 5"), ({**call, "id": "fc_2"}, "call_id 'call_1'")):
        with pytest.raises(FrameError, match=problem):
            await sheet.change(Insert(None, {"item": json.dumps(item)}), "stub")
    row = (await sheet.page(0, 10)).rows[4]
    await sheet.change(SetCell(row.key, row.stamp, "item", json.dumps({**answer, "status": "completed"})))
    await sheet.change(Insert(None, {"item": json.dumps({**answer, "id": "msg_2"})}))
    assert len(await filled.get_items()) == len(before) + 1
    await sheet.change(Insert(None, {"item": json.dumps({**call, "id": "fc_2", "call_id": "call_2"})}), "stub")
    assert lone(await filled.get_items()) == {}


async def test_undo_and_redo_through_the_sheet(sheet, filled):
    """They are the session's own: what a frame changed is taken back as well, and each says where it was."""
    await sheet.page(0, 10)
    frame = await filled.to_frame()
    frame.loc[4, "text"] = "Sorry!"
    await filled.apply_frame(frame)
    rows = await rows_of(sheet)
    await sheet.change(Delete([rows[2].key, rows[3].key], [rows[2].stamp, rows[3].stamp]), "pair")
    figures = (await sheet.page(0, 10)).figures
    assert (figures.items, figures.undo, figures.redo) == (2, 2, False)
    back = await sheet.undo()
    assert (back.report.inserted, back.position) == (3, 2)
    assert [row.stamp for row in await rows_of(sheet)] == [row.stamp for row in rows]
    assert (await sheet.undo()).position == 5
    assert await sheet.undo() is None
    figures = (await sheet.page(0, 10)).figures
    assert (figures.undo, figures.redo) == (0, True)
    await sheet.redo()
    assert (await rows_of(sheet))[4].said == "Sorry!"


async def test_a_branch_is_a_sheet_of_its_own(sheet, filled):
    """It ends with the row, it says how it is opened, and what is edited there does not show here."""
    rows = await rows_of(sheet)
    branch = await sheet.branch("support-42-b1", rows[3].key)
    there = await rows_of(branch)
    assert [row.stamp for row in there] == [row.stamp for row in rows[:4]]
    assert (branch.session_id, "support-42-b1" in branch.opened) == ("support-42-b1", True)
    await branch.change(SetCell(there[0].key, there[0].stamp, "text", "Elsewhere"))
    assert [row.stamp for row in await rows_of(sheet)] == [row.stamp for row in rows]
    assert [item["type"] for item in branch.glimpse().history.items[1:]] == [
        row.cells["type"] for row in rows[1:4]
    ]


async def test_rows_of_the_sdk_make_room(path):
    """Its ids stand side by side; an insertion between them renumbers what follows, and the order is right."""
    plain = agents.SQLiteSession("dense", path)
    await plain.add_items([{"role": "user", "content": str(number)} for number in range(6)])
    plain.close()
    async with SQLiteSession("dense", path) as session:
        sheet = SQLiteSheet(session)
        rows = await rows_of(sheet)
        written = await sheet.change(Insert(rows[1].key, {"role": "user", "text": "new"}))
        assert written.position == 2
        await sheet.change(Move([rows[0].key], None))
        assert [item["content"] for item in await session.get_items()] == ["new", *"123450"]


async def test_a_bad_row_is_shown_and_can_only_be_deleted(sheet, filled, path):
    """It says what is wrong with it."""
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', '42'), ('support-42', ?)",
        (sqlite3.Binary(b"\xff{"),),
    )
    connection.execute("UPDATE agent_messages SET message_data = CAST(message_data AS TEXT)")
    connection.commit()
    connection.close()
    *_, number, bytes_ = await rows_of(sheet)
    assert (number.label, number.problem) == ("bad row", "JSON, but not of an object")
    assert bytes_.problem == "not text in UTF-8"
    with pytest.raises(FrameError, match="can only be deleted"):
        await sheet.change(SetCell(bytes_.key, bytes_.stamp, "item", "{}"))
    await sheet.change(Delete([number.key, bytes_.key], [number.stamp, bytes_.stamp]))
    assert len(await rows_of(sheet)) == 5


async def test_a_long_history_is_shown_before_it_was_read_through(path):
    """The first page comes at once, with partners and agents from near by; the version then changes once."""
    turn = [
        {"role": "user", "content": "Go"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
    ]
    items = [{**item, "call_id": f"c{n}"} if "call_id" in item else item for n in range(1000) for item in turn]
    async with SQLiteSession("long", path) as session:
        await session.add_items(items)
        sheet = SQLiteSheet(session)
        page = await sheet.page(2500, 4)
        assert (page.figures.whole, page.figures.items) == (False, 3000)
        assert [row.partner for row in page.rows] == [2502, 2501, None, 2505]
        assert page.rows[1].cells["tool"] == "f"
        assert (await sheet.page(0, 5, labels=["call"])).fitting == 1000
        page = await sheet.page(2500, 4)
        assert page.figures.labels == {"user": 1000, "call": 1000, "output": 1000}


ITEMS = st.sampled_from(
    [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"type": "reasoning", "id": "rs", "summary": []},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "x"},
    ]
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["set", "insert", "copy", "delete", "move"]), st.integers(0, 9), ITEMS),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ITEMS, max_size=6), STEPS, st.sampled_from(["error", "pair", "stub"]))
def test_sheet_and_history_agree_after_any_changes(items, steps, policy):
    """Whatever was changed, the page is the history, its figures are a new sheet's, and no orphan is new."""

    async def run():
        async with SQLiteSession("s", ":memory:") as session:
            await session.add_items(items)
            sheet = SQLiteSheet(session)
            for kind, place, item in steps:
                rows = await rows_of(sheet)
                alone = set(lone(await session.get_items()))
                if rows or kind == "insert":
                    with suppress(FrameError):
                        await sheet.change(await _change(sheet, rows, kind, place, item), policy)
                now = await rows_of(sheet)
                assert [row.stamp for row in now] == [
                    stamp_of((None, None, text, None)) for text in await texts_of(session)
                ]
                assert (await sheet.page(0, 99)).figures.labels == (
                    await SQLiteSheet(session).page(0, 99)
                ).figures.labels
                assert set(lone(await session.get_items())) <= alone

    asyncio.run(run())


async def _change(sheet, rows, kind, place, item):
    row = rows[place % len(rows)] if rows else None
    before = row.key if row and place % 2 else None
    if kind == "set":
        return SetCell(row.key, row.stamp, "item", json.dumps({**item, "edited": place}))
    if kind == "insert":
        return Insert(before, {"item": json.dumps(item)})
    if kind == "copy":
        return Insert(before, copies="\n".join(await sheet.items([row.key])))
    return Delete([row.key], [row.stamp]) if kind == "delete" else Move([row.key], before)
