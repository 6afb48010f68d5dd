"""The realtime panel in a real JupyterLab: a fake microphone asks again and again, the local server answers."""

from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample

from .conftest import launch_talking

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]

QUESTION = "What is the weather in Paris?"
RATE = 48_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone asks the same question every six seconds."""
    sound = speak(QUESTION, words_per_minute=140)
    asked = resample(sound.samples, sound.rate, RATE)
    said = np.zeros(6 * RATE, np.int16)
    said[RATE // 2 : RATE // 2 + len(asked)] = asked
    yield from launch_talking(tmp_path_factory.mktemp("said"), said)


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
until = time.monotonic() + 60
while time.monotonic() < until:
    said = panel.transcript()[before:]
    if "user" in set(said["role"]) and said["output"].notna().any() and panel.status == "live":
        break
    time.sleep(0.05)
print(panel.status, "user" in set(said["role"]), said["output"].notna().any(),
      "reconnected" in set(panel.events()["detail"]))
"""

DEVICE_IS = """wanted => [...globalThis[Symbol.for("nbagents.page")].hubs.values()]
    .filter(hub => hub.what === "microphone")
    .every(hub => hub.state === wanted[0] && Boolean(hub.stream) === wanted[1])"""


SAVED = """text => nbTestPanel().content.model.sharedModel.getCell(0).getOutputs()
    .some(({data}) => (data?.['text/plain'] ?? '').includes(text) && data['text/html'].includes(text))"""


def test_a_conversation(notebook):
    """A spoken question, a tool, a spoken answer; barge-in; a lost connection under a blocked cell; tabs."""
    page = notebook([SETUP, BLOCKED], name="talk")
    page.start(0)
    panel = panel_of(page)
    expect(panel.locator(".saying")).to_have_text("Connect")
    panel.locator(".control").click()
    expect(panel.locator(".line.user", has_text=QUESTION).first).to_be_visible()
    expect(panel.locator(".card", has_text='get_weather(city="Paris") → It is 18').first).to_be_visible()
    expect(panel.locator(".saying")).to_have_text("Speaking")
    page.screenshot("realtime-speaking", panel)

    cut = panel.locator(".line.assistant", has_text="interrupted").locator("s", has_text="from the sea.")
    expect(cut.first).to_be_visible()
    panel.locator(".log .button").first.click()
    page.theme("dark")
    page.screenshot("realtime-interrupted-dark", panel)
    page.theme("light")

    asked = panel.locator(".line.user").count()
    page.start(1)
    expect(panel.locator(".line.user")).not_to_have_count(asked)  # while the cell blocks
    page.wait_for("() => nbTestPanel().content.model.sharedModel.getCell(1).getOutputs()[0]?.text.endsWith('\\n')")
    assert page.outputs(1)[0]["text"] == "live True True True\n"
    panel.locator(".search").fill("connection")
    expect(panel.locator(".event").first).to_contain_text("connecting")
    page.screenshot("realtime-log", panel)

    expect(page.cell(0).locator(".strip")).to_contain_text("Realtime: Weather")
    panel.get_by_role("button", name="Hang up").click()
    expect(panel.locator(".saying")).to_have_text("Connect")
    page.wait_for(SAVED, QUESTION)
    page.wait_for(DEVICE_IS, ["off", False])
    page.screenshot("realtime-strip", page.cell(0))
    panel.locator(".control").click()
    expect(panel.locator(".line.user", has_text=QUESTION).first).to_be_visible()

    page.save()
    tab = notebook(None, name="talk", beside=page)
    expect(panel_of(tab).locator(".line.user", has_text=QUESTION).first).to_be_visible()
    tab.wait_for(DEVICE_IS, ["elsewhere", False])
    page.wait_for(DEVICE_IS, ["live", True])
    other = notebook(None, name="talk")
    expect(panel_of(other).locator(".line.user", has_text=QUESTION).first).to_be_visible()
    page.wait_for(DEVICE_IS, ["elsewhere", False])  # another browser has taken the microphone over
    tab.wait_for(DEVICE_IS, ["elsewhere", False])
    other.wait_for(DEVICE_IS, ["live", True])

    other.restart_kernel()
    other.wait_for(DEVICE_IS, ["off", False])


def panel_of(page):
    return page.cell(0).locator(".nbagents-root", has=page.page.locator(".panel"))
