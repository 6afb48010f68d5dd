"""A conversation in the four modes of ``enable``."""

from __future__ import annotations

import pytest

from nbagents.errors import ModeError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.target import target
from nbagents.replay.wire.client import install, uninstall


@pytest.fixture
def mode(monkeypatch, tmp_path):
    """Switch the mode of this process, with a cassette of the test's own."""
    monkeypatch.setenv("NBAGENTS_CASSETTE", str(tmp_path / "talk.cassette.jsonl"))

    def switch(name, **variables):
        for key, value in variables.items():
            monkeypatch.setenv(key, value)
        install(name)

    yield switch
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    install("offline")  # what later tests find
    uninstall()


async def asked(agent, talk, question):
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text(question)
        await follower.until_answered()
        speech = b"".join(event.audio_data for event in follower.of("audio"))
        names = [event.name for event in follower.of("raw")]
        return follower.texts(), speech, names, session.tally


async def test_a_recorded_conversation_is_told_again_without_a_server(server, talk, mode):
    """Captions, speech, every event of the server and the tokens are the recording's; the tool runs for real."""
    agent = RealtimeAgent("Weather", "", talk.config_of(server), [talk.get_weather])
    mode("record", OPENAI_API_KEY="sk-planted-0123456789abcdef")
    recorded = await asked(agent, talk, talk.QUESTION)
    server.stop()
    mode("replay")
    assert await asked(agent, talk, talk.QUESTION) == recorded
    assert recorded[0] == [talk.QUESTION, "It is 18 degrees and sunny in Paris."]


def test_live_goes_where_the_environment_says(mode, monkeypatch):
    """The base URL's server, OpenAI's with a key, and an error that names both where there is neither."""
    mode("live", OPENAI_BASE_URL="https://example.org/v1", OPENAI_API_KEY="sk-planted-0123456789abcdef")
    there = target(RealtimeConfig(model="m"))
    assert there == {
        "url": "wss://example.org/v1/realtime?model=m",
        "api_key": "sk-planted-0123456789abcdef",
    }
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert target(RealtimeConfig()) == {}
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModeError, match="OPENAI_API_KEY"):
        target(RealtimeConfig())
