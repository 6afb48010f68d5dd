from __future__ import annotations

import sqlite3
from contextlib import closing
from html.parser import HTMLParser

import agents
import pytest

from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.history import History
from nbagents.sessions.table.static import Glimpse, static_forms

# What GitHub's sanitiser leaves, as far as we use it.
_TAGS = {"div", "table", "thead", "tbody", "tr", "th", "td", "b", "small", "code", "span"}
_ATTRIBUTES = {"dir", "class", "align", "style"}


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.rows, self.text = set(), set(), [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data):
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def shown(session):
    bundle = session._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    return Page(bundle["text/html"]), bundle["text/plain"]


async def test_a_turn_reads_well_without_styles(filled):
    """Number, type, text, tokens and time; a call and its output name each other; the figures under it."""
    page, text = shown(filled)
    assert [row[:3] for row in page.rows] == [
        ["#", "type", "text"],
        ["1", "user", "My lamp arrived broken, order A-1043."],
        ["2", "reasoning", "Look it up."],
        ["3", "▍call\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}4", 'lookup_order(order_id="A-1043")'],
        ["4", "▍output\N{NO-BREAK SPACE}←\N{NO-BREAK SPACE}3", '{"status": "delivered"}'],
        ["5", "assistant", "I'm sorry about the lamp."],
    ]
    tokens = sum((await filled.to_frame())["tokens"])
    for said in (page.text, text):
        assert f"5 items · 1 turn · about {tokens} tokens" in said
    for row in page.rows[1:]:
        assert row[2] in text
    assert page.tags <= _TAGS
    assert page.attributes <= _ATTRIBUTES


@pytest.mark.parametrize(
    "evil",
    ["<img src=x onerror=alert(1)>", "</td></table><script>alert(1)</script>", "javascript:alert(1)", "&lt;b&gt;"],
)
async def test_nothing_of_a_model_becomes_html(session, evil):
    """Text, tool name, arguments, output, role, type and even the session's name are shown as text."""
    await session.add_items(
        [
            {"role": "user", "content": evil},
            {"type": "function_call", "call_id": "c", "name": evil, "arguments": evil},
            {"type": "function_call_output", "call_id": "c", "output": evil},
            {"role": evil, "content": "x"},
            {"type": evil},
        ]
    )
    page, _ = shown(session)
    assert (page.tags <= _TAGS, page.attributes <= _ATTRIBUTES) == (True, True)
    assert page.text.count(evil) == 6
    named, _ = shown(SQLiteSession(evil, ":memory:"))
    assert (named.tags <= _TAGS, evil in named.text) == (True, True)


async def test_no_formula_for_mathjax(session):
    """Prices and paths stay what they are: no two dollars and no backslash in one text node outside code."""
    await session.add_items([{"role": "user", "content": r"from $5 to $9, \(x\) and C:\temp"}])
    page, text = shown(session)
    html = session._repr_mimebundle_()["text/html"]
    assert html.startswith('<div class="mathjax_ignore tex2jax_ignore">')
    assert "$" not in html.replace("<span>$</span>", "")
    assert "\\" not in html.replace("<span>\\</span>", "")
    for said in (page.text, text):
        assert r"from $5 to $9, \(x\) and C:\temp" in said


async def test_long_histories_and_texts_are_cut_and_say_so(session):
    """The newest of 12,310, with their places and what could not be read through left out, in a small output."""
    await session.add_items(
        [{"role": "user", "content": f"{number} " + "long " * 200} for number in range(12_310)]
    )
    page, text = shown(session)
    *_, last = page.rows
    assert last[:2] == ["12310", "user"]
    assert last[2].startswith("12309 long")
    for said in (page.text, text):
        assert f"12,310 items · showing {len(page.rows) - 1} of 12,310, the newest" in said
        assert "turn" not in said
    assert sum(len(form.encode()) for form in session._repr_mimebundle_().values()) < 20_000


async def test_a_failed_tool_is_marked(session):
    """The SDK's own words for a tool that raised become a mark."""
    said = "An error occurred while running the tool. Please try again. Error: no"
    await session.add_items([{"type": "function_call_output", "call_id": "c", "output": said}])
    assert shown(session)[0].rows[1][2] == "✗ no"


async def test_sessions_without_times_have_no_column_for_them():
    """As most sessions of others."""
    history = History([(None, None, "{}", None)], [{"role": "user", "content": "Hi"}], [])
    bundle = static_forms("s", Glimpse(history))
    heads, row = Page(bundle["text/html"]).rows
    assert (heads, row[:3]) == (["#", "type", "text", "tokens"], ["1", "user", "Hi"])
    assert "time" not in bundle["text/plain"]


async def test_showing_makes_no_file(path):
    """A display only reads."""
    page, text = shown(SQLiteSession("s", path))
    assert ("0 items" in page.text, "0 items" in text, path.exists()) == (True, True, False)


async def test_a_file_of_the_sdks_and_one_that_is_none(path, tmp_path):
    """A file without our tables is shown; one that cannot be read says so instead of failing the cell."""
    theirs = agents.SQLiteSession("s", path)
    await theirs.add_items([{"role": "user", "content": "Hi"}])
    assert "Hi" in shown(SQLiteSession("s", path))[1]
    theirs.close()
    (tmp_path / "notes.txt").write_text("no database " * 200)
    assert "cannot be read now" in shown(SQLiteSession("s", tmp_path / "notes.txt"))[1]


async def test_memory_and_closed_sessions(filled, path):
    """A session in memory is shown from a running loop; a closed one from its file."""
    async with SQLiteSession("s", ":memory:") as memory:
        assert "0 items" in shown(memory)[1]
        await memory.add_items([{"role": "user", "content": "Hi"}])
        assert "Hi" in shown(memory)[1]
    await filled.close()
    assert "My lamp" in shown(filled)[1]


async def test_corrupt_rows_are_counted(filled, path):
    """A display says that there is something it does not show."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO agent_messages (session_id, message_data) VALUES ('support-42', '42')")
    assert "1 row that holds no item" in shown(filled)[1]


async def test_what_is_no_text_is_named(session):
    """An image of a message or an output is seen to be there; a text from right to left begins at its own side."""
    await session.add_items(
        [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "Broken:"}, {"type": "input_image", "image_url": "x"}],
            },
            {"role": "user", "content": "وصل المصباح مكسورًا"},
            {"type": "function_call", "call_id": "c1", "name": "photo", "arguments": "{}"},
            {
                "type": "function_call_output",
                "call_id": "c1",
                "output": [{"type": "input_image", "image_url": "x"}, {"type": "input_text", "text": "The lamp"}],
            },
        ]
    )
    page, text = shown(session)
    said = [row[2] for row in page.rows[1:]]
    assert said == ["[image] Broken:", "وصل المصباح مكسورًا", "photo()", "[image] The lamp"]
    assert "[image] Broken:" in text
    assert "dir" in page.attributes


async def test_what_a_model_did_by_itself_is_told(session):
    """A tool that runs at the API shows what it was asked; reasoning without a summary says that it has none."""
    await session.add_items(
        [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "lamp"}},
            {"type": "file_search_call", "id": "fs_1", "queries": ["refunds"], "results": None},
        ]
    )
    page, _ = shown(session)
    assert [row[2] for row in page.rows[1:]] == [
        "(no summary)",
        'web_search(type="search", query="lamp")',
        'file_search(queries=["refunds"])',
    ]
