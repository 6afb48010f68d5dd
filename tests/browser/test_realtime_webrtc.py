"""WebRTC in a real page: a loopback peer takes the browser's call, the kernel attaches, the key stays there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample

from .conftest import launch_talking

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
    pytest.mark.skipif(importlib.util.find_spec("aiortc") is None, reason="no peer: pip install aiortc aiohttp"),
]

KEY = "sk-planted-standard-key-0123456789"
QUESTION = "What is the weather in Paris?"
RATE = 48_000
PEER = Path(__file__).with_name("webrtc_peer.py").read_text()

SETUP = f"""
%load_ext nbagents
from agents import function_tool
from nbagents import RealtimeAgent, RealtimeConfig, RealtimePanel, enable
enable(mode="live", display=False)

@function_tool
def get_weather(city: str) -> str:
    \"\"\"Look up the weather for a city.\"\"\"
    return f"It is 18 degrees and sunny in {{city}}."

config = RealtimeConfig(url=server.url, transcription={{"model": "local", "prompt": "{QUESTION}"}})
panel = RealtimePanel(RealtimeAgent("Weather", "", config, [get_weather]), transport="webrtc")
panel
"""

WHO_CAME = """
print(sorted({kind for kind, _ in seen}), {kind: key == STANDARD_KEY for kind, key in seen if key})
"""


PRINTED = """text => nbTestPanel().content.model.sharedModel.cells
    .some(cell => JSON.stringify(cell.getOutputs?.() ?? []).includes(text))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone asks a question every eight seconds."""
    sound = speak(QUESTION, words_per_minute=140)
    asked = resample(sound.samples, sound.rate, RATE)
    said = np.zeros(8 * RATE, np.int16)
    said[RATE : RATE + len(asked)] = asked
    yield from launch_talking(
        tmp_path_factory.mktemp("said"), said, "--disable-features=WebRtcHideLocalIpsWithMdns"
    )


def test_a_call(notebook):
    """Sound goes between page and peer, tools and captions through the kernel; the page never sees the key."""
    page = notebook(
        [f"import os\nos.environ['OPENAI_API_KEY'] = {KEY[:9]!r} + {KEY[9:]!r}", PEER, SETUP], name="call"
    )
    got = bytearray()

    def note(text):
        got.extend(text if isinstance(text, bytes) else str(text).encode())

    page.page.on("websocket", lambda socket: socket.on("framereceived", note))
    page.page.on("response", lambda response: note(response.url))
    page.open()
    page.run_all()
    panel = page.cell(2).locator(".nbagents-root")
    expect(panel.locator(".saying")).to_have_text("Connect")
    panel.locator(".control").click()
    expect(panel.locator(".line.user", has_text=QUESTION).first).to_be_visible()
    expect(panel.locator(".card", has_text="18 degrees").first).to_be_visible()
    expect(panel.locator(".saying")).to_have_text("Speaking")
    expect(panel.locator(".line.assistant", has_text="sunny in Paris").first).to_be_visible()
    page.wait_for(
        """() => {
        const panel = [...globalThis[Symbol.for("nbagents.page")].hubs.values()].find(hub => hub.call);
        return panel.call.audio.srcObject?.active && panel.call.audio.currentTime > 0;
    }"""
    )
    page.screenshot("realtime-webrtc", panel)
    page.run(WHO_CAME)
    page.wait_for(PRINTED, "['calls', 'client_secrets', 'datachannel'] {'client_secrets': True, 'calls': False}")
    panel.get_by_role("button", name="Hang up").click()
    expect(panel.locator(".saying")).to_have_text("Connect")
    assert b"ek_soon_worth_nothing" in got
    assert KEY.encode() not in got
