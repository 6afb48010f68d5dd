"""The voice panel in a real page: the fake microphone says a sentence, and the answer leaves the loudspeaker."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed
from nbagents.audio.resample import resample
from nbagents.audio.sphinx import SphinxSTTModel

from .test_audio import browser, printed  # noqa: F401 - pytest looks for browser here

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader"),
]

LOAD = "%env NBAGENTS_OFFLINE_SPEED=0\n%load_ext nbagents"

SETUP = """
import asyncio, json, time
from agents import Agent, function_tool
from nbagents import VoicePanel, VoicePipeline
from nbagents.audio.sphinx import SphinxSTTModel

REPLY = "Your order was delivered on Tuesday <b>"

@function_tool
def lookup_order(order_id: str = "seven") -> str:
    "Look up an order."
    return REPLY

agent = Agent(name="Support", instructions="Help with orders.", tools=[lookup_order])
stt = SphinxSTTModel(sentences=["where is my order", "please stop", "thank you"])
panel = VoicePanel(VoicePipeline(agent, stt_model=stt), keep_audio=True)
panel
"""

# A blocked cell: the panel comes to life and the whole turn happens while it does not let go.
BLOCKED = """
until = time.monotonic() + 90
while time.monotonic() < until:
    turn = panel.turns[-1] if panel.turns else None
    panel.microphone.muted = bool(turn and turn.text and not turn.interrupted)  # said once, heard out
    if panel.microphone.muted and turn.answer and not panel.pipeline.answering and panel.speaker.played > 12_000:
        break
    time.sleep(0.02)
print(panel.speaker.played > 12_000)
"""

FACTS = """
turn = [turn for turn in panel.turns if turn.answer and not turn.interrupted][-1]
trace = panel.trace()
print(json.dumps({
    "said": turn.text, "tools": [call.output for call in turn.tools], "stages": list(turn.stages),
    "spans": sorted({span.type for span in trace.spans}),
    "session": [item.get("role") or item["type"] for item in await panel.pipeline.session.get_items()],
}))
"""

# What really left for the loudspeaker, taken beside it on the audio thread: a busy page misses none of it.
TAP = """() => {
    const hubs = [...globalThis[Symbol.for('nbagents.page')].hubs.values()];
    const hub = hubs.find(each => each.what === 'loudspeaker');
    globalThis.heard = [];
    const timer = setInterval(() => {
        if (!hub.node) return;
        clearInterval(timer);
        const context = hub.node.context;
        globalThis.rate = context.sampleRate;
        const source = `registerProcessor("tap", class extends AudioWorkletProcessor {
            process([[samples]]) { if (samples) this.port.postMessage(samples.slice()); return true; }
        })`;
        const module = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
        context.audioWorklet.addModule(module).then(() => {
            const tap = new AudioWorkletNode(context, "tap");
            tap.port.onmessage = ({data}) =>
                globalThis.heard.push(...Array.from(data, x => Math.round(Math.max(-1, Math.min(1, x)) * 32767)));
            hub.node.connect(tap);
            tap.connect(context.destination);
        });
    }, 5);
}"""

# The sentence comes again while the long answer is spoken.
INTERRUPTED = """
REPLY = "Your order was delivered on Tuesday. " * 4
panel.microphone.muted = False
while not (cut := [turn for turn in panel.turns[:-1] if turn.interrupted and turn.answer]):
    await asyncio.sleep(0.02)
panel.hands_free(False)
items = await panel.pipeline.session.get_items()
contents = [item.get("content") for item in items if item.get("role") == "assistant"]
print(cut[0].answer in contents, 0 < len(cut[0].answer) < len(REPLY))
"""

SAID = """said => [...document.querySelectorAll('.nbagents-root')].some(
    each => each.shadowRoot.querySelector('.saying')?.textContent === said)"""

ANSWER = ["your order was delivered on tuesday", "where is my order", "thank you", "please stop"]


def test_a_spoken_turn_in_a_blocked_cell(notebook):
    """Words are recognised, a tool runs, what leaves the loudspeaker is the answer, and speech interrupts."""
    page = notebook([LOAD, SETUP, BLOCKED])
    for index in range(3):
        page.start(index)
    root = page.page.locator(".nbagents-root").first
    root.get_by_role("button", name="Hands-free").click()
    page.page.evaluate(TAP)
    page.wait_for("() => nbTestPanel().content.model.sharedModel.getCell(2).getOutputs().length")
    assert printed(page.outputs(2)) == "True"
    facts = json.loads(printed(page.run(FACTS)))
    assert facts["said"] == "where is my order"
    assert facts["tools"] == ["Your order was delivered on Tuesday <b>"]
    assert facts["stages"] == ["heard", "transcribed", "first token", "first sound"]
    assert {"transcription", "speech_group", "speech", "agent", "function"} <= set(facts["spans"])
    assert facts["session"][:3] == ["user", "function_call", "function_call_output"]
    assert root.locator(".card").first.text_content().endswith("→ Your order was delivered on Tuesday <b>")
    assert root.locator(".steps i").count() == 4
    page.screenshot("voice-light")
    page.wait_for(SAID, "Muted")
    sound = np.array(page.page.evaluate("() => globalThis.heard"), dtype=np.int16)
    said = resample(sound, page.page.evaluate("() => globalThis.rate"), 16_000)
    assert SphinxSTTModel(sentences=ANSWER).recognise(said) == ANSWER[0]
    page.theme("dark")
    page.screenshot("voice-dark")
    assert printed(page.run(INTERRUPTED)) == "True True"
    assert root.locator(".note").first.text_content() == "interrupted"
    says_what_is_in_the_way(page, root)
    root.locator(".hint").click()
    page.page.keyboard.down("Space")
    page.wait_for(SAID, "Hearing you")
    page.page.keyboard.up("Space")
    page.wait_for("said => !(" + SAID + ")(said)", "Hearing you")
    page.wait_for("""() => {
        const [output] = nbTestPanel().content.model.sharedModel.getCell(1).getOutputs();
        return output.data['text/plain'].includes('first sound')
            && output.data['text/html'].includes('delivered on Tuesday &lt;b&gt;');
    }""")


def says_what_is_in_the_way(page, root):
    """Muted, and a microphone that may not be used; both can be undone here. The transcript can be copied."""
    page.page.evaluate("() => { navigator.clipboard.writeText = async text => { globalThis.copied = text; }; }")
    root.get_by_role("button", name="Copy transcript").click()
    page.wait_for("() => globalThis.copied?.startsWith('you: where is my order\\ntool: lookup_order(')")
    root.get_by_role("button", name="Mute").click()
    page.wait_for(SAID, "Muted")
    root.get_by_role("button", name="Unmute").click()
    page.wait_for(SAID, "Ready")
    page.page.evaluate("""() => {
        const media = navigator.mediaDevices;
        globalThis.ask = media.getUserMedia.bind(media);
        media.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };
    }""")
    root.get_by_role("button", name="Hands-free").click()
    page.wait_for(SAID, "No microphone")
    assert "may not use the microphone" in root.get_by_role("alert").first.text_content()
    page.page.evaluate("() => { navigator.mediaDevices.getUserMedia = globalThis.ask; }")
    root.get_by_role("button", name="Try again").click()
    page.wait_for("said => !(" + SAID + ")(said)", "No microphone")
    root.get_by_role("button", name="Hands-free").click()
    page.wait_for(SAID, "Ready")
