from __future__ import annotations

import asyncio

import numpy as np
import pytest
from agents import Agent, function_tool
from agents.memory import SQLiteSession as PlainSession
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.voice.testing import ScriptedSTTModel, ScriptedTTSModel

from nbagents.audio.espeak import EspeakTTSModel
from nbagents.audio.pcm16 import to_samples
from nbagents.audio.sphinx import SphinxSTTModel
from nbagents.errors import AudioError, ConfigError, MissingExtraError, VoiceError
from nbagents.voice import engines
from nbagents.voice.config import VoicePipelineConfig
from nbagents.voice.events import (
    VoiceStreamEventAgentResponse,
    VoiceStreamEventAudio,
    VoiceStreamEventError,
    VoiceStreamEventInterrupted,
    VoiceStreamEventTool,
    VoiceStreamEventTranscription,
    VoiceStreamEventTurnEnded,
)
from nbagents.voice.pipeline import VoicePipeline

SENTENCES = ["where is my order", "please stop", "thank you"]
ANSWER = "Your order was delivered. It came on Tuesday by train. I hope that you like it very much."


@function_tool
def lookup_order(order_id: str) -> str:
    """Look up an order."""
    return f"{order_id}: delivered"


def agent(*steps):
    return Agent(name="Support", model=ScriptedModel(steps), tools=[lookup_order])


def sound(samples=4_800):
    return [np.full(samples, 1_000, np.int16).tobytes()]


def texts(session_items):
    return [(item.get("role", item.get("type")), _content(item)) for item in session_items]


def _content(item):
    content = item.get("content", item.get("output", item.get("name")))
    return content if isinstance(content, str) else content[0]["text"]


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


async def test_a_spoken_turn(said, stream):
    """Words are recognised while they are said, a tool runs, and the answer streams as text and as sound."""
    pipeline = VoicePipeline(
        agent([function_call("lookup_order", {"order_id": "A-1"}, call_id="c1")], [assistant_message(ANSWER)]),
        tts_model=EspeakTTSModel(),
        stt_model=SphinxSTTModel(sentences=SENTENCES),
        keep_audio=True,
    )
    events = [event async for event in pipeline.process_audio_stream(stream(said("where is my order")))]
    transcripts = of(VoiceStreamEventTranscription, events)
    assert [event.text for event in transcripts if event.is_final] == ["where is my order"]
    assert any(event.text in {"where", "where is", "where is my"} for event in transcripts[:-1])
    assert "".join(event.text for event in of(VoiceStreamEventAgentResponse, events)) == ANSWER
    assert [event.output for event in of(VoiceStreamEventTool, events)] == [None, "A-1: delivered"]
    (turn,) = pipeline.turns
    assert list(turn.stages) == ["heard", "transcribed", "first token", "first sound"]
    assert turn.spoken == b"".join(event.audio_data for event in of(VoiceStreamEventAudio, events))
    assert SphinxSTTModel(words=["delivered", "order", "your", "was"]).recognise(_at_16(turn.spoken)) != ""
    assert isinstance(events[-1], VoiceStreamEventTurnEnded)
    assert texts(await pipeline.session.get_items()) == [
        ("user", "where is my order"),
        ("function_call", "lookup_order"),
        ("function_call_output", "A-1: delivered"),
        ("assistant", ANSWER),
    ]


def _at_16(data):
    from nbagents.audio.resample import resample

    return resample(np.frombuffer(data, np.int16), 24_000, 16_000)


class GatedTTS(ScriptedTTSModel):
    """Speaks its first sentence at once, and the others when the gate opens."""

    def __init__(self):
        super().__init__([sound()] * 9)
        self.gate = asyncio.Event()

    async def run(self, text, settings):
        if self.calls:
            await self.gate.wait()
        async for chunk in super().run(text, settings):
            yield chunk


def talker(tts, *steps, session=None, said="where is my order", **more):
    return VoicePipeline(
        agent(*steps or ([assistant_message(ANSWER)],)),
        tts_model=tts,
        stt_model=ScriptedSTTModel([said] * 9),
        session=session,
        **more,
    )


