"""Real server events, recorded from the API, through the session."""

from __future__ import annotations

import pytest

from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig


@pytest.fixture
def serve(recording):
    """Serve a recording and return its address."""
    return lambda name: recording(name, "--fill-audio", "200")


async def test_a_spoken_turn(serve, talk):
    """Captions of both sides in conversation order, though the answer began before the question was known."""
    agent = RealtimeAgent("Greeter", "Reply in a few words.", RealtimeConfig(url=serve("realtime_spoken_turn")))
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_audio(bytes(4_800))
        await follower.until(lambda events: any(event.type == "response_end" for event in events))
        assert [(line.role, line.text) for line in session.conversation.lines()] == [
            ("user", "Hello, my name is Marcelo."),
            ("assistant", "Hello, Marcelo! Great to meet you. How can I help you today?"),
        ]
        assert "".join(event.text_delta for event in follower.of("text")) == session.conversation.lines()[1].text
        captions = follower.of("user_caption")
        assert [caption.text for caption in captions][:3] == ["Hello", "Hello,", "Hello, my"]
        assert captions[-1].is_final
        deltas = [e for e in follower.of("raw") if e.name == "response.output_audio.delta"]
        assert len(follower.of("audio")) == len(deltas) > 10
        assert {len(event.audio_data) for event in follower.of("audio")} == {9_600}
        (end,) = follower.of("response_end")
        assert end.usage["total_tokens"] > 0
        assert follower.of("error") == []


async def test_a_tool_call(serve, talk):
    """The tool is called with what the model wrote, and its answer is there."""
    agent = RealtimeAgent(
        "Weather",
        "Use the get_weather tool.",
        RealtimeConfig(url=serve("realtime_tool_call"), output_modality="text"),
        [talk.get_weather],
    )
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("What is the weather in London?")
        await follower.until_answered()
        (end,) = follower.of("tool_end")
        assert (end.tool_name, end.output) == ("get_weather", "It is 18 degrees and sunny in London.")
        assert follower.of("function_call")[0].call_id == end.call_id != ""
        assert [line.text for line in session.conversation.lines() if line.role == "assistant"] == [
            "It is foggy and 12 degrees in London."
        ]
