"""The kernel's side of the voice panel, with a page and a person that are played by the test."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from agents import Agent, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.voice.testing import ScriptedSTTModel, ScriptedTTSModel

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample
from nbagents.audio.wav import from_wav
from nbagents.errors import ConfigError
from nbagents.voice.pipeline import VoicePipeline
from nbagents.widgets.talk.voice_panel import VoicePanel

pytestmark = pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader")
WAIT = 20


@function_tool
def lookup(order: str) -> str:
    """Look up an order."""
    return f"<b>{order}</b> delivered"


class Page:
    """The page of a panel: what it was told, and waiting until it was."""

    def __init__(self, panel):
        self.panel = panel
        self.state, self.turns = {}, {}
        self._news = threading.Condition()
        panel.send = self.take

    def take(self, content, buffers=None):
        with self._news:
            assert content["type"] == "news", content
            self.state = content["state"]
            self.turns |= {turn["number"]: turn for turn in content["turns"]}
            self._news.notify_all()

    def ask(self, **message):
        self.panel._handle_custom_msg(message, [])

    def wait(self, condition):
        with self._news:
            assert self._news.wait_for(condition, WAIT), (self.state, self.turns)

    def say(self, text, after_ms=1000):
        """Speak into the microphone, frame by frame, as its page would send it."""
        sound = speak(text, words_per_minute=150)
        data = resample(sound.samples, sound.rate, 24_000).tobytes() + bytes(after_ms * 48)
        for at in range(0, len(data), 960):
            self.panel._on_heard(data[at : at + 960])


@pytest.fixture
def open_panel():
    opened = []

    def make(*steps, answers=2, **options):
        agent = Agent(name="Support", model=ScriptedModel(steps), tools=[lookup])
        tts = ScriptedTTSModel([[np.full(2_400, 500, np.int16).tobytes()]] * answers)
        pipeline = VoicePipeline(agent, tts_model=tts, stt_model=ScriptedSTTModel(["where is it"] * answers))
        panel = VoicePanel(pipeline, **options)
        opened.append(panel)
        return Page(panel)

    yield make
    for panel in opened:
        panel._conversation.stop()
        panel._conversation.join(WAIT)
        panel.close()


STEPS = ([function_call("lookup", {"order": "A-1"}, call_id="c1")], [assistant_message("It <i>came</i> today.")])


def test_push_to_talk(open_panel, tmp_path):
    """The button begins and ends an utterance; words, tools, answer and latency reach the page and the file."""
    page = open_panel(*STEPS, keep_audio=True)
    page.ask(type="talk", down=True)
    page.wait(lambda: page.state.get("talking"))
    assert page.panel.microphone.running
    page.say("where is it", after_ms=0)
    page.ask(type="talk", down=False)
    page.wait(lambda: page.turns.get(1, {}).get("latency", {}).get("first sound"))
    turn = page.turns[1]
    assert (turn["text"], turn["answer"], turn["agent_name"]) == (
        "where is it",
        "It <i>came</i> today.",
        "Support",
    )
    assert turn["tools"][0]["output"] == "<b>A-1</b> delivered"
    page.wait(lambda: not page.state["answering"])
    assert page.panel.speaker.written == 2_400
    frame = page.panel.transcript()
    assert frame.loc[0, ["said", "answer"]].tolist() == ["where is it", "It <i>came</i> today."]
    assert (frame[["heard_ms", "transcribed_ms", "first_token_ms", "first_sound_ms"]] >= 0).all(axis=None)
    text, sound = page.panel.save(tmp_path / "talk")
    line = json.loads(text.read_text())
    assert line["answer"] == "It <i>came</i> today."
    assert from_wav(sound).samples[-2_400:].tolist() == [500] * 2_400
    html, plain = page.panel.static_forms()
    assert "&lt;b&gt;A-1&lt;/b&gt;" in html
    assert "<script" not in html
    assert "It <i>came</i> today." in plain
    assert "first sound" in plain


def test_hands_free_replay_and_a_second_page(open_panel):
    """Silence ends an utterance, a turn can be heard again, and a page that starts is sent all."""
    page = open_panel(*STEPS, answers=3)
    page.ask(type="hands_free", on=True)
    page.say("where is it")
    page.wait(lambda: page.turns.get(1, {}).get("latency", {}).get("first sound"))
    page.wait(lambda: not page.state["answering"])
    page.panel._on_played(2_400)
    assert page.panel.turns[0].spoken is None  # not kept unless asked for
    page.ask(type="replay", number=1)
    page.wait(lambda: page.state.get("replaying") == 1 and page.panel.speaker.written == 2_400)
    page.ask(type="stop")
    page.wait(lambda: page.state["replaying"] is None)
    page.turns.clear()
    page.ask(type="ready")
    assert list(page.turns) == [1]
    with pytest.raises(ConfigError, match="there is no turn 2"):
        page.panel.replay(2)


def test_what_is_shown_must_be_able_to_talk():
    """Anything but a pipeline or an agent is named; a misspelled argument too."""
    with pytest.raises(ConfigError, match=r"type str; give an nbagents\.VoicePipeline, or an agents\.Agent"):
        VoicePanel("agent")
    pipeline = VoicePipeline(Agent(name="A"), tts_model=ScriptedTTSModel(), stt_model=ScriptedSTTModel())
    with pytest.raises(ConfigError, match="no argument 'keep'"):
        VoicePanel(pipeline, keep=True)
