"""The relay in a real JupyterLab with a fake microphone; ``realtime.py`` runs it by pytest, for its fixtures."""

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

QUESTION = "What is the weather in Paris?"
RATE = 48_000
TURNS = 8


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium whose microphone asks the same question every six seconds."""
    sound = speak(QUESTION, words_per_minute=140)
    asked = resample(sound.samples, sound.rate, RATE)
    said = np.zeros(6 * RATE, np.int16)
    said[RATE // 2 : RATE // 2 + len(asked)] = asked
    yield from launch_talking(tmp_path_factory.mktemp("said"), said)


SETUP = f"""
import json, time
from agents import function_tool
from nbagents import RealtimeAgent, RealtimeConfig, RealtimePanel
from nbagents.realtime.local import LocalRealtimeServer
from nbagents.realtime.local.call import Call
from nbagents.realtime.local.engines import CannedEngines
from nbagents.realtime.local.hearing import Hearing

heard, made, delays, texts, speech, said, cut = [], [], [], [], [], {{}}, []
append, emit = Hearing.append, Call.emit

async def timed_append(hearing, audio):
    heard.append(time.time() * 1000)
    await append(hearing, audio)

async def timed_emit(call, name, /, **fields):
    now = time.time() * 1000
    if name == "response.output_audio.delta" and fields["item_id"] not in said:
        said[fields["item_id"]] = now
    elif name == "input_audio_buffer.speech_started":
        cut.append(now)
    await emit(call, name, **fields)

Hearing.append, Call.emit = timed_append, timed_emit

@function_tool
def get_weather(city: str) -> str:
    \"\"\"Look up the weather for a city.\"\"\"
    return (f"It is 18 degrees and sunny in {{city}}, with a light wind from the west, and it stays so until"
            " the evening, when some clouds come in from the sea.")

# No recogniser: it would hold this process, and so the relay, for longer than the relay takes.
server = LocalRealtimeServer(CannedEngines(["{QUESTION}"])).start()
config = RealtimeConfig(url=server.url, transcription={{"model": "local", "prompt": "{QUESTION}"}})
panel = RealtimePanel(RealtimeAgent("Weather", "", config, [get_weather]))

def frame_came(frame):
    if panel.status == "live":
        delays.append(panel.microphone.delay_ms)
        made.append(time.time() * 1000 - panel.microphone.delay_ms)

panel.microphone.on_frame(frame_came)
lengths = {{}}

def note(event):
    if event.type == "text":
        lengths[event.item_id] = lengths.get(event.item_id, 0) + len(event.text_delta)
        texts.append([event.item_id, lengths[event.item_id], event.at * 1000])
    elif event.type == "audio" and event.item_id not in {{each[0] for each in speech}}:
        speech.append([event.item_id, panel.speaker._epoch, panel.speaker.written])

panel
"""

HOOKS = """() => {
    const hubs = [...globalThis[Symbol.for("nbagents.page")].hubs.values()];
    const speaker = hubs.find(hub => hub.what === "loudspeaker"), panel = hubs.find(hub => hub.lines);
    const seen = (globalThis.nbSeen = {lines: [], sounds: [], clears: []});
    const {sound, clear} = speaker;
    speaker.sound = (message, data) => {
        seen.sounds.push([message.epoch, message.at, Date.now()]);
        sound.call(speaker, message, data);
    };
    speaker.clear = (epoch, why) => {
        if (epoch > speaker.epoch) seen.clears.push(Date.now());
        clear.call(speaker, epoch, why);
    };
    const [view] = panel.views;
    new MutationObserver(() => {
        for (const line of view.shadow.querySelectorAll(".line.assistant"))
            seen.lines.push([line.dataset.id, line.textContent.length, Date.now()]);
    }).observe(view.captions, {subtree: true, childList: true, characterData: true});
}"""

RESULTS = """
panel.hang_up()
names = ("heard", "made", "delays", "texts", "speech", "said", "cut")
print(json.dumps({name: globals()[name] for name in names}))
"""


def p95(values):
    return float(np.percentile(values, 95)) if len(values) else float("nan")


def report(name, values, goal):
    values = np.asarray(values)
    print(f"{name:44s} {p95(values):8.1f} ms   p50 {np.median(values):.1f}, n {len(values)} ({goal})")


def test_page(notebook):
    page = notebook([SETUP], name="bench")
    page.run_all()
    page.page.evaluate(HOOKS)
    panel = page.cell(0).locator(".nbagents-root")
    page.run("panel.connect()\npanel.talk.listen(note)")
    for turn in range(TURNS):
        page.wait_for(f"() => globalThis.nbSeen.clears.length > {turn}")
    assert panel.locator(".line.user").count() >= TURNS // 2
    seen = page.page.evaluate("() => globalThis.nbSeen")
    got = json.loads("".join(output["text"] for output in page.run(RESULTS)))
    count = min(len(got["heard"]), len(got["made"]))
    mouth = [there - here for here, there in zip(got["made"][:count], got["heard"][:count], strict=True)]
    at = {(epoch, start): now for epoch, start, now in reversed(seen["sounds"])}
    spoken = [at[epoch, start] - got["said"][item] for item, epoch, start in got["speech"] if (epoch, start) in at]
    captions = [
        now - told
        for item, length, told in got["texts"]
        if (now := next((w for i, n, w in seen["lines"] if i == item and n >= length), None)) is not None
    ]
    silences = [now - min(told for told in got["cut"] if abs(told - now) < 1000)
                for now in seen["clears"] if any(abs(told - now) < 1000 for told in got["cut"])]  # fmt: skip
    print()
    report("page: microphone to kernel, p95", got["delays"], "the notebook's own channel")
    report("page: mouth to model, p95", mouth, "goal: 25 and what a plain client takes, above")
    relay = [whole - way for whole, way in zip(mouth, got["delays"][:count], strict=True)]
    report("page: of that what the relay takes, p95", relay, "goal: under 25")
    report("page: model to speaker, p95", spoken, "goal: 25, what a plain client takes, and a buffer of 80")
    report("page: caption on screen, p95", captions, "goal: under 150")
    report("page: barge-in to silence, p95", silences, "goal: under 150")