async def test_the_first_sound_comes_before_the_answer_is_complete(said, stream):
    """A sentence is spoken while those after it are still being made."""
    tts = GatedTTS()
    kinds = []
    async for event in talker(tts).process_audio_stream(stream(said("hello there"))):
        kinds.append(type(event))
        if isinstance(event, VoiceStreamEventAudio):
            tts.gate.set()
    assert kinds.count(VoiceStreamEventAudio) == 2
    assert kinds.index(VoiceStreamEventAudio) < len(kinds) - 2


class Person:
    """Says one thing, listens until something is heard, and then says another."""

    def __init__(self, first, then, heard=None):
        self.first, self.then = first, then
        self.heard = heard or asyncio.Event()

    async def __aiter__(self):
        async for piece in pieces(self.first):
            yield piece
        await self.heard.wait()
        async for piece in pieces(self.then):
            yield piece


async def pieces(data, size=640):
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("gated", [True, False], ids=["while it is made", "while it is heard"])
@pytest.mark.parametrize("kind", ["ours", "the SDK's"])
async def test_speech_interrupts_the_answer(said, gated, kind, tmp_path):
    """What was not heard is neither played nor in the session, and the next turn is answered."""
    tts = GatedTTS() if gated else ScriptedTTSModel([sound(24_000)] * 9)
    session = PlainSession("s", tmp_path / "s.db") if kind == "the SDK's" else None
    pipeline = talker(tts, [assistant_message(ANSWER)], [assistant_message("You are welcome.")], session=session)
    person = Person(said("where is my order"), said("thank you very much"))
    events = []
    async for event in pipeline.process_audio_stream(person):
        events.append(event)
        first = sum(len(each.audio_data) // 2 for each in of(VoiceStreamEventAudio, events))
        if isinstance(event, VoiceStreamEventAudio) and first >= (4_800 if gated else 48_000):
            pipeline.report_played(4_800 if gated else 36_000)
            person.heard.set()
        if isinstance(event, VoiceStreamEventInterrupted) and gated:
            tts.gate.set()
    heard = "Your order was delivered. It came on Tuesday by train." + ("" if gated else " I hope that you")
    assert [event.heard for event in of(VoiceStreamEventInterrupted, events)] == [heard]
    turn, after = pipeline.turns
    assert (turn.interrupted, turn.answer, after.answer) == (True, heard, "You are welcome.")
    assert texts(await pipeline.session.get_items()) == [
        ("user", "where is my order"),
        ("assistant", heard),
        ("user", "where is my order"),
        ("assistant", "You are welcome."),
    ]


class SlowSTT(ScriptedSTTModel):
    """Takes for ever over what it is given first."""

    def __init__(self, texts):
        super().__init__(texts)
        self.asked = asyncio.Event()

    async def transcribe(self, *arguments):
        text = await super().transcribe(*arguments)
        if not self.asked.is_set():
            self.asked.set()
            await asyncio.Event().wait()
        return text


async def test_a_pause_within_a_sentence_loses_no_words(said):
    """Who goes on speaking while the beginning is still being recognised is heard from the beginning."""
    stt = SlowSTT(["where is", "where is my order"])
    pipeline = VoicePipeline(
        agent([assistant_message(ANSWER)]), tts_model=ScriptedTTSModel([sound()] * 9), stt_model=stt
    )
    person = Person(said("where is"), said("my order", after_ms=900), stt.asked)
    events = [event async for event in pipeline.process_audio_stream(person)]
    first, second = (len(call.input.buffer) for call in stt.calls)
    assert second > first + 16_000 // 2
    assert [event.text for event in of(VoiceStreamEventTranscription, events)] == ["where is my order"]
    assert [content for _, content in texts(await pipeline.session.get_items())] == ["where is my order", ANSWER]


async def test_stop_from_another_thread(said, stream):
    """interrupt() does what speech does, whichever thread calls it."""
    pipeline = talker(GatedTTS())
    events = []
    async for event in pipeline.process_audio_stream(stream(said("hello there"))):
        events.append(event)
        if isinstance(event, VoiceStreamEventAudio):
            pipeline.report_played(0)
            for _ in range(3):  # an impatient person
                await asyncio.to_thread(pipeline.interrupt)
    assert [event.heard for event in of(VoiceStreamEventInterrupted, events)] == [""]
    assert pipeline.turns[0].interrupted
    assert texts(await pipeline.session.get_items()) == [("user", "where is my order")]


async def test_the_same_words_again_are_another_turn(said, stream):
    """What an earlier turn left in the session stays, also where the later one was stopped at once."""
    pipeline = talker(ScriptedTTSModel([sound()] * 9), [assistant_message(ANSWER)], [assistant_message("No.")])
    for _ in range(2):
        async for event in pipeline.process_audio_stream(stream(said("hello there"))):
            if isinstance(event, VoiceStreamEventTranscription) and len(pipeline.turns) == 2:
                pipeline.interrupt()
    assert texts(await pipeline.session.get_items()) == [
        ("user", "where is my order"),
        ("assistant", ANSWER),
        ("user", "where is my order"),
    ]


async def test_the_button_ends_an_utterance(said, stream):
    """An empty piece is the end of what is said: no silence is waited for."""
    pipeline = talker(ScriptedTTSModel([sound()] * 9))

    async def held():
        async for piece in stream(said("hello there", after_ms=0)):
            yield piece
        yield b""
        await asyncio.wait_for(answered.wait(), 20)

    answered = asyncio.Event()
    async for event in pipeline.process_audio_stream(held()):
        if isinstance(event, VoiceStreamEventTurnEnded):
            answered.set()
    assert pipeline.turns[0].answer == ANSWER


async def test_a_pause_ends_nothing_while_the_button_is_held(said, stream):
    """Also where it was pressed before the stream began, as a panel's first press always is."""
    pipeline = talker(ScriptedTTSModel([sound()] * 9))
    pipeline.hold(down=True)
    async for _ in pipeline.process_audio_stream(stream(said("hello there") + said("where is my order"))):
        pass
    assert len(pipeline.turns) == 1


@pytest.mark.parametrize(
    ("model", "stage"),
    [
        ({"stt": ScriptedSTTModel([OSError("no line"), "hello"])}, "transcribe"),
        ({"steps": [OSError("no line"), [assistant_message("Hello there.")]]}, "answer"),
        ({"steps": [[], [assistant_message("Hello there.")]]}, "answer"),
        ({"tts": ScriptedTTSModel([OSError("no line"), sound()])}, "speak"),
        ({"tts": ScriptedTTSModel([[], sound()])}, "speak"),
    ],
    ids=["no transcript", "no answer", "an empty answer", "no speech", "empty speech"],
)
async def test_what_fails_is_told_and_the_next_turn_works(said, stream, model, stage):
    """Whatever fails is one event that says where, and the turn after it is answered."""
    pipeline = VoicePipeline(
        agent(*model.get("steps", [[assistant_message("Hello there.")]] * 2)),
        tts_model=model.get("tts", ScriptedTTSModel([sound()] * 2)),
        stt_model=model.get("stt", ScriptedSTTModel(["hello", "hello"])),
    )
    both = said("hello there", after_ms=1500)

    async def twice():
        async for piece in stream(both):
            yield piece
        await asyncio.wait_for(ended.wait(), 20)
        async for piece in stream(both):
            yield piece

    ended = asyncio.Event()
    events = []
    async for event in pipeline.process_audio_stream(twice()):
        events.append(event)
        if isinstance(event, VoiceStreamEventTurnEnded):
            ended.set()
    (error,) = of(VoiceStreamEventError, events)
    assert isinstance(error.error, VoiceError)
    assert error.error.stage == stage
    assert [turn.error is None for turn in pipeline.turns] == [False, True]
    assert pipeline.turns[1].answer == "Hello there."


async def test_silence_is_no_turn_and_no_words_are_no_answer(said, stream):
    """Silence does nothing; an utterance of which nothing was understood is told, and the agent is not asked."""
    quiet = talker(ScriptedTTSModel())
    assert [event async for event in quiet.process_audio_stream(stream(bytes(32_000 * 5)))] == []
    mumbled = talker(ScriptedTTSModel(), said="")
    events = [event async for event in mumbled.process_audio_stream(stream(said("hello there")))]
    assert events[0] == VoiceStreamEventTranscription("", is_final=True)
    assert [type(event) for event in events[1:]] == [VoiceStreamEventTurnEnded]


async def test_a_stream_that_breaks_off(said, stream):
    """What was said before is answered, and why it broke off is told."""

    async def broken(error):
        async for piece in stream(said("hello there", after_ms=0), size=333):
            yield piece
        raise error

    pipeline = talker(ScriptedTTSModel([sound()] * 9), *[[assistant_message(ANSWER)]] * 2)
    events = [event async for event in pipeline.process_audio_stream(broken(ConnectionResetError("gone")))]
    (error,) = of(VoiceStreamEventError, events)
    assert error.error.stage == "listen"
    assert "ConnectionResetError: gone" in str(error.error)
    assert pipeline.turns[0].answer == ANSWER


@pytest.mark.parametrize(("chunks", "said_about"), [([b"abc"], "middle of a sample"), (["text"], "not str")])
async def test_what_is_not_sound_is_told(chunks, said_about):
    """Half a sample or another type is an event, never noise."""

    async def strange():
        for chunk in chunks:
            yield chunk

    events = [event async for event in talker(ScriptedTTSModel()).process_audio_stream(strange())]
    assert [type(event.error) for event in events] == [AudioError]
    assert said_about in str(events[0].error)


@pytest.mark.parametrize("minutes", [1, pytest.param(10, marks=pytest.mark.soak)])
async def test_noise_is_no_turn_and_speech_after_it_is_answered(said, stream, minutes):
    """Noise that is quieter than the threshold is nothing, and the sentence after it is a turn."""
    noise = to_samples(np.random.default_rng(0).normal(0, 0.05, 16_000 * 60)).tobytes() * minutes
    pipeline = VoicePipeline(
        agent([assistant_message(ANSWER)]),
        VoicePipelineConfig(silence_threshold=0.06),
        tts_model=ScriptedTTSModel([sound()] * 9),
        stt_model=ScriptedSTTModel(["hello"]),
    )
    async for _ in pipeline.process_audio_stream(stream(noise + said("hello there"), size=64_000)):
        pass
    assert [turn.answer for turn in pipeline.turns] == [ANSWER]


async def test_one_stream_at_a_time(said, stream):
    """Two streams would talk over each other; a rate that no device has is named."""
    pipeline = talker(ScriptedTTSModel([sound()] * 9))
    first = pipeline.process_audio_stream(stream(said("hello there")))
    await anext(first)
    with pytest.raises(VoiceError, match="talking already"):
        await anext(pipeline.process_audio_stream(stream(b"")))
    await first.aclose()

    class Strange:
        rate = 7

    with pytest.raises(ConfigError, match="rate is a whole number"):
        await anext(pipeline.process_audio_stream(Strange()))


@pytest.mark.parametrize(
    "setting",
    [
        {"input_audio_format": "mp3"},
        {"tts_output_format": "wav"},
        {"input_sample_rate": 0},
        {"silence_threshold": 2},
        {"silence_duration_ms": 0},
        {"tts_voice": 3},
        {"stt_model": ""},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_a_setting_that_cannot_be_used_is_named(setting):
    """A configuration is checked when it is made."""
    with pytest.raises(ConfigError, match=next(iter(setting))) as caught:
        VoicePipelineConfig(**setting)
    assert caught.value.name == next(iter(setting))


def test_engines_follow_the_key(monkeypatch):
    """Without a key the local engines are used, with one those of OpenAI; a name decides over both."""
    config = VoicePipelineConfig()
    monkeypatch.setattr(engines, "current_mode", lambda: "offline")
    assert engines.choose_engines(config).note == "espeak-ng · pocketsphinx (local, no key)"
    monkeypatch.setattr(engines, "current_mode", lambda: "live")
    assert engines.choose_engines(config).note == "gpt-4o-mini-tts · gpt-transcribe"
    named = VoicePipelineConfig(tts_model="tts-1", stt_model="pocketsphinx")
    assert engines.choose_engines(named).note == "tts-1 · pocketsphinx"


def test_a_missing_engine_names_its_cure(monkeypatch):
    """Without the extra, the error is the command that installs it."""
    import sys

    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(MissingExtraError, match=r'pip install "nbagents\[voice-local\]"'):
        SphinxSTTModel()
