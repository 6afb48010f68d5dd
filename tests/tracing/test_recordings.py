"""Replies of the real API, served on loopback: the right spans, tokens and error marks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from agents import Agent, OpenAIResponsesModel, Runner, function_tool


@function_tool
def random_number() -> int:
    """Return a random number."""
    return 4


def outline(record):
    return [(span.depth, span.type, span.name) for span in record.spans if span.type not in {"task", "turn"}]


def same_usage(record, result):
    used = result.context_wrapper.usage
    assert record.usage.requests == used.requests
    assert record.usage.input_tokens == used.input_tokens
    assert record.usage.output_tokens == used.output_tokens
    assert record.usage.total_tokens == used.total_tokens
    assert record.usage.cached_tokens == used.input_tokens_details.cached_tokens
    assert record.usage.reasoning_tokens == used.output_tokens_details.reasoning_tokens
    assert used.total_tokens > 0


async def test_handoff(recorded, processor, store):
    """A tool call and a handoff in one answer are two spans beside it, and the second agent follows."""
    model = OpenAIResponsesModel("gpt-4o", recorded("handoff"))
    second = Agent("agent2", instructions="Return double the number", model=model)
    first = Agent("agent1", model=model, tools=[random_number], handoffs=[second])
    result = await Runner.run(first, "Generate a random number then, hand off to agent2.")
    record = store.last()
    assert outline(record) == [
        (1, "agent", "agent1"),
        (3, "response", "gpt-4o-2024-08-06"),
        (3, "function", "random_number"),
        (3, "handoff", "→ agent2"),
        (1, "agent", "agent2"),
        (3, "response", "gpt-4o-2024-08-06"),
    ]
    assert [span.agent for span in record.spans if span.type == "response"] == ["agent1", "agent2"]
    assert record.status == "ok"
    same_usage(record, result)


async def test_two_turns(recorded, processor, store):
    """Two runs are two traces, newest first, each with its own tokens."""
    agent = Agent("assistant", model=OpenAIResponsesModel("gpt-4o", recorded("two_turns")))
    results = [await Runner.run(agent, question) for question in ("2+2?", "4?")]
    for record, result in zip(store.records(), reversed(results), strict=True):
        same_usage(record, result)
        (answer,) = [span for span in record.spans if span.type == "response"]
        assert answer.output[0]["content"][0]["text"] == result.final_output
        assert answer.data["status"] == "completed"


async def test_tool_error(recorded, processor, store):
    """A tool that fails marks its span and the trace; the run goes on to its answer."""

    @function_tool(failure_error_function=lambda _context, error: f"failed: {error}")
    def tool():
        raise ValueError("Ouch, don't do that again!")

    model = OpenAIResponsesModel("gpt-4o", recorded("tool_error"))
    result = await Runner.run(Agent("agent", model=model, tools=[tool]), "call the tool")
    record = store.last()
    (failed,) = [span for span in record.spans if span.status == "error"]
    assert (failed.type, failed.name, failed.error) == ("function", "tool", "Ouch, don't do that again!")
    assert failed.payload["error"]["message"] == "Error running tool (non-fatal)"
    assert (record.status, record.errors) == ("error", 1)
    same_usage(record, result)


async def test_streamed_tool_call(recorded, processor, store):
    """A streamed run has the same spans, with its model's tokens and output."""

    @function_tool
    def get_capital(country: str) -> str:
        return "Paris"

    model = OpenAIResponsesModel("gpt-4o", recorded("streamed_tool_call"))
    result = Runner.run_streamed(
        Agent("agent", model=model, tools=[get_capital]), "What is the capital of France?"
    )
    async for _ in result.stream_events():
        pass
    record = store.last()
    assert [name for _, kind, name in outline(record) if kind == "function"] == ["get_capital"]
    (call,) = [span for span in record.spans if span.type == "function"]
    assert (json.loads(call.input), call.output) == ({"country": "France"}, "Paris")
    assert all(span.ended_at is not None for span in record.spans)
    same_usage(record, result)


async def test_reasoning_with_tool_calls(recorded, processor, store):
    """Reasoning tokens are counted, and encrypted reasoning leaves only a note of its size."""

    @function_tool(strict_mode=False)
    def update_plan(plan: list[dict], explanation: str | None = None) -> str:
        return "plan updated"

    model = OpenAIResponsesModel("gpt-5", recorded("reasoning_with_tool_calls"))
    agent = Agent("planner", model=model, tools=[update_plan])
    result = await Runner.run(agent, "Compose a poem, with a plan.")
    record = store.last()
    assert record.usage.reasoning_tokens > 0
    same_usage(record, result)
    assert not [span for span in record.spans if "gAAAA" in json.dumps(span.payload)]


async def test_voice_turn(recorded, processor, store):
    """A spoken turn has its transcription and speech, without the sound itself."""
    voice = pytest.importorskip("agents.voice", reason="agents.voice needs openai-agents[voice]")
    client = recorded("voice_turn")
    provider = voice.OpenAIVoiceModelProvider(openai_client=client)
    model = OpenAIResponsesModel("gpt-4o", client)
    pipeline = voice.VoicePipeline(
        workflow=voice.SingleAgentVoiceWorkflow(Agent("speaker", model=model)),
        stt_model=provider.get_stt_model(None),
        tts_model=provider.get_tts_model(None),
    )
    result = await pipeline.run(voice.AudioInput(buffer=np.zeros(24_000, dtype=np.int16)))
    sound = b"".join(
        [event.data.tobytes() async for event in result.stream() if event.type == "voice_stream_event_audio"]
    )
    assert len(sound) > 100_000
    record = store.last()
    kinds = {span.type for span in record.spans}
    assert {"transcription", "speech_group", "speech", "agent", "response"} <= kinds
    (heard,) = [span for span in record.spans if span.type == "transcription"]
    (said,) = [span for span in record.spans if span.type == "speech"]
    assert "bytes, sha256" in json.dumps(heard.input)
    assert "bytes, sha256" in json.dumps(said.output)
    assert sum(len(json.dumps(span.payload)) for span in record.spans) < 50_000
