"""Microphone to kernel, stop to silence, end of speech to first sound, and false alarms of voice activity."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from agents import Agent, function_tool, set_trace_processors
from agents.testing import ScriptedModel, assistant_message, function_call

from nbagents.audio.activity import SpeechStarted, VoiceActivity
from nbagents.audio.detectors import LevelDetector, SileroDetector, WebrtcDetector, _silero_model
from nbagents.audio.espeak import EspeakTTSModel, speak
from nbagents.audio.pcm16 import level, to_samples
from nbagents.audio.resample import resample
from nbagents.audio.sphinx import SphinxSTTModel
from nbagents.voice.config import VoicePipelineConfig
from nbagents.voice.events import VoiceStreamEventInterrupted
from nbagents.voice.pipeline import VoicePipeline
from nbagents.voice.turn import STAGES

CHECKOUT = Path(__file__).parents[1]
RATE = 16_000
TURNS = 20
SENTENCES = ["where is my order", "please stop", "thank you", "what is the weather in paris"]
ANSWER = "Your order was delivered on Tuesday. It is at the front desk."


def p95(values):
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def main():
    set_trace_processors([])
    detectors()
    asyncio.run(turns())
    asyncio.run(barge_in())
    page()


def said(text, after_ms=1_000):
    sound = speak(text, words_per_minute=150)
    quiet = np.zeros(RATE // 2, np.int16), np.zeros(after_ms * 16, np.int16)
    return np.concatenate([quiet[0], resample(sound.samples, sound.rate, RATE), quiet[1]])


def detectors():
    """Frames of pauses, with noise 10 dB below the speech, that are taken for speech."""
    speech = np.concatenate([said(text) for text in SENTENCES * 3])
    truth = np.array([level(frame) > 0.01 for frame in speech[: len(speech) // 480 * 480].reshape(-1, 480)])
    loud = level(speech[np.abs(speech) > 0])
    noise = np.random.default_rng(0).normal(0, loud / 10**0.5, len(speech))
    heard = to_samples(speech / 32_768 + noise)
    model = _silero_model()
    for detector in (*((SileroDetector(model),) if model else ()), WebrtcDetector(), LevelDetector()):
        frames = heard[: len(heard) // detector.frame * detector.frame].reshape(-1, detector.frame)
        started = time.perf_counter()
        flags = np.array([detector.is_speech(frame) for frame in frames])
        took = (time.perf_counter() - started) / len(frames) * 1e6
        at = np.arange(len(frames)) * detector.frame // 480
        quiet = ~_widened(truth)[np.minimum(at, len(truth) - 1)]
        alarms = 100 * flags[quiet].mean()
        print(
            f"  voice activity, {detector.name:<7} false alarms at 10 dB {alarms:5.1f} %   {took:6.0f} us a frame"
        )
    activity = VoiceActivity(RATE)
    only_noise = to_samples(np.random.default_rng(1).normal(0, loud / 10**0.5, RATE * 60))
    starts = sum(isinstance(event, SpeechStarted) for event in activity.feed(only_noise))
    print(f"  a minute of that noise begins {starts} utterances ({activity.detector})")


def _widened(truth, frames=10):
    """Speech and 300 ms around it, where either answer is right."""
    return np.convolve(truth, np.ones(2 * frames + 1), "same") > 0


@function_tool
def lookup_order(order_id: str) -> str:
    """Look up an order."""
    return f"{order_id}: delivered"


async def paced(samples):
    """20 ms every 20 ms, as a microphone gives them."""
    data, begin = samples.tobytes(), time.perf_counter()
    for number, at in enumerate(range(0, len(data), 640)):
        await asyncio.sleep(max(0, begin + number * 0.02 - time.perf_counter()))
        yield data[at : at + 640]


async def turns():
    """End of speech to first sound with the local engines, a grammar, a tool and a model that answers at once."""
    steps = [[function_call("lookup_order", {"order_id": "A-1"}, call_id="c1")], [assistant_message(ANSWER)]]
    agent = Agent(name="Support", model=ScriptedModel(steps * TURNS), tools=[lookup_order])
    stt = SphinxSTTModel(sentences=SENTENCES)
    stt.load()
    config = VoicePipelineConfig(silence_duration_ms=400)
    pipeline = VoicePipeline(agent, config, tts_model=EspeakTTSModel(), stt_model=stt)
    for number in range(TURNS):
        stream = paced(said(SENTENCES[number % 2 * 3], after_ms=900))
        async for _ in pipeline.process_audio_stream(stream):
            pass
    whole = [turn.stages["first sound"] for turn in pipeline.turns]
    right = sum(turn.text in SENTENCES for turn in pipeline.turns)
    parts = "  ".join(
        f"{stage} {statistics.median(turn.latency[stage] for turn in pipeline.turns):.0f}" for stage in STAGES
    )
    print(
        f"  end of speech to first sound   p50 {statistics.median(whole):.0f}  p95 {p95(whole):.0f} ms (goal: 800)"
    )
    print(f"    stage by stage, p50 in ms: {parts}; {right} of {TURNS} understood")


async def barge_in():
    """The first sample of a second voice to the event that silences the first."""
    agent = Agent(name="Support", model=ScriptedModel([[assistant_message(ANSWER * 3)]] * TURNS))
    stt = SphinxSTTModel(sentences=SENTENCES)
    stt.load()
    pipeline = VoicePipeline(agent, tts_model=EspeakTTSModel(), stt_model=stt)
    first, second, spoken = said("where is my order"), said("please stop"), []
    begins = np.flatnonzero(np.abs(second) > 300)[0] / RATE

    async def person():
        async for piece in paced(first):
            yield piece
        spoken.append(time.perf_counter())
        async for piece in paced(second):
            yield piece

    took = []
    for _ in range(5):
        events = pipeline.process_audio_stream(person())
        times = [time.perf_counter() async for event in events if isinstance(event, VoiceStreamEventInterrupted)]
        took += [1000 * (now - spoken[-1] - begins) for now in times]
    print(f"  second voice to interruption     p50 {statistics.median(took):.0f}  worst {max(took):.0f} ms")


def page():
    """What needs a real page: ``voice_page.py``."""
    page = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "tests.browser.conftest"]
    subprocess.run([*page, "benchmarks/voice_page.py"], cwd=CHECKOUT, check=False)


if __name__ == "__main__":
    main()
