"""What a talk leaves behind when it ends in the middle, and when its session fails."""

from __future__ import annotations

import asyncio
import gc

import numpy as np
import pytest
from agents import Agent
from agents.memory import SQLiteSession as PlainSession
from agents.testing import ScriptedModel, assistant_message
from agents.voice.testing import ScriptedSTTModel, ScriptedTTSModel

from nbagents.audio.activity import SpeechEnded
from nbagents.voice.events import (
    VoiceStreamEventError,
    VoiceStreamEventInterrupted,
    VoiceStreamEventTranscription,
    VoiceStreamEventTurnEnded,
)
from nbagents.voice.pipeline import VoicePipeline
from nbagents.voice.utterance import Utterance

WAIT_S = 20


class Locked(PlainSession):
    """A session whose file is held for ever, from the given read on."""

    def __init__(self, reads=0):
        super().__init__("talk")
        self.reads = reads

    async def get_items(self, limit=None):
        self.reads -= 1
        if self.reads < 0:
            raise OSError("the file is held")
        return await super().get_items(limit)


@pytest.fixture
async def complaints():
    """What asyncio had to complain of, once all is collected."""
    found = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: found.append(context["message"]))
    yield found
    gc.collect(1)
    assert found == []


def talker(answer="Hello there.", session=None, texts=("hello",)):
    return VoicePipeline(
        Agent(name="Support", model=ScriptedModel([[assistant_message(answer)]] * len(texts))),
        tts_model=ScriptedTTSModel([[bytes(9_600)]] * 9),
        stt_model=ScriptedSTTModel(texts),
        session=session,
    )


async def test_who_leaves_while_much_waits_is_not_held_up(said, stream, complaints, monkeypatch):
    """An answer that is longer than the queue of events does not keep the iterator from being closed."""
    monkeypatch.setattr("nbagents.voice.pipeline._WAITING", 1)
    pipeline = talker()
    talk = pipeline.process_audio_stream(stream(said("hello there")))
    async for event in talk:
        if isinstance(event, VoiceStreamEventTranscription):
            break
    queue = pipeline._events
    async with queue._changed:
        await queue._changed.wait_for(lambda: len(queue._events) == queue._limit)
    await asyncio.wait_for(talk.aclose(), WAIT_S)
    assert pipeline.turns[0].interrupted


@pytest.mark.parametrize("texts", [("hello",), (OSError("no line"),)], ids=["asked", "never asked"])
async def test_a_session_that_cannot_be_read(said, stream, complaints, texts):
    """The turn says what failed first, and asyncio has nothing to complain of."""
    pipeline = talker(session=Locked(), texts=texts)
    events = [event async for event in pipeline.process_audio_stream(stream(said("hello there")))]
    (error,) = [event.error for event in events if isinstance(event, VoiceStreamEventError)]
    assert error.stage == "transcribe"
    assert isinstance(events[-1], VoiceStreamEventTurnEnded)


async def test_a_session_that_cannot_be_cut(said, stream, complaints):
    """An interruption that the session cannot take in is told, and the sound is listened to all the same."""
    pipeline = talker(session=Locked(reads=2))
    events = []
    async for event in pipeline.process_audio_stream(stream(said("hello there"))):
        events.append(event)
        if isinstance(event, VoiceStreamEventTranscription) and event.is_final:
            pipeline.interrupt()
    kinds = [type(event) for event in events]
    assert VoiceStreamEventInterrupted in kinds
    (error,) = [event.error for event in events if isinstance(event, VoiceStreamEventError)]
    assert "the file is held" in str(error)


async def test_only_the_turn_that_was_answered_is_stopped(said, complaints):
    """A stop that arrives once the next turn has begun, on a machine that is busy, does not stop that one."""
    pipeline = talker(texts=("hello",) * 2)
    pipeline._loop = asyncio.get_running_loop()
    for _ in range(2):
        await pipeline.speech_ended(SpeechEnded(np.zeros(160, np.int16), 0), None)
        pipeline.interrupt()
    await pipeline.speech_ended(SpeechEnded(np.zeros(160, np.int16), 0), None)
    await asyncio.sleep(0)
    assert [turn.interrupted for turn in pipeline.turns] == [False, False, False]
    await pipeline.speech_started()


class Hearing(ScriptedSTTModel):
    """A model that listens along, and hears nothing."""

    def load(self):
        pass

    def listen(self):
        return self

    def feed(self, samples):
        return ""

    def finish(self):
        return ""


async def test_an_answer_that_is_stopped_before_it_begins(complaints):
    """Nothing goes on: neither reading the session nor recognising what was said."""
    pipeline = talker()
    others = asyncio.all_tasks()
    utterance = Utterance(Hearing(["hello"]), pipeline.tell)
    await pipeline.speech_ended(SpeechEnded(np.zeros(160, np.int16), 0), utterance)
    await pipeline.speech_started()
    await asyncio.wait_for(asyncio.gather(*asyncio.all_tasks() - others, return_exceptions=True), WAIT_S)
