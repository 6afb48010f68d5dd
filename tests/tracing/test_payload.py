"""What is kept of each of the SDK's span types."""

from __future__ import annotations

import json

import pytest
from agents.tracing import (
    agent_span,
    custom_span,
    function_span,
    generation_span,
    guardrail_span,
    handoff_span,
    mcp_tools_span,
    response_span,
    speech_group_span,
    speech_span,
    task_span,
    trace,
    transcription_span,
    turn_span,
)
from agents.tracing.span_data import SpanData
from openai.types.responses import Response

from nbagents.tracing.capture.events import text_of
from nbagents.tracing.capture.payload import TYPES, Facts, Tokens, facts_of, name_of, payload_json

USAGE = {
    "input_tokens": 412,
    "output_tokens": 56,
    "total_tokens": 468,
    "input_tokens_details": {"cached_tokens": 128, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 7},
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-4.1-2025-04-14",
    "status": "completed",
    "instructions": "Be kind — ✓",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Good — day", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "text": {"format": {"type": "json_schema", "name": "out", "schema": {"type": "object"}}},
    "tools": [{"type": "function", "name": "lookup", "parameters": {"type": "object"}, "strict": True}],
    "usage": USAGE,
}


def stored(data, error=None):
    return json.loads("".join(map(text_of, payload_json(facts_of(data), error))))


@pytest.fixture
def data():
    """Make span data the way the SDK does."""
    with trace("lamp", disabled=False):
        yield lambda make, *args, **options: make(*args, **options).span_data


def test_the_table_has_every_type_of_the_sdk(data):
    """A type that the SDK adds shows up here."""
    from agents.tracing import span_data as sdk

    known = [c for c in vars(sdk).values() if isinstance(c, type) and issubclass(c, SpanData)]
    assert sorted(c.type.fget(object()) for c in known if c is not SpanData) == sorted(TYPES)


# (how it is made, its name, its input, its output, its data)
CASES = {
    "agent": (
        (agent_span, "triage", ["refunds"], ["lookup"], "str"),
        "triage",
        None,
        None,
        {"handoffs": ["refunds"], "tools": ["lookup"], "output_type": "str"},
    ),
    "task": ((task_span, "lamp"), "lamp", None, None, {}),
    "turn": ((turn_span, 2, "triage"), "turn 2", None, None, {"turn": 2, "agent_name": "triage"}),
    "function": ((function_span, "lookup", '{"id": 1}', "found"), "lookup", '{"id": 1}', "found", None),
    "generation": (
        (generation_span, [{"role": "user"}], [{"role": "assistant"}], "gpt-4o", {"top_p": 1}),
        "gpt-4o",
        [{"role": "user"}],
        [{"role": "assistant"}],
        {"model_config": {"top_p": 1}},
    ),
    "handoff": (
        (handoff_span, "triage", "refunds"),
        "→ refunds",
        None,
        None,
        {"from_agent": "triage", "to_agent": "refunds"},
    ),
    "guardrail": ((guardrail_span, "no rants", True), "no rants", None, None, {"triggered": True}),
    "custom": ((custom_span, "step", {"n": 1}), "step", None, None, {"n": 1}),
    "speech_group": ((speech_group_span, "Hello"), "speech", "Hello", None, None),
    "mcp_tools": ((mcp_tools_span, "files", ["read"]), "files", "files", ["read"], None),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_type_keeps_its_input_and_output(data, kind):
    """Name, input, output and the rest, each where it belongs."""
    (make, *args), name, given, output, rest = CASES[kind]
    made = data(make, *args)
    assert made.type == kind
    assert name_of(made) == name
    assert stored(made) == {"input": given, "output": output, "data": rest, "error": None}


def test_a_response_keeps_what_the_sdk_s_export_leaves_out(data):
    """Input, output, settings and tokens; the schema under the API's own word for it."""
    made = data(response_span)
    assert name_of(made) == "response"
    made.input = [{"role": "user", "content": "Hi"}]
    made.response = Response.model_validate(RESPONSE)
    facts, kept = facts_of(made), stored(made)
    assert name_of(made) == facts.model == "gpt-4.1-2025-04-14"
    assert facts.tokens == Tokens(412, 56, 128, 7)
    assert kept["input"] == [{"role": "user", "content": "Hi"}]
    assert kept["output"][0]["content"][0]["text"] == "Good — day"
    assert kept["data"]["tools"][0]["name"] == "lookup"
    assert kept["data"]["text"]["format"]["schema"] == {"type": "object"}
    assert (kept["data"]["instructions"], kept["data"]["id"]) == ("Be kind — ✓", "resp_1")


@pytest.mark.parametrize("change", [{"temperature": object()}, {"tools": None}, {"output": [{"text": "\ud83d"}]}])
def test_a_response_that_cannot_be_dumped_at_once_is_read_field_by_field(data, change):
    """A stand-in for a response, or one with half an emoji, is kept too."""
    made = data(response_span)
    made.response = Response.construct(**{**RESPONSE, **change})
    kept = stored(made)
    assert kept["data"]["instructions"] == "Be kind — ✓"
    assert kept["output"]


def test_a_response_that_never_came(data):
    """A model call that failed has its input, and no output."""
    made = data(response_span)
    made.input = "Hi"
    error = {"message": "Timeout", "data": {"seconds": 3}}
    assert stored(made, error) == {"input": "Hi", "output": None, "data": None, "error": error}
    assert facts_of(made).tokens == Tokens()


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": 3, "output_tokens": 2}, Tokens(3, 2)),
        (USAGE, Tokens(412, 56, 128, 7)),
        ({"input_tokens": 3, "cached_tokens": 1, "reasoning_tokens": 2}, Tokens(3, None, 1, 2)),
        ({"input_tokens": "many"}, Tokens()),
        ({"input_tokens": 2**80, "output_tokens": True}, Tokens()),
        ({}, Tokens()),
        (None, Tokens()),
    ],
)
def test_tokens_of_a_generation(data, usage, tokens):
    """Whatever a model's adapter reports: what is a number that a file can hold is taken, the rest is unknown."""
    assert facts_of(data(generation_span, model="m", usage=usage)).tokens == tokens


