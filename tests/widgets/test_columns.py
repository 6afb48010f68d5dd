"""Rows as columns on their way to a page."""

from __future__ import annotations

import json
import math
from array import array

from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.widgets.trace.columns import TEXT_CHARACTERS, Columns

WHOLE = ("trace", "seq", "parent", "type", "name", "agent", "model", "error")


def read(buffers):
    head, whole, times, usage = buffers
    numbers = list(array("i", whole))
    count = len(numbers) // len(WHOLE)
    columns = {name: numbers[n * count : (n + 1) * count] for n, name in enumerate(WHOLE)}
    return json.loads(head), columns, list(array("d", times)), list(array("d", usage))


def span(seq, name="f", parent=None, trace="t1", **more):
    return SpanRow(trace, seq, f"s{seq}", None if parent is None else f"s{parent}", "function", name, 10, **more)


def test_texts_are_sent_once():
    """A name that a page knows is a number; what a thousand spans share is not sent a thousand times."""
    columns = Columns()
    head, first, *_ = read(columns.buffers([], {"t1": [span(0), span(1, "g", 0)]}))
    assert head["names"] == ["function", "f", "g"]
    assert (first["name"], first["parent"], first["error"]) == ([1, 2], [-1, 0], [-1, -1])
    head, second, *_ = read(columns.buffers([], {"t1": [span(2, "g", 1, error="no")]}))
    assert head["names"] == ["no"]
    assert (second["name"], second["parent"], second["error"]) == ([2], [1], [3])


def test_a_change_costs_what_changed():
    """Of ten thousand spans the end of one is some dozens of bytes."""
    columns = Columns()
    columns.buffers([], {"t1": [span(n) for n in range(10_000)]})
    assert sum(map(len, columns.buffers([], {"t1": [span(77, ended_us=90)]}))) < 120


def test_spans_of_several_traces_come_together():
    """Each has the number of its trace, and parents are looked for in their own."""
    given = {"t1": [span(0), span(1, parent=0)], "t2": [span(0, trace="t2"), span(1, parent=9, trace="t2")]}
    _, whole, times, _ = read(Columns().buffers([], given))
    assert (whole["trace"], whole["seq"], whole["parent"]) == ([0, 0, 1, 1], [0, 1, 0, 1], [-1, 0, -1, -1])
    assert times[:4] == [10.0] * 4
    assert all(map(math.isnan, times[4:]))


def test_only_spans_that_used_something_say_what():
    """Tokens are unknown, not 0; the first token's time is since the span's start."""
    used = span(1, input_tokens=5, cached_tokens=2, first_token_us=250)
    *_, usage = read(Columns().buffers([], {"t1": [span(0), used]}))
    assert usage[:2] == [1.0, 5.0]
    assert math.isnan(usage[2])
    assert usage[3] == 2.0
    assert usage[5] == 240.0


def test_of_a_trace_a_page_is_told_what_it_shows():
    """Metadata stays in the kernel; whether the process that wrote it still lives a page cannot know."""
    row = TraceRow("t1", "lamp", 1, metadata='{"customer": "Ada"}', writer="w", group_id="g")
    head, *_ = read(Columns().buffers([row], {}, frozenset({"t1"})))
    told = {
        "trace_id": "t1",
        "name": "lamp",
        "started_us": 1,
        "ended_us": None,
        "group_id": "g",
        "interrupted": True,
    }
    assert head["traces"] == [[0, told]]


def test_long_texts_are_cut_and_half_characters_do_not_break_a_row():
    """An error of a megabyte must not be sent with every update; a model can give half a character."""
    head, *_ = read(Columns().buffers([], {"t1": [span(0, "half \ud83d", error="e" * 1_000_000)]}))
    assert head["names"][1] == "half ?"
    assert (len(head["names"][2]), head["names"][2][-1]) == (TEXT_CHARACTERS, "…")
