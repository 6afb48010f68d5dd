"""The kernel's side of the session grid."""

from __future__ import annotations

import asyncio
import json
import queue
import threading

import pytest

from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.widgets.session.session_grid import SessionGrid

ITEMS = [
    {"role": "user", "content": "Half a pair: \ud83d"},
    {"type": "function_call", "call_id": "c", "name": "lookup", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c", "output": "<b>"},
]


SEEN = {"start": 0, "count": 100, "search": "", "labels": []}


class Bound:
    """A session of somebody's that works on the loop it was made on only."""

    def __init__(self):
        self.session_id = "bound"
        self.session_settings = None
        self.items = []
        self.loop = asyncio.get_running_loop()

    async def get_items(self, limit=None):
        assert asyncio.get_running_loop() is self.loop
        return list(self.items)

    async def add_items(self, items):
        self.items += items

    async def pop_item(self):
        return self.items.pop()

    async def clear_session(self):
        self.items = []


class Page:
    """The page's end of a grid: what reached it, in order."""

    def __init__(self, grid):
        self.received = queue.Queue()
        self.grid = grid
        grid.send = lambda content, buffers=None: self.received.put((content, buffers))

    def next(self):
        content, buffers = self.received.get(timeout=20)
        return content, json.loads(buffers[0]) if buffers else None

    def ask(self, **message):
        """Ask as a page does, and return the answer; what every page is told meanwhile is passed over."""
        self.grid._handle_custom_msg({"client": "me", "id": 1, **SEEN, **message}, [])
        while (answer := self.next())[0]["type"] == "changed":
            pass
        assert (answer[0].get("client"), answer[0].get("id")) == ("me", 1)
        return answer[0]["type"], answer[1]


@pytest.fixture
def page(tmp_path):
    session = SQLiteSession("support", tmp_path / "a.db")
    asyncio.run(session.add_items(ITEMS))
    grid = SessionGrid(session)
    yield Page(grid)
    grid.close()
    asyncio.run(session.close())


def test_unknown_arguments_are_refused():
    """A misspelled argument is named."""
    with pytest.raises(ConfigError, match="no argument 'sesion'; it has: session"):
        SessionGrid(SQLiteSession("s", ":memory:"), sesion=1)


def test_a_page_that_starts_is_sent_the_first_rows(page):
    """With all that it must know of the session, and every character, half a surrogate pair too."""
    page.grid._handle_custom_msg({"type": "ready"}, [])
    content, first = page.next()
    assert content == {"type": "first"}
    assert [row["label"] for row in first["rows"]] == ["user", "call", "output"]
    assert first["rows"][0]["said"].endswith("\ud83d")
    assert (first["session_id"], first["where"], first["fitting"]) == ("support", "saved in a.db", 3)


def test_what_is_asked_is_answered_or_refused(page):
    """A page, a cell, a change, an undo and a branch; an error comes with what a page needs of it."""
    _, found = page.ask(type="page", start=0, count=9, search="lookup", labels=["call"])
    (row,) = found["rows"]
    assert page.ask(type="cells", key=row["key"])[1]["arguments"] == "{}"
    gone = {"kind": "delete", "keys": [row["key"]], "stamps": [row["stamp"]]}
    kind, refusal = page.ask(type="change", change=gone)
    assert (kind, refusal["kind"]) == ("refused", "orphan")
    assert page.ask(type="change", change=gone, on_orphan="pair")[1]["report"]["deleted"] == 2
    kind, refusal = page.ask(type="change", change={**gone, "kind": "set"} | {"nonsense": 1})
    assert (kind, refusal["kind"]) == ("refused", "other")
    assert page.ask(type="undo")[1]["report"]["inserted"] == 2
    edit = {"kind": "set", "key": row["key"], "stamp": "old", "column": "tool", "value": "find"}
    kind, refusal = page.ask(type="change", change=edit)
    assert (kind, refusal["kind"]) == ("refused", "conflict")
    assert "lookup" in refusal["conflicts"][0]["found"]
    _, branched = page.ask(type="branch", new_id="other", at=row["key"])
    assert branched["session_id"] == "other"
    page.ask(type="open", session_id="other")
    assert page.ask(type="page", start=0, count=9)[1]["session_id"] == "other"


def test_a_change_is_answered_with_its_rows_and_told_to_other_pages(page):
    """Two tabs show one widget: what one of them wrote it sees at once, and the other must look at."""
    (row, *_) = page.ask(type="page", start=0, count=9)[1]["rows"]
    edit = {"kind": "set", "key": row["key"], "stamp": row["stamp"], "column": "text", "value": "Hi"}
    page.grid._handle_custom_msg({"type": "change", "change": edit, "client": "other", "id": 4, **SEEN}, [])
    assert page.next()[0] == {"type": "changed", "client": "other"}
    content, answer = page.next()
    assert content == {"type": "answer", "client": "other", "id": 4}
    assert [row["said"] for row in answer["page"]["rows"]] == ["Hi", "lookup()", "<b>"]
    assert (answer["page"]["version"], answer["page"]["figures"]["undo"]) == (answer["version"], 1)


def test_the_rows_are_those_where_the_change_is(page):
    """Where one looks at all rows, wherever one looked; in a search, those that one looks at."""
    rows = page.ask(type="page", start=0, count=1)[1]["rows"]
    (item,) = page.ask(type="items", keys=[rows[0]["key"]])[1]
    copy = {"kind": "insert", "before": None, "copies": item}
    _, answer = page.ask(type="change", change=copy, start=0, count=2)
    assert (answer["position"], answer["page"]["start"], len(answer["page"]["rows"])) == (4, 2, 2)
    _, answer = page.ask(type="undo", start=0, count=2, search="half")
    assert (answer["page"]["start"], answer["page"]["fitting"]) == (0, 1)
    assert page.ask(type="undo")[1] is None


def test_rows_are_in_no_trait(page):
    """A saved widget state must stay small."""
    page.ask(type="page", start=0, count=9)
    state = {name: value for name, value in page.grid.get_state().items() if name != "_esm"}
    assert "lookup" not in str(state)


async def test_a_session_bound_to_a_loop_is_asked_on_it():
    """Wherever the message arrives; the handler returns at once."""
    session = Bound()
    await session.add_items(ITEMS)
    page = Page(SessionGrid(session))
    thread = threading.Thread(target=lambda: page.grid._handle_custom_msg({"type": "ready"}, []))
    thread.start()
    _, first = await asyncio.to_thread(page.next)
    thread.join()
    assert [row["label"] for row in first["rows"]] == ["user", "call", "output"]
    assert "edit" not in first["cannot"]
    page.grid.close()


async def test_a_static_form_is_left(page, tmp_path):
    """HTML without a script, from the file or from what was read last; a session on a busy loop says so."""
    html, text = page.grid.static_forms()
    assert "lookup()" in text
    assert "<b>&lt;" not in html
    assert "&lt;b&gt;" in html
    session = Bound()
    await session.add_items(ITEMS)
    grid = SessionGrid(session)
    assert "once its event loop is free" in grid.static_forms()[1]
    await grid._sheet.version()
    assert "lookup()" in grid.static_forms()[1]
    grid.close()
