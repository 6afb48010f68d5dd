"""The microphone and the loudspeaker of a real page; the fake microphone says one sentence again and again."""

from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample

from .conftest import launch_talking

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone says: where is my order."""
    sound = speak("where is my order", words_per_minute=140)
    quiet = np.zeros(48_000, np.int16)
    said = np.concatenate([quiet, resample(sound.samples, sound.rate, 48_000), quiet, quiet])
    yield from launch_talking(tmp_path_factory.mktemp("said"), said)


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

SWAPPED = """
count = 0
async for frame in microphone:
    count += 1
    if count == 20:
        microphone.device = microphone.devices[1].id
    elif count == 40:
        microphone.muted = True
    elif count > 40 and not any(frame):
        break
print(microphone.state, microphone.lost)
microphone.muted, microphone.device = False, ""
"""

BLOCKED = """
got = []
unsubscribe = microphone.on_frame(lambda frame: got.append(len(got)))
microphone.start()
until = time.monotonic() + 60
while time.monotonic() < until and len(got) < 50:
    time.sleep(0.02)
blocked = len(got)
unsubscribe(); microphone.stop()
print(blocked >= 50, microphone.lost)
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
    """Frames reach an awaiting and a blocked cell, through a change of device; what was played is counted."""
    page = notebook([SETUP, "speaker"])
    page.run_all()
    assert printed(page.run(AWAITED)) == "50 {960} 0 live"
    assert printed(page.run(SWAPPED)) == "live 0"
    assert printed(page.run(BLOCKED)) == "True 0"
    assert printed(page.run(PLAY)) == "12000 12000 False"
    assert printed(page.run(CLEAR)) == "True 0 0 False"
    page.screenshot("audio-light")


LISTEN = """
got = []
microphone.on_frame(got.append)
await microphone.ready()
print(microphone.state)
"""

MORE = """
before = len(got)
while len(got) < before + 10:
    await asyncio.sleep(0.01)
print(microphone.state)
"""

SAYS = """text => [...document.querySelectorAll('.nbagents-root')].some(
    each => each.shadowRoot.querySelector('.saying')?.textContent.includes(text))"""

HUB = "[...globalThis[Symbol.for('nbagents.page')].hubs.values()].find(each => each.what === 'microphone')"


def refuse(page, name):
    """Let the browser answer as it does where it refuses."""
    page.page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', name); }; }",
        name,
    )


def test_reload_second_tab_refusal_and_restart(notebook):
    """Frames go on after a reload; one tab has the microphone; a refusal says its cure; a restart lets go."""
    page = notebook([SETUP])
    page.run_all()
    assert printed(page.run(LISTEN)) == "live"
    page.save()
    page.reload()
    assert printed(page.run(MORE)) == "live"
    page.save()

    with page.page.expect_popup() as popup:
        page.page.evaluate("() => void window.open(location.href)")
    tab = popup.value
    tab.wait_for_function(SAYS, arg="in another tab")
    tab.locator(".nbagents-root button", has_text="Use it here").click()
    tab.wait_for_function(f"() => {HUB}.state === 'live'")
    page.page.bring_to_front()
    page.wait_for(SAYS, "in another tab")
    assert printed(page.run(MORE)) == "live"
    tab.close()
    page.wait_for(f"() => {HUB}.state === 'live'")
    assert printed(page.run(MORE)) == "live"

    page.run("microphone.stop()")
    refuse(page, "NotAllowedError")
    page.run("microphone.start()")
    page.wait_for(SAYS, "Allow it beside the page's address, then press Try again.")
    page.screenshot("audio-refused", page.page.locator(".jp-OutputArea-output").first)
    (error,) = page.run("async for frame in microphone: pass")
    assert (error["ename"], "Allow it beside" in error["evalue"]) == ("AudioDeviceError", True)
    refuse(page, "NotFoundError")
    page.page.locator(".nbagents-root button", has_text="Try again").click()
    page.wait_for(SAYS, "There is no microphone. Connect one: it is found by itself.")
    page.page.evaluate("() => { delete navigator.mediaDevices.getUserMedia; }")
    page.page.evaluate("() => void navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    page.wait_for(f"() => {HUB}.state === 'live'")

    track = page.page.evaluate_handle(f"() => {HUB}.stream.getAudioTracks()[0]")
    page.restart_kernel()
    page.wait_for("track => track.readyState === 'ended'", track)
    assert page.page.locator(".nbagents-root").count() == 0
