"""Microphone to kernel, and stop to silence, in a real JupyterLab; ``voice.py`` runs it by pytest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.browser.conftest import CHROMIUM, CHROMIUM_FLAGS

pytestmark = pytest.mark.browser

SETUP = """
import asyncio, json, time
import numpy as np
from nbagents import Microphone, Speaker
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


@pytest.fixture(scope="module")
def browser():
    """Chromium, whose microphone beeps."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = [*CHROMIUM_FLAGS, "--autoplay-policy=no-user-gesture-required"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


def test_page(notebook):
    page = notebook([SETUP], name="bench")
    page.run_all()
    delays, lost = json.loads(page.run(FRAMES)[0]["text"])
    stops = json.loads(page.run(STOPS)[0]["text"])
    print()
    report("microphone to an awaiting cell, 60 s, p95", delays, f"lost {lost}; goal: 20, none lost")
    report("stop in the kernel to silence, acknowledged", stops, "goal: 150")


def report(name, values, goal):
    p50, p95 = np.percentile(values, [50, 95])
    print(f"{name:44s} {p95:8.1f} ms   p50 {p50:.1f}, worst {max(values):.1f} ({goal})")
