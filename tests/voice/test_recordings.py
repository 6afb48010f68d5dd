"""A spoken turn of the real API, served on loopback: the SDK's own models, the real bytes."""

from __future__ import annotations

import json

import pytest
from agents import Agent, OpenAIResponsesModel
from agents.tracing import get_trace_provider
from agents.voice import OpenAIVoiceModelProvider

from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore
from nbagents.voice.events import VoiceStreamEventAudio, VoiceStreamEventError, VoiceStreamEventTranscription
from nbagents.voice.pipeline import VoicePipeline


@pytest.fixture
def store(tmp_path):
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    processor = NotebookTracingProcessor(tmp_path / "voice.nbagents.db")
    provider.set_processors([processor])
    yield TraceStore(tmp_path / "voice.nbagents.db")
    provider.set_processors(before)
    processor.shutdown()


async def test_a_turn_of_the_real_api(recorded, store, said, stream):
    """The transcript, 252,000 samples of speech, and the spans of the turn; the recording has no second turn."""
    client = recorded("voice_turn")
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
