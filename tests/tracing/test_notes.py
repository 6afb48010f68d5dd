"""What people say about traces, and the datasets that come of it."""

from __future__ import annotations

import json

import pytest
from agents import custom_span, function_span, generation_span, trace

from nbagents.errors import ConfigError, TraceFileError, TraceNotFoundError
from nbagents.tracing.columns import EXAMPLE_COLUMNS, NOTE_COLUMNS


@pytest.fixture
def lamp(processor, store):
    """A trace of two model calls with a tool between them."""
    with trace("lamp", trace_id="trace_lamp"):
        with generation_span([{"role": "user", "content": "Hi"}], [{"role": "assistant"}], "gpt-4.1"):
            pass
        with function_span("lookup", '{"id": 1}', {"found": [1, 2]}):
            pass
        with generation_span([{"role": "user"}], [{"content": "Bye"}], "gpt-4.1"):
            pass
    return store.last()


def test_notes_are_kept_in_the_order_in_which_they_were_said(lamp, store):
    """Of a trace, by its record or the beginning of its id, and of a span; what was said before stays."""
    store.annotate(lamp, "good", "polite — ✓", 0.5)
    store.annotate("trace_l", "slow")
    store.annotate(lamp.span(1), "wrong", score=-1)
    notes = store.notes()
    assert list(notes.columns) == [column.name for column in NOTE_COLUMNS]
    assert notes["label"].tolist() == ["good", "slow", "wrong"]
    assert notes["note"].tolist()[0] == "polite — ✓"
    assert notes["score"].fillna(9).tolist() == [0.5, 9, -1]
    assert notes["seq"].astype(object).where(notes["seq"].notna(), None).tolist() == [None, None, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": " "}, "label is empty"),
        ({"label": 5}, "label is of type int"),
        ({"score": float("nan")}, "finite number"),
        ({"score": "1"}, "score is of type str"),
    ],
)
def test_what_is_not_a_note_is_refused(lamp, store, change, message):
    """A label is a word and a score a number; nothing is stored otherwise."""
    with pytest.raises(ConfigError, match=message) as info:
        store.annotate(lamp, **({"label": "good"} | change))
    assert info.value.name in change
    assert store.notes().empty


def test_a_note_on_a_trace_that_is_not_there(lamp, store):
    """The id that was given is named."""
    with pytest.raises(TraceNotFoundError, match="there is no trace 'nope'"):
        store.annotate("nope", "good")


def test_a_note_has_no_secret(lamp, store, raw, monkeypatch):
    """What is pasted into a note is looked through as all else is."""
    monkeypatch.setenv("LAMP_TOKEN", "lamp-4f9c1e77a2b04d55")
    store.annotate(lamp, "bad", "it said lamp-4f9c1e77a2b04d55")
    assert b"lamp-4f9c1e77a2b04d55" not in raw()
    assert store.notes()["note"].tolist() == ["it said [redacted LAMP_TOKEN]"]


def test_a_dataset_is_what_was_noted(lamp, store, tmp_path):
    """Inputs and outputs as the values they are, once for each note; the same rows as JSON lines."""
    store.annotate(lamp, "good", score=1)
    store.annotate(lamp.span(1), "right", "found both")
    store.annotate(lamp.span(1), "fast")
    frame = store.to_dataset(path=tmp_path / "lamp.jsonl")
    assert list(frame.columns) == [column.name for column in EXAMPLE_COLUMNS]
    assert frame["label"].tolist() == ["good", "right", "fast"]
    assert frame["type"].tolist() == ["trace", "function", "function"]
    assert frame["input"].tolist() == [[{"role": "user", "content": "Hi"}], '{"id": 1}', '{"id": 1}']
    assert frame["output"].tolist() == [[{"content": "Bye"}], {"found": [1, 2]}, {"found": [1, 2]}]
    rows = [json.loads(line) for line in (tmp_path / "lamp.jsonl").read_text().splitlines()]
    assert [row["output"] for row in rows] == frame["output"].tolist()
    assert [row["score"] for row in rows] == [1.0, None, None]


def test_a_dataset_of_chosen_spans(lamp, store):
    """Spans without notes are rows too; a frame without rows has the same columns and types."""
    chosen = [span for span in lamp.spans if span.type == "function"]
    frame = store.to_dataset(chosen)
    assert frame["span"].tolist() == ["lookup"]
    assert frame["label"].isna().tolist() == [True]
    assert store.to_dataset([]).dtypes.equals(frame.dtypes)


def test_a_trace_without_model_calls_has_neither_input_nor_output(processor, store):
    """A row is made all the same."""
    with trace("steps"), custom_span("step"):
        pass
    (row,) = store.to_dataset([store.last()]).to_dict("records")
    assert (row["trace"], row["input"], row["output"]) == ("steps", None, None)


def test_a_dataset_that_cannot_be_written_names_its_file(lamp, store, tmp_path):
    """A folder that is not there is told, with what to do."""
    with pytest.raises(TraceFileError, match="name another file") as info:
        store.to_dataset([lamp], path=tmp_path / "nowhere" / "lamp.jsonl")
    assert info.value.path == tmp_path / "nowhere" / "lamp.jsonl"
