from __future__ import annotations

import gc
import tracemalloc

import pytest
from agents import Agent
from agents.testing import ScriptedModel, assistant_message
from agents.voice import STTModel, TTSModel

from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.voice.pipeline import VoicePipeline

PAUSE = bytes(32_000 * 8)


class Deaf(STTModel):
    """Understands the same whatever is said; the SDK's double would keep every sound."""

    model_name = "deaf"

    async def transcribe(self, *arguments):
        return "where is my order"

    async def create_session(self, *arguments):
        raise NotImplementedError


class Hum(TTSModel):
    """Two seconds of sound for any text."""

    model_name = "hum"

    async def run(self, text, settings):
        for _ in range(50):
            yield bytes(2 * 960)


@pytest.mark.parametrize("minutes", [1, pytest.param(15, marks=pytest.mark.soak)])
async def test_memory_stays_flat(said, minutes):
    """Twice as much talking needs no more memory than the turns' texts: no sound stays anywhere."""
    turn = said("where is my order", after_ms=1_000) + PAUSE
    turns = minutes * 60 * 32_000 // len(turn)
    pipeline = VoicePipeline(
        Agent(name="A", model=ScriptedModel([[assistant_message("It was delivered.")]] * 2 * turns)),
        tts_model=Hum(),
        stt_model=Deaf(),
        session=SQLiteSession("talk", ":memory:", session_settings={"limit": 4}),
    )

    async def talk():
        for _ in range(turns):
            for at in range(0, len(turn), 6_400):
                yield turn[at : at + 6_400]

    sizes = []
    tracemalloc.start()
    for _ in range(2):
        async for _event in pipeline.process_audio_stream(talk()):
            pass
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(pipeline.turns) == 2 * turns
    assert sizes[1] - sizes[0] < 40_000 * turns  # a second of sound is 32,000 bytes, and a turn has three
