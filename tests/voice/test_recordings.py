"""A spoken turn of the real API, served on loopback: the SDK's own models, the real bytes."""

from __future__ import annotations

import importlib.util
import json
import threading
from pathlib import Path

import pytest
from agents import Agent, OpenAIResponsesModel
from agents.tracing import get_trace_provider
from agents.voice import OpenAIVoiceModelProvider
from openai import AsyncOpenAI

from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore
from nbagents.voice.events import VoiceStreamEventAudio, VoiceStreamEventError, VoiceStreamEventTranscription
from nbagents.voice.pipeline import VoicePipeline

_SHARED = Path(__file__).parents[3] / "shared"

pytestmark = pytest.mark.skipif(
    not (_SHARED / "recordings").is_dir(),
    reason="the recordings are not beside this checkout (../shared/recordings)",
)


@pytest.fixture
async def client():
    spec = importlib.util.spec_from_file_location("openai_replay", _SHARED / "tools" / "openai_replay.py")
    replay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replay)
    recording = json.loads((_SHARED / "recordings" / "voice_turn.json").read_text())
    port, server = replay.serve_http(recording, 0, *(False, None))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store(tmp_path):
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    processor = NotebookTracingProcessor(tmp_path / "voice.nbagents.db")
    provider.set_processors([processor])
    yield TraceStore(tmp_path / "voice.nbagents.db")
    provider.set_processors(before)
    processor.shutdown()


async def test_a_turn_of_the_real_api(client, store, said, stream):
    """The transcript, 252,000 samples of speech, and the spans of the turn; the recording has no second turn."""
    provider = OpenAIVoiceModelProvider(openai_client=client)
    pipeline = VoicePipeline(
        Agent("speaker", model=OpenAIResponsesModel("gpt-4o", client)),
        stt_model=provider.get_stt_model(None),
        tts_model=provider.get_tts_model(None),
    )
    sound = said("hello there")
    events = [event async for event in pipeline.process_audio_stream(stream(sound))]
    assert events[0] == VoiceStreamEventTranscription("あたし", is_final=True)
    samples = sum(len(event.audio_data) // 2 for event in events if isinstance(event, VoiceStreamEventAudio))
    assert samples == 252_000
    (turn,) = pipeline.turns
    assert turn.answer.startswith("「")
    record = store.get(turn.trace_id)
    assert {"transcription", "speech_group", "speech", "agent", "response"} <= {span.type for span in record.spans}
    assert {"transcription", "speech_group", "speech"} <= {bar.name.split()[0] for bar in record.gantt().data}
    assert len(json.dumps([span.payload for span in record.spans])) < 50_000  # no sound in it
    failed = [event async for event in pipeline.process_audio_stream(stream(sound))]
    assert [event.error.stage for event in failed if isinstance(event, VoiceStreamEventError)][-1] == "transcribe"