def test_speech_and_its_sound(data):
    """Text in, sound out: under a name by which the sound is known for what it is."""
    made = data(speech_span, "tts-1", "Hello", "UklGRg==", "pcm", {"voice": "alloy"}, "2026-01-01T00:00:00+00:00")
    assert stored(made) == {
        "input": "Hello",
        "output": {"input_audio": {"data": "UklGRg==", "format": "pcm"}},
        "data": {"format": "pcm", "settings": {"voice": "alloy"}, "first_content_at": "2026-01-01T00:00:00+00:00"},
        "error": None,
    }
    assert (name_of(made), facts_of(made).model) == ("tts-1", "tts-1")


def test_transcription_and_its_sound(data):
    """Sound in, text out."""
    made = data(transcription_span, "whisper-1", "UklGRg==", "wav", "Hello", {"language": "en"})
    kept = stored(made)
    assert kept["input"] == {"input_audio": {"data": "UklGRg==", "format": "wav"}}
    assert kept["output"] == "Hello"
    assert (name_of(made), facts_of(made).model) == ("whisper-1", "whisper-1")


class Tomorrow(SpanData):
    """A type that the SDK does not have yet."""

    type = "tomorrow"

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def export(self):
        return {"type": self.type, "answer": 42}


def test_a_type_that_is_not_known_keeps_what_it_exports():
    """Nothing is lost of what the SDK adds, or a user's own type."""
    assert stored(Tomorrow())["data"] == {"type": "tomorrow", "answer": 42}
    assert name_of(Tomorrow()) == "tomorrow"
    assert name_of(Tomorrow(name="named")) == "named"


@pytest.mark.parametrize("kind", ["generation", "handoff", "transcription", "speech", "mcp_tools"])
def test_nameless_spans_are_called_by_what_they_are(data, kind):
    """Every span has a name."""
    makes = {
        "generation": (generation_span,),
        "handoff": (handoff_span,),
        "transcription": (transcription_span,),
        "speech": (speech_span,),
        "mcp_tools": (mcp_tools_span,),
    }
    assert name_of(data(*makes[kind])) == {"mcp_tools": "MCP tools"}.get(kind, kind)


def test_an_empty_payload():
    """What did nothing is four nulls."""
    assert json.loads("".join(payload_json(Facts(), None))) == dict.fromkeys(("input", "output", "error", "data"))
