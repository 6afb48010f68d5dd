from __future__ import annotations

import pytest

from nbagents.errors import ConfigError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("voice", None),
        ("input_audio_format", "mp3"),
        ("output_audio_format", "wav"),
        ("output_modality", "both"),
        ("turn_detection", {"type": "best"}),
        ("turn_detection", {"type": "server_vad", "threshold": 2}),
        ("turn_detection", {"type": "server_vad", "silence_duration_ms": "long"}),
        ("turn_detection", {"type": "semantic_vad", "threshold": 0.5}),
        ("turn_detection", {"type": "semantic_vad", "eagerness": "very"}),
        ("turn_detection", "server_vad"),
        ("url", "https://example.org"),
    ],
)
def test_a_value_the_api_would_refuse_is_refused_at_once(name, value):
    """The error names the argument, before anything is connected."""
    with pytest.raises(ConfigError, match=name):
        RealtimeConfig(**{name: value})


def test_push_to_talk_is_no_turn_detection():
    """None reaches the API as null; left out, the server finds the end of a turn."""
    assert RealtimeConfig(turn_detection=None).settings()["audio"]["input"]["turn_detection"] is None
    assert RealtimeConfig().settings()["audio"]["input"]["turn_detection"]["interrupt_response"] is True


def test_an_agent_of_the_sdk_can_be_given_instead():
    """Then it brings its own name and tools, and others cannot be given beside it."""
    from agents.realtime import RealtimeAgent as SDKAgent

    plain = SDKAgent(name="Plain")
    assert RealtimeAgent(sdk_agent=plain).sdk_agent is plain
    with pytest.raises(ConfigError, match="brings its own"):
        RealtimeAgent("Other", sdk_agent=plain)
    with pytest.raises(ConfigError, match="name"):
        RealtimeAgent("")
