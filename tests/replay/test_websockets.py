"""WebSockets of OpenAI's clients, of which a cassette keeps nothing."""

from __future__ import annotations

import numpy as np
import pytest
from agents import Agent, Runner
from agents.models.openai_responses import OpenAIResponsesWSModel
from agents.voice import OpenAISTTModel, StreamedAudioInput, STTModelSettings

from nbagents.errors import NetworkRefusedError, OfflineError
from nbagents.replay.wire.report import read_report


async def transcribe(client):
    """Streamed transcription as the SDK's pipeline does it, with what is said until it fails."""
    spoken = StreamedAudioInput()
    await spoken.add_audio(np.zeros(480, np.int16))
    model = OpenAISTTModel("gpt-4o-transcribe", client)
    kept = dict.fromkeys(("trace_include_sensitive_data", "trace_include_sensitive_audio_data"), False)
    session = await model.create_session(spoken, STTModelSettings(), **kept)
    return [turn async for turn in session.transcribe_turns()]


async def test_streamed_transcription_says_what_to_use_instead(tape, tmp_path):
    """What could not be replayed is refused in both modes; the error names the cell and the way out."""
    tape.record()
    with pytest.raises(NetworkRefusedError, match=r"cell c1 \(ask\(\)\) .* mode record .* nbagents.VoicePipeline"):
        await transcribe(tape.record().openai_client())
    tape.server.says("hello")
    await tape.record().openai_client().responses.create(model="m", input="Hi")
    tape.environment.setenv("NBAGENTS_REPLAY_REPORT", str(tmp_path / "report.jsonl"))
    with pytest.raises(NetworkRefusedError, match="mode replay keeps nothing of"):
        await transcribe(tape.replay().openai_client())
    assert read_report(tmp_path / "report.jsonl").refused == [("a WebSocket of openai", "c1")]


async def test_offline_likewise(offline):
    """Offline nobody is at the other end; the SDK's WebSocket transport for Responses says so too."""
    client = offline.openai_client()
    with pytest.raises(OfflineError, match=r"nbagents\.VoicePipeline"):
        await transcribe(client)
    with pytest.raises(OfflineError, match="transport 'http'"):
        await Runner.run(Agent("A", model=OpenAIResponsesWSModel("m", client)), "Hi")


async def test_a_client_with_other_options_stays_on_the_seam(offline, environment):
    """A copy asks for no address, answers offline as the first does, and knows what it refuses."""
    environment.setenv("OPENAI_WEBSOCKET_BASE_URL", "ws://127.0.0.1:9")
    offline.install("offline")
    copied = offline.openai_client().with_options(timeout=5).copy(max_retries=0)
    assert (copied.timeout, copied.max_retries) == (5, 0)
    assert (await copied.responses.create(model="m", input="Hello!")).output_text
    with pytest.raises(OfflineError):
        await transcribe(copied)
    environment.setenv("OPENAI_API_KEY", "sk-real")
    offline.install("live")
    assert copied.websocket_base_url == "ws://127.0.0.1:9"
    assert offline.sync_openai_client().with_options(timeout=5).websocket_base_url == "ws://127.0.0.1:9"
