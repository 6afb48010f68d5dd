"""The microphone and the loudspeaker of a real page; the fake microphone says one sentence again and again."""

from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample
from nbagents.audio.wav import to_wav

from .conftest import CHROMIUM, CHROMIUM_FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone says: where is my order."""
    from playwright.sync_api import sync_playwright

    sound = speak("where is my order", words_per_minute=140)
    quiet = np.zeros(48_000, np.int16)
    said = np.concatenate([quiet, resample(sound.samples, sound.rate, 48_000), quiet, quiet])
    file = tmp_path_factory.mktemp("said") / "said.wav"
    file.write_bytes(to_wav(said, 48_000))
    flags = [
        *CHROMIUM_FLAGS,
        f"--use-file-for-fake-audio-capture={file}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


SETUP = """
import asyncio, time
import numpy as np
from nbagents import Microphone, Speaker
microphone, speaker = Microphone(), Speaker()
microphone
"""

AWAITED = """
frames = []
async for frame in microphone:
    frames.append(frame)
    if len(frames) == 50:
        break
print(len(frames), {len(frame) for frame in frames}, microphone.lost, microphone.state)
"""

BLOCKED = """
got = []
unsubscribe = microphone.on_frame(lambda frame: got.append(len(got)))
microphone.start()
time.sleep(1.5)
blocked = len(got)
unsubscribe(); microphone.stop()
print(blocked > 25, microphone.lost)
"""

PLAY = """
tone = 0.2 * np.sin(np.arange(12_000) * 0.1)
print(await speaker.play(tone), speaker.played, speaker.playing)
"""

CLEAR = """
speaker.clear()
speaker.write(bytes(2 * 24_000 * 20))
reached = asyncio.Event()
loop = asyncio.get_running_loop()
unsubscribe = speaker.on_played(lambda played: played > 6_000 and loop.call_soon_threadsafe(reached.set))
await reached.wait()
heard = await asyncio.wrap_future(speaker.clear())
print(6_000 < heard < 24_000 * 20, speaker.played, speaker.written, speaker.playing)
"""


def printed(outputs):
    assert [output["output_type"] for output in outputs] == ["stream"], outputs
    return outputs[0]["text"].strip()


def test_frames_come_and_sound_goes(notebook):
    """Frames of 20 ms reach an awaiting and a blocked cell; what was played is counted, and a clear ends it."""
    page = notebook([SETUP, "speaker"])
    page.run_all()
    assert printed(page.run(AWAITED)) == "50 {960} 0 live"
    assert printed(page.run(BLOCKED)) == "True 0"
    assert printed(page.run(PLAY)) == "12000 12000 False"
    assert printed(page.run(CLEAR)) == "True 0 0 False"
    page.screenshot("audio-light")
