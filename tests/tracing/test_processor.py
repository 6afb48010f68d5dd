"""The callbacks on the agent's own thread: what they hand over, and that they never fail a run."""

from __future__ import annotations

import base64
import json
import threading
import warnings

import pytest
from agents import custom_span, function_span, response_span, speech_span, trace
from agents.tracing import get_trace_provider
from agents.tracing.span_data import SpanData
from openai.types.responses import Response

from nbagents._sqlite import set_default_path
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.queue_writer import TraceWarning

SECRET = "lamp-4f9c1e77a2b04d55"
SOUND = base64.b64encode(b"\x01\x02secret sound\x03" * 200).decode()


def response(text, **more):
    return Response.model_validate(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "gpt-4.1",
            "status": "completed",
            "output": [
                {
                    "type": "function_call",
                    "call_id": "c",
                    "name": "lookup",
                    "arguments": json.dumps({"deep": json.dumps({"key": text})}),
                }
            ],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            **more,
        }
    )


class Hostile(SpanData):
    """Span data of which nothing can be read."""

    type = "hostile"

    def __getattr__(self, name):
        raise RuntimeError(f"no {name}")

    def export(self):
        raise RuntimeError("no export")


def hostile_span():
    return get_trace_provider().create_span(Hostile())


def test_span_data_that_cannot_be_read_is_a_span_all_the_same(processor, store):
    """That it began and ended is known; one warning says that something is missing; the run goes on."""
    with pytest.warns(TraceWarning, match="could not trace part of this run") as caught, trace("run"):
        for _ in range(3):
            with hostile_span(), custom_span("inside"):
                pass
    record = store.last()
    assert [(span.depth, span.name, span.status) for span in record.spans] == [
        (0, "hostile", "ok"),
        (1, "inside", "ok"),
    ] * 3
    assert len(caught) == 1


@pytest.mark.parametrize("error", ["just text", {"message": None}, {"data": {"a": 1}}, ["list"]])
def test_an_error_of_any_shape_marks_its_span(processor, store, error):
    """The SDK does not check what a span is given as its error."""
    with trace("run"), custom_span("step") as span:
        span.set_error(error)
    (failed,) = store.last().spans
    assert failed.status == "error"
    assert failed.payload["error"] == error


def test_a_trace_with_metadata_of_any_kind(processor, store):
    """What JSON has no word for is described."""
    with trace("run", metadata={"when": object, "sound": b"\xff\x00", "n": float("nan")}, group_id="g"):
        pass
    record = store.last()
    assert record.metadata == {
        "when": "<class 'object'>",
        "sound": "[bytes: 2 bytes, sha256 ea5dbf9596d1]",
        "n": "NaN",
    }
    assert record.group_id == "g"


def test_a_warning_that_is_made_an_error_does_not_reach_the_run(processor, caplog):
    """`-W error` is for the user's code: not even the SDK has to catch anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with trace("run"), hostile_span():
            pass
    assert caplog.records == []


def test_the_observer_gives_the_cell_on_the_agent_s_thread(path, only, store):
    """It is asked in the context of the run, and its answer is stored."""
    asked = []

    class Board:
        def trace_started(self, trace_id, name):
            asked.append((name, threading.current_thread()))
            return "cell-7"

        def committed(self, traces, spans):
            pass

    processor = NotebookTracingProcessor(path, observer=Board())
    only(processor)
    with trace("run"):
        pass
    assert store.last().row.cell_id == "cell-7"
    assert asked == [("run", threading.current_thread())]
    processor.shutdown()


def test_an_observer_is_let_go_of(path, only, store):
    """After shutdown a display hears nothing more; with a second processor it is told once."""
    told = []

    class Board:
        def trace_started(self, trace_id, name):
            return None

        def committed(self, traces, spans):
            told.extend(span.name for span in spans)

    board = Board()
    first, second = (NotebookTracingProcessor(path, observer=board) for _ in range(2))
    only(first, second)
    with trace("run"), custom_span("a"):
        pass
    first.force_flush()
    assert told == ["a"]
    first.shutdown()
    only(NotebookTracingProcessor(path))
    with trace("run"), custom_span("b"):
        pass
    store.flush()
    assert told == ["a"]


def test_without_a_path_the_notebook_s_file_is_found_at_the_first_trace(tmp_path, only):
    """`enable(db=)` after the processor was made still counts; nothing is opened before."""
    processor = NotebookTracingProcessor()
    only(processor)
    set_default_path(tmp_path / "named.db")
    assert list(tmp_path.glob("*.db")) == []
    with trace("run"):
        pass
    processor.shutdown()
    assert (tmp_path / "named.db").exists()


@pytest.mark.parametrize("where", ["instructions", "tools", "output", "input"])
def test_no_secret_of_a_response_is_in_the_file(monkeypatch, processor, raw, where):
    """Also where a response goes from pydantic straight to text, at its first call and at the next."""
    monkeypatch.setenv("LAMP_KEY", SECRET)
    tool = {"type": "function", "name": "f", "parameters": {"default": SECRET}, "strict": True}
    more = {"instructions": {"instructions": f"Use {SECRET}."}, "tools": {"tools": [tool]}}.get(where, {})
    with trace("run"):
        for _ in range(3):
            with response_span() as span:
                span.span_data.input = [{"role": "user", "content": SECRET if where == "input" else "Hi"}]
                span.span_data.response = response(SECRET if where == "output" else "x", **more)
    found = raw()
    assert b"resp_1" in found
    assert SECRET.encode() not in found
    assert b"[redacted LAMP_KEY]" in found


def test_instructions_that_become_secret_are_not_remembered_as_harmless(monkeypatch, processor, raw, store):
    """A key that is set between two calls is removed from what the agent says every time."""
    with trace("early"), response_span() as span:
        span.span_data.response = response("x", instructions=f"Use {SECRET}.")
    assert SECRET in store.last().spans[0].data["instructions"]
    monkeypatch.setenv("LAMP_KEY", SECRET)
    with trace("late"), response_span() as span:
        span.span_data.response = response("x", instructions=f"Use {SECRET}.")
    assert store.last().spans[0].data["instructions"] == "Use [redacted LAMP_KEY]."


def test_the_first_sound_of_speech_is_its_first_token(processor, store):
    """The SDK's voice pipeline notes when the first sound came; it is read like the first token of a text."""
    with trace("run"), speech_span("tts-1", "Hello") as span:
        span.span_data.first_content_at = get_trace_provider().time_iso()
    (spoken,) = store.last().spans
    assert 0 <= spoken.first_token <= spoken.duration


def test_sound_in_a_tool_s_result_leaves_a_note(processor, raw, store):
    """Images and sound that tools give back are replaced by kind, length and hash."""
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{SOUND}"}
    mcp = {"content": [{"type": "audio", "data": SOUND, "mimeType": "audio/wav"}]}
    with trace("run"):
        with function_span("draw", output=[image]):
            pass
        with function_span("speak", output=json.dumps(mcp)):
            pass
    draw, speak = store.last().spans
    assert draw.output[0]["image_url"].startswith("[image/png: 3,000 bytes, sha256 ")
    assert "3,000 bytes, sha256 " in speak.output
    assert SOUND[:64].encode() not in raw()
