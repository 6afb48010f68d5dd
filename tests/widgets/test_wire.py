"""Rows and payloads on their way to a page."""

from __future__ import annotations

import json

from nbagents.tracing.rows import SpanRow, TraceRow
from nbagents.widgets.wire import COLUMNS, DETAIL_CHARACTERS, ROW_CHARACTERS, cut, detail_fields, rows_json


def test_cells_are_in_the_order_of_the_columns():
    """A page names the cells of a row by the columns that come with it."""
    span = SpanRow("t1", 3, "s3", "s1", "function", "lookup", 5, 9, agent="triage", input_tokens=7)
    sent = json.loads(rows_json([TraceRow("t1", "lamp", 1, 9)], [span]))
    row = dict(zip(COLUMNS["spans"], sent["spans"][0], strict=True))
    assert {name: row[name] for name in ("seq", "parent_id", "agent", "input_tokens", "error")} == {
        "seq": 3,
        "parent_id": "s1",
        "agent": "triage",
        "input_tokens": 7,
        "error": None,
    }
    assert dict(zip(COLUMNS["traces"], sent["traces"][0], strict=True))["name"] == "lamp"


def test_metadata_stays_in_the_kernel():
    """What a page does not show is not sent to it."""
    sent = rows_json([TraceRow("t1", "lamp", 1, metadata='{"customer": "Ada"}', writer="w")], [])
    assert b"Ada" not in sent


def test_interrupted_traces_are_marked():
    """A page cannot know whether the process that wrote a trace still lives."""
    sent = json.loads(rows_json([TraceRow("t1", "a", 1), TraceRow("t2", "b", 1)], [], frozenset({"t2"})))
    assert [row[-1] for row in sent["traces"]] == [False, True]


def test_long_texts_in_rows_are_cut():
    """An error of a megabyte must not be sent with every update of its row."""
    span = SpanRow("t1", 0, "s0", None, "function", "f", 1, error="e" * 1_000_000)
    error = json.loads(rows_json([], [span]))["spans"][0][-1]
    assert (len(error), error[-1]) == (ROW_CHARACTERS, "…")


def test_lone_surrogates_do_not_break_a_row():
    """A model can give half a character; the row is sent with a mark in its place."""
    sent = json.loads(rows_json([TraceRow("t1", "half \ud83d", 1)], []))
    assert sent["traces"][0][1] == "half ?"


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
    fields = detail_fields({"input": json.dumps(long), "output": long, "data": "[not json", "error": None})
    assert fields["input"] == fields["output"]
    assert fields["input"]["text"].splitlines()[1] == '  "order_id": "A-1043",'
    assert (fields["data"]["text"], fields["error"]) == ("[not json", None)
    assert cut('{"a":"é"}')["text"] == '{"a": "é"}'
