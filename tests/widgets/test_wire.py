"""Payloads on their way to a page."""

from __future__ import annotations

import json

import pytest

from nbagents.tracing.capture.rows import SpanRow
from nbagents.widgets.trace.bubbles import NEWEST, chat
from nbagents.widgets.trace.span_detail import span_detail
from nbagents.widgets.wire import DETAIL_CHARACTERS, cut, error_text


def test_payloads_are_cut_and_say_so():
    """However long a payload is, its beginning is sent with both lengths."""
    assert cut("x" * 1_203_444) == {
        "text": "x" * DETAIL_CHARACTERS,
        "shown": DETAIL_CHARACTERS,
        "total": 1_203_444,
    }


def test_payload_texts():
    """JSON is laid out, whether it comes as text or as values; other text is left as it is."""
    long = {"order_id": "A-1043", "items": ["a lamp", "another lamp", "a third lamp, green"]}
    assert cut(json.dumps(long)) == cut(long)
    assert cut(long)["text"].splitlines()[1] == '  "order_id": "A-1043",'
    assert [cut(text)["text"] for text in ("[not json", '{"a":"é"}')] == ["[not json", '{"a": "é"}']
    assert cut(None) is None


def test_an_error_keeps_its_traceback():
    """What the SDK kept beside the message is there, line by line."""
    error = {"message": "Error", "data": {"tool": "refund", "traceback": "Traceback:\n  line 1", "n": 3}}
    assert error_text(error).splitlines() == [
        "Error",
        "",
        "tool: refund",
        "traceback: Traceback:",
        "  line 1",
        "n: 3",
    ]
    assert [error_text(each) for each in ("text", None, {"message": "m"})] == ["text", None, "m"]


def said(value):
    return [(each["who"], each["kind"], each["name"], each["text"]["text"]) for each in chat(value)["bubbles"]]


def test_items_of_the_responses_api_are_messages():
    """What was said, what was called with what, and what came back."""
    assert said(
        [
            {"role": "user", "content": "Where is it?"},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
            {"type": "function_call", "name": "find", "arguments": '{"id":"A-1"}', "call_id": "c1"},
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Here."}]},
        ]
    ) == [
        ("user", "message", "", "Where is it?"),
        ("assistant", "reasoning", "", "Look it up."),
        ("assistant", "call", "find", '{"id": "A-1"}'),
        ("tool", "output", "", "found"),
        ("assistant", "message", "", "Here."),
    ]


def test_messages_of_chat_completions_are_messages():
    """A generation's calls are in the message that makes them."""
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    assert said(
        [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "content": "found"}]
    ) == [("assistant", "call", "find", "{}"), ("tool", "output", "", "found")]


@pytest.mark.parametrize("value", [None, "text", [], [1], [{"a": 1}], {"role": "user"}])
def test_anything_else_is_no_chat(value):
    """It is shown as JSON."""
    assert chat(value) is None


def test_of_a_long_chat_the_newest_are_sent():
    """How many there are is said."""
    found = chat([{"role": "user", "content": str(n)} for n in range(500)])
    assert (found["shown"], found["total"], found["bubbles"][-1]["text"]["text"]) == (NEWEST, 500, "499")


def test_detail_of_a_model_call():
    """Messages, settings with the names of its tools, and what it cost."""
    span = SpanRow(
        "t1",
        0,
        "s0",
        None,
        "response",
        "gpt-4o",
        1_750_000_000_000_000,
        model="gpt-4o",
        input_tokens=1000,
        output_tokens=100,
    )
    data = {
        "temperature": 0.2,
        "tools": [{"name": "find", "parameters": {}}, {"type": "web_search"}],
        "text": {"format": "json"},
    }
    detail = span_detail(span, {"input": [{"role": "user", "content": "Hi"}], "output": None, "data": data})
    assert [(name, field["text"]) for name, field in detail["settings"]] == [
        ("temperature", "0.2"),
        ("tools", "find, web_search"),
        ("text", '{"format": "json"}'),
    ]
    assert detail["chat"]["input"]["total"] == 1
    assert detail["chat"]["output"] is None
    assert detail["cost"] == pytest.approx(0.0035)


def test_detail_of_a_tool_call():
    """Arguments are JSON, not a chat, and a tool costs nothing that is known."""
    detail = span_detail(SpanRow("t1", 0, "s0", None, "function", "find", 5), {"input": '{"a":1}'})
    assert detail["fields"]["input"]["text"] == '{"a": 1}'
    assert (detail["chat"], detail["cost"], detail["settings"]) == ({"input": None, "output": None}, None, [])
