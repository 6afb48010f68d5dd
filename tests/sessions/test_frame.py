from __future__ import annotations

import agents
import pandas as pd
import pytest

from nbagents import to_frame
from nbagents.sessions.items.content import replace_text, text_of
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.columns import COLUMNS
from nbagents.sessions.table.frame import frame_of

NAMES = [
    "id",
    "position",
    "created_at",
    "type",
    "role",
    "agent",
    "text",
    "tool",
    "arguments",
    "output",
    "call_id",
    "tokens",
    "metadata",
    "item",
]


async def test_columns_are_the_contract(filled):
    """Names and order are public."""
    assert list((await filled.to_frame()).columns) == NAMES == [column.name for column in COLUMNS]


async def test_dtypes_do_not_depend_on_the_rows(filled, session):
    """An empty frame, a full one and one without ids have the same dtypes."""
    full = await filled.to_frame()
    assert full.dtypes.equals(frame_of([])[0].dtypes)
    assert full.dtypes.equals((await to_frame(agents.SQLiteSession("empty"))).dtypes)
    assert str(full["created_at"].dtype) == "datetime64[s, UTC]"


async def test_each_item_is_one_row(filled):
    """Message, reasoning, call, output and answer as a person reads them."""
    frame = await filled.to_frame()
    shown = (
        frame[["position", "type", "role", "text", "tool", "arguments", "output", "call_id"]].to_numpy().tolist()
    )
    assert shown == [
        [1, "message", "user", "My lamp arrived broken, order A-1043.", None, None, None, None],
        [2, "reasoning", None, "Look it up.", None, None, None, None],
        [3, "function_call", None, None, "lookup_order", '{"order_id": "A-1043"}', None, "call_1"],
        [4, "function_call_output", None, None, "lookup_order", None, '{"status": "delivered"}', "call_1"],
        [5, "message", "assistant", "I'm sorry about the lamp.", None, None, None, None],
    ]


async def test_any_session_of_the_sdk(history):
    """Without ids and times those cells are empty; a limit in the settings does not cut the history."""
    session = agents.SQLiteSession("s", session_settings={"limit": 2})
    await session.add_items(history)
    frame = await to_frame(session)
    session.close()
    assert len(frame) == 5
    assert frame["id"].isna().all()
    assert frame["created_at"].isna().all()


async def test_a_session_of_ones_own(history):
    """The protocol is all it needs."""

    class Mine:
        session_id = "mine"
        session_settings = None

        async def get_items(self, limit=None):
            return history

    assert (await to_frame(Mine()))["text"].tolist()[0] == history[0]["content"]


async def test_ours_through_the_function_has_ids(filled):
    """The function gives what the method gives."""
    pd.testing.assert_frame_equal(await to_frame(filled), await filled.to_frame())


async def test_agents_are_told_by_metadata_and_handoffs(session):
    """Metadata names an item's agent; a handoff names the next until the user speaks; else it is not known."""
    await session.add_items(
        [
            {"role": "user", "content": "Refund me"},
            {"role": "assistant", "content": "One moment", "_metadata": {"agent": "triage"}},
            {"type": "function_call", "call_id": "h", "name": "transfer_to_refunds", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "h", "output": '{"assistant": "refunds"}'},
            {"role": "assistant", "content": "Done"},
            {"role": "user", "content": "Thanks"},
            {"role": "assistant", "content": "Welcome"},
        ]
    )
    assert (await session.to_frame())["agent"].tolist() == [None, "triage", None, None, "refunds", None, None]


async def test_sessions_of_one_file_stay_apart(filled, path, history):
    """A frame shows its own session's rows in their order, be they most of the table or little of it."""
    before = await filled.to_frame()
    async with SQLiteSession("other", path) as other:
        for number in range(1, 4):
            await other.add_items(history)
            pd.testing.assert_frame_equal(await filled.to_frame(), before)
            frame = await other.to_frame()
            assert len(frame) == number * len(history)
            assert frame["id"].is_monotonic_increasing
            assert not set(frame["id"]) & set(before["id"])


@pytest.mark.parametrize(
    ("item", "column", "expected"),
    [
        ({"type": "custom_tool_call", "name": "run", "input": "ls", "call_id": "c"}, "arguments", "ls"),
        ({"type": "custom_tool_call", "name": "run", "input": {"a": 1}}, "arguments", '{"a": 1}'),
        ({"type": "custom_tool_call", "input": "ls", "arguments": "{}"}, "arguments", "{}"),
        ({"type": "message", "role": "user", "input": "ls"}, "arguments", None),
        (
            {"type": "function_call_output", "output": [{"type": "input_text"}]},
            "output",
            '[{"type": "input_text"}]',
        ),
        ({"type": "function_call", "name": 5, "call_id": ["x"]}, "tool", "5"),
        ({"type": "function_call", "name": 5, "call_id": ["x"]}, "call_id", '["x"]'),
        ({"type": "web_search_call", "id": "ws_1"}, "tool", "web_search"),
        ({"type": ["odd"], "role": "user"}, "type", "message"),
        ({"type": ["odd"]}, "type", None),
        ({"type": "function_call", "name": "abc", "arguments": "{}"}, "tokens", 2),
        ({"type": "function_call_output", "output": {"a": 1}}, "tokens", 2),
        (
            {"type": "function_call_output", "output": [{"type": "input_image", "image_url": "x" * 99}]},
            "tokens",
            2,
        ),
    ],
)
async def test_a_cell_of_any_item(session, item, column, expected):
    """What is not text is shown as JSON; what an item does not have is an empty cell."""
    await session.add_items([item])
    assert (await session.to_frame())[column].tolist() == [expected]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"role": "user", "content": "plain"}, "plain"),
        ({"content": [{"type": "input_text", "text": "a"}, {"type": "input_image"}]}, "a"),
        ({"content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}]}, "a\n\nb"),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "content": None}, "a"),
        ({"type": "reasoning", "summary": []}, None),
        ({"content": [None, 3, {"type": ["x"]}, {"type": "text", "text": 5}]}, None),
        ({"content": {"odd": 1}}, None),
        ({}, None),
    ],
)
def test_text_of_any_content(item, expected):
    """Whatever an item holds, reading its text does not fail."""
    assert text_of(item) == expected


def parts(*texts):
    return {"content": [{"type": "output_text", "text": text, "annotations": [1]} for text in texts]}


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (("a", "b"), "A\n\nb", ("A", "b")),
        (("a", "b"), "a\n\nB\n\nC", ("a", "B\n\nC")),
        (("a", "b", "c"), "a\n\nnew\n\nc", ("a", "new", "c")),
    ],
)
def test_one_part_of_several_is_replaced(before, text, after):
    """The part that changed is found from the parts that did not."""
    item = parts(*before)
    replace_text(item, text)
    assert item == parts(*after)


@pytest.mark.parametrize("text", ["x\n\ny", "", "ab", "a\n\na\n\nb"])
def test_an_edit_across_parts_is_refused(text):
    """No part is lost or guessed."""
    item = parts("a", "b")
    with pytest.raises(ValueError, match="2 parts"):
        replace_text(item, text)
    assert item == parts("a", "b")
