"""The realtime panel in a real JupyterLab: a fake microphone asks again and again, the local server answers."""

from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample
from nbagents.audio.wav import to_wav

from .conftest import CHROMIUM, CHROMIUM_FLAGS

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]

QUESTION = "What is the weather in Paris?"
RATE = 48_000
EVERY = 6 * RATE


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone asks the same question every six seconds."""
    from playwright.sync_api import sync_playwright

    sound = speak(QUESTION, words_per_minute=140)
    asked = resample(sound.samples, sound.rate, RATE)
    said = np.zeros(EVERY, np.int16)
    said[RATE // 2 : RATE // 2 + len(asked)] = asked
    file = tmp_path_factory.mktemp("said") / "said.wav"
    file.write_bytes(to_wav(said, RATE))
    flags = [
        *CHROMIUM_FLAGS,
        f"--use-file-for-fake-audio-capture={file}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


SETUP = f"""
%load_ext nbagents
import time
from agents import function_tool
from nbagents import RealtimeAgent, RealtimeConfig, RealtimePanel
from nbagents.realtime.local import LocalRealtimeServer

@function_tool
def get_weather(city: str) -> str:
    \"\"\"Look up the weather for a city.\"\"\"
    return (f"It is 18 degrees and sunny in {{city}}, with a light wind from the west, and it stays so until"
            " the evening, when some clouds come in from the sea.")

server = LocalRealtimeServer().start()
config = RealtimeConfig(url=server.url, transcription={{"model": "local", "prompt": "{QUESTION}"}})
agent = RealtimeAgent("Weather", "Answer questions about the weather.", config, [get_weather])
panel = RealtimePanel(agent)
panel
"""

# The connection is lost and the cell blocks the kernel: only the connection's own thread can repair it and go on.
BLOCKED = """
before = len(panel.transcript())
server.drop()
time.sleep(7)
said = panel.transcript()[before:]
print(panel.status, "user" in set(said["role"]), said["output"].notna().any(),
      "reconnected" in set(panel.events()["detail"]))
"""

DEVICE_IS = """wanted => [...globalThis[Symbol.for("nbagents.page")].hubs.values()]
    .filter(hub => hub.what === "microphone")
    .every(hub => hub.state === wanted[0] && Boolean(hub.stream) === wanted[1])"""


SAVED = """text => nbTestPanel().content.model.sharedModel.getCell(0).getOutputs()
    .some(({data}) => (data?.['text/plain'] ?? '').includes(text) && data['text/html'].includes(text))"""


def test_a_conversation(notebook):
    """A spoken question, a tool, a spoken answer; barge-in; a lost connection under a blocked cell; two tabs."""
    page = notebook([SETUP, BLOCKED], name="talk")
    page.start(0)
    panel = page.cell(0).locator(".nbagents-root", has=page.page.locator(".panel"))
    expect(panel.locator(".saying")).to_have_text("Connect", timeout=20_000)
    panel.locator(".control").click()
    expect(panel.locator(".saying")).to_have_text("Listening", timeout=20_000)
    expect(panel.locator(".line.user").first).to_have_text(QUESTION, timeout=20_000)
    expect(panel.locator(".card").first).to_contain_text('get_weather(city="Paris")')
    expect(panel.locator(".saying")).to_have_text("Speaking")
    page.screenshot("realtime-speaking", panel)

    expect(panel.locator(".line.assistant").first).to_contain_text("interrupted", timeout=20_000)
    expect(panel.locator(".line.assistant s").first).to_contain_text("from the sea.")
    panel.locator(".log .button").first.click()
    page.theme("dark")
    page.screenshot("realtime-interrupted-dark", panel)
    page.theme("light")

    asked = panel.locator(".line.user").count()
    page.start(1)
    expect(panel.locator(".line.user")).not_to_have_count(asked, timeout=20_000)  # while the cell blocks
    page.wait_for("() => nbTestPanel().content.model.sharedModel.getCell(1).getOutputs()[0]?.text.endsWith('\\n')")
    assert page.outputs(1)[0]["text"] == "live True True True\n"
    panel.locator(".search").fill("connection")
    expect(panel.locator(".event").first).to_contain_text("connecting")
    page.screenshot("realtime-log", panel)

    expect(page.cell(0).locator(".strip")).to_contain_text("Realtime: Weather")
    panel.get_by_role("button", name="Hang up").click()
    page.wait_for(SAVED, QUESTION)
    page.screenshot("realtime-strip", page.cell(0))
    expect(panel.locator(".saying")).to_have_text("Connect", timeout=20_000)
    panel.locator(".control").click()
    expect(panel.locator(".line.user").first).to_have_text(QUESTION, timeout=20_000)

    page.save()
    second = notebook(None, name="talk")
    other = second.cell(0).locator(".nbagents-root", has=second.page.locator(".panel"))
    expect(other.locator(".line.user").first).to_have_text(QUESTION, timeout=20_000)
    second.wait_for(DEVICE_IS, ["live", True])  # another browser takes the microphone over: one at a time has it
    page.wait_for(DEVICE_IS, ["elsewhere", False])

    second.restart_kernel()
    second.wait_for(DEVICE_IS, ["off", False])
