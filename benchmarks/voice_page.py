"""Microphone to kernel, stop and barge-in to silence, in a real JupyterLab; ``voice.py`` runs it by pytest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample
from tests.browser.conftest import launch_talking

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]

SETUP = """
import asyncio, json, time
import numpy as np
from agents import Agent, function_tool
from nbagents import Microphone, Speaker, VoicePanel, VoicePipeline
from nbagents.audio.sphinx import SphinxSTTModel
microphone, speaker = Microphone(), Speaker()
"""

FRAMES = """
delays = []
async for frame in microphone:
    delays.append(microphone.delay_ms)
    if len(delays) == 3_000:
        break
print(json.dumps([delays, microphone.lost]))
"""

STOPS = """
stops, loop = [], asyncio.get_running_loop()
for _ in range(10):
    speaker.clear()
    reached = asyncio.Event()
    end = speaker.on_played(lambda played: played > 6_000 and loop.call_soon_threadsafe(reached.set))
    speaker.write(np.full(48_000, 3_000, np.int16).tobytes())
    await reached.wait()
    begun = time.perf_counter()
    await asyncio.wrap_future(speaker.clear())
    stops.append(1000 * (time.perf_counter() - begun))
    end()
print(json.dumps(stops))
"""

# The answer is long and the sentence comes every four seconds: each time the agent is cut off. What is timed is
# from when the kernel notices speech to when it knows that the page is silent.
PANEL = """
%load_ext nbagents

@function_tool
def lookup_order(order_id: str = "seven") -> str:
    "Look up an order."
    return "Your order was delivered on Tuesday. " * 6

agent = Agent("Support", "Help with orders.", tools=[lookup_order])
panel = VoicePanel(VoicePipeline(agent, stt_model=SphinxSTTModel(sentences=["where is my order"])))
clear, start = panel.speaker.clear, panel.pipeline.speech_started
noticed, silences = 0.0, []

def timed_clear():
    global noticed
    begun, playing, noticed = noticed, panel.speaker.playing, 0.0
    done = clear()
    if begun and playing:
        done.add_done_callback(lambda _: silences.append(1000 * (time.perf_counter() - begun)))
    return done

async def timed_start():
    global noticed
    noticed = time.perf_counter()
    await start()

panel.speaker.clear, panel.pipeline.speech_started = timed_clear, timed_start
panel.hands_free(True)
while len(silences) < 12:
    await asyncio.sleep(0.05)
panel.close()
print(json.dumps(silences))
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone says: where is my order."""
    sound = speak("where is my order", words_per_minute=140)
    quiet = np.zeros(48_000, np.int16)
    said = np.concatenate([quiet, resample(sound.samples, sound.rate, 48_000), quiet, quiet])
    yield from launch_talking(tmp_path_factory.mktemp("said"), said)


def test_page(notebook):
    page = notebook(["%env NBAGENTS_OFFLINE_SPEED=0", SETUP], name="bench")
    page.run_all()
    delays, lost = json.loads(page.run(FRAMES)[0]["text"])
    stops = json.loads(page.run(STOPS)[0]["text"])
    print()
    report("microphone to an awaiting cell, 60 s, p95", delays, f"lost {lost}; goal: 20, none lost")
    report("stop in the kernel to silence, acknowledged", stops, "goal: 150")
    said = "".join(output.get("text", "") for output in page.run(PANEL))
    silences = json.loads(said.splitlines()[-1])  # after what nbagents says about being offline
    report("barge-in noticed to silence, acknowledged", silences, "goal: 150")


def report(name, values, goal):
    p50, p95 = np.percentile(values, [50, 95])
    print(f"{name:44s} {p95:8.1f} ms   p50 {p50:.1f}, worst {max(values):.1f} ({goal})")
