"""From a span to the session's items that it made."""

from __future__ import annotations

import json

import pytest
from comm import DummyComm

from nbagents import SQLiteSession
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.record import TraceRecord
from nbagents.widgets.trace.session_items import items_of_span

CALL = {"type": "function_call", "name": "find", "arguments": '{"id": "A-1"}', "call_id": "call_1", "id": "fc_1"}
OTHER = {**CALL, "arguments": '{"id": "B-2"}', "call_id": "call_2", "id": "fc_2"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "found"}


class Payloads:
    def payload(self, _trace_id, seq):
        return {1: {"output": [CALL, OTHER]}, 2: {"input": '{"id":"A-1"}'}}.get(seq, {})


@pytest.fixture
def run():
    rows = [
        SpanRow("t1", seq, f"s{seq}", None, kind, name, seq, seq + 1)
        for seq, kind, name in ((0, "agent", "triage"), (1, "response", "gpt"), (2, "function", "find"))
    ]
    return TraceRecord(TraceRow("t1", "lamp", 0, 9), rows, Payloads())


@pytest.fixture
async def path(tmp_path):
    """A file with two sessions, the second in tables of its own."""
    path = tmp_path / "lamp.db"
    async with SQLiteSession("other", path) as other:
        await other.add_items([{"role": "user", "content": "call_9"}])
    async with SQLiteSession("support", path, messages_table="lamp_messages") as session:
        await session.add_items([{"role": "user", "content": str(n)} for n in range(10)])
        await session.add_items([CALL, OTHER, OUTPUT, {"role": "assistant", "content": "Here."}])
    return path


def meant(found):
    return found.session_id, found.total, found.positions


def test_a_tool_s_items_are_its_own_call_and_its_output(run, path):
    """Of two calls of one tool in one answer, the one with the span's arguments."""
    found = items_of_span(run, 2, path)
    assert meant(found) == ("support", 14, [11, 13])
    assert (found.sessions_table, found.messages_table) == ("agent_sessions", "lamp_messages")


def test_a_model_call_s_items_are_what_it_answered(run, path):
    """Found by the ids of the answer."""
    assert meant(items_of_span(run, 1, path)) == ("support", 14, [11, 12, 13])


def test_what_is_in_no_session_is_not_found(run, path, tmp_path):
    """An agent makes no items; a file without sessions, and none at all, have none."""
    assert items_of_span(run, 0, path) is None
    assert items_of_span(run, 2, tmp_path / "none.db") is None
    assert items_of_span(run, 2, None) is None


def test_ids_are_looked_for_as_json_writes_them(run, path):
    """`call_1` is not found in `call_11`."""
    assert json.dumps("call_1") not in json.dumps({"call_id": "call_11"})
    assert meant(items_of_span(run, 2, path))[2] == [11, 13]


def test_one_grid_shows_a_session_whatever_span_asks(run, path, open_page):
    """The page is told which grid it is and at which items; a span that is in no session has none."""
    store = Payloads()
    store.path = path
    page = open_page([run], store=store)
    told = [page.ask({"type": "session", "trace_id": "t1", "seq": seq})[0][0] for seq in (0, 1, 2)]
    assert [message["found"] and message["found"]["positions"] for message in told] == [
        None,
        [11, 12, 13],
        [11, 13],
    ]
    (grid,) = {message["found"]["view_id"] for message in told[1:]}
    (opened,) = page.view._grids.values()
    assert opened.view_id == grid
    opened.comm = DummyComm()
    page.view.close()
    assert opened.comm is None  # else it would hold its session for as long as the kernel lives
