from __future__ import annotations

import asyncio
import json

import pytest
from agents import function_tool

from nbagents._loops import call_soon
from nbagents.audio.espeak import espeak_installed
from nbagents.errors import ConfigError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.local import Fault, LocalRealtimeServer
from nbagents.realtime.local.engines import CannedEngines, LocalEngines
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.widgets.talk.realtime_panel import RealtimePanel

QUESTION = "What is the weather in Paris?"
WAIT_S = 20


@function_tool
def get_weather(city: str) -> str:
    """Look up the weather for a city."""
    return f"It is 18 degrees in {city}. <b>Sunny</b>"


@pytest.fixture
def server():
    with LocalRealtimeServer(CannedEngines([QUESTION]), speed=40) as server:
        yield server


class Page:
    """The page's side of a panel: what it was sent, and what it sends."""

    def __init__(self, panel, monkeypatch):
        self.panel = panel
        self.sent = []
        self.news = asyncio.Event()
        loop = asyncio.get_running_loop()

        def send(message, _buffers=None):
            self.sent.append(json.loads(json.dumps(message)))
            call_soon(loop, self.news.set)

        monkeypatch.setattr(panel, "send", send)

    def says(self, kind, **fields):
        self.panel._receive(self.panel, {"type": kind, **fields}, [])

    def hears(self, sound):
        for start in range(0, len(sound), 960):
            self.panel._sound.heard(sound[start : start + 960])

    async def until(self, condition):
        async with asyncio.timeout(WAIT_S):
            while not condition():
                await self.news.wait()
                self.news.clear()

    @property
    def state(self):
        news = [message["state"] for message in self.sent if message["type"] == "news"]
        return news[-1] if news else {"status": "unknown"}

    def lines(self):
        found = {}
        for message in self.sent:
            found |= {line["id"]: line for line in message.get("lines", ())}
        orders = [message["order"] for message in self.sent if message["type"] == "news"]
        return [found[each] for each in orders[-1]]


@pytest.fixture
async def page(server, monkeypatch):
    """A panel that is connected to the local server, and its page."""
    agent = RealtimeAgent("Weather", "", RealtimeConfig(url=server.url), [get_weather])
    panel = RealtimePanel(agent, session=SQLiteSession("talk"))
    page = Page(panel, monkeypatch)
    page.says("connect")
    await page.until(lambda: page.state["status"] == "live")
    yield page
    panel.close()


def answered(page, number=1):
    return sum(line["role"] == "assistant" and line["final"] for line in page.lines()) >= number


async def test_a_typed_question_is_answered_and_stored(page):
    """Lines come in order, with the call as a card; tokens add up; hanging up stores all of it."""
    page.says("text", text=QUESTION)
    await page.until(lambda: answered(page) and page.state["tally"]["responses"] == 2)
    question, call, answer = page.lines()
    assert (question["role"], question["text"]) == ("user", QUESTION)
    assert (call["name"], call["state"], call["output"]) == ("get_weather", "done", get_weather_said())
    assert answer["text"].startswith(get_weather_said())
    assert page.state["tally"]["total"] > 0
    assert [stage["name"] for stage in page.state["stages"]][-1] == "first sound"
    assert page.panel.transcript()["role"].tolist() == ["user", "tool", "assistant"]
    assert "response.done" in set(page.panel.events()["type"])
    await asyncio.to_thread(page.panel.talk.close_now)
    stored = await SQLiteSession("talk").get_items()
    assert [item.get("type", "message") for item in stored] == [
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]


def get_weather_said():
    return "It is 18 degrees in Paris. <b>Sunny</b>"


async def test_the_static_form_escapes_what_a_tool_wrote(page):
    """A saved notebook holds transcript and figures, and no tag of a model's."""
    page.says("text", text=QUESTION)
    await page.until(lambda: answered(page))
    html, text = page.panel.static_forms()
    assert "<b>Sunny</b>" not in html
    assert "&lt;b&gt;Sunny" in html
    assert QUESTION in text
    assert "Weather   1 turn   1 tool call" in text


async def test_hands_free_off_is_push_to_talk(page, server):
    """Nothing is sent until the key goes down; what was said just before it is; letting go asks for an answer."""
    if not espeak_installed():
        pytest.skip("espeak-ng is not installed, so there is no speech to send")
    speech = LocalEngines().speak(QUESTION)
    page.says("hands_free", on=False)
    await page.until(lambda: page.state["hands_free"] is False)
    page.hears(speech)
    page.says("talk", down=True)
    page.hears(speech)
    page.says("talk", down=False)
    await page.until(lambda: answered(page))
    assert page.lines()[0]["text"] == QUESTION
    assert not [event for event in page.panel.talk.log.entries() if event.type.endswith("speech_started")]
    assert page.panel.events()["type"].isin(["error"]).sum() == 0


async def test_what_was_played_is_what_an_interruption_is_cut_at(page, server):
    """The loudspeaker's report is in samples of everything; it reaches the tracker in ms of the item."""
    server.speed = 0.5
    page.says("text", text=QUESTION)
    await page.until(lambda: page.panel.speaker.written >= 7_200)
    page.panel._sound.played(3_600)
    page.says("stop")
    await page.until(lambda: any(line["heard"] is not None for line in page.lines()))
    (cut,) = [event["audio_end_ms"] for event in server.received if event["type"].endswith("truncate")]
    assert 150 <= cut <= 210
    assert page.panel.speaker.written == 0  # it was cleared


async def test_an_approval_is_asked_for_in_the_page(server, monkeypatch):
    """The card waits; a click lets the tool run."""
    ran = []

    @function_tool(needs_approval=True)
    def send_refund(order_id: str) -> str:
        """Send a refund for an order."""
        ran.append(order_id)
        return f"Refund sent for {order_id}."

    config = RealtimeConfig(url=server.url, output_modality="text")
    panel = RealtimePanel(RealtimeAgent("Refunds", "", config, [send_refund]))
    page = Page(panel, monkeypatch)
    page.says("connect")
    await page.until(lambda: page.state["status"] == "live")
    page.says("text", text="Send a refund for order A-1.")
    await page.until(lambda: any(line["state"] == "waits" for line in page.lines()))
    assert ran == []
    page.says("approve", call_id=next(line["call_id"] for line in page.lines() if line["state"] == "waits"))
    await page.until(lambda: answered(page))
    assert ran == ["A-1"]
    panel.close()


async def test_a_lost_connection_is_told_and_repaired(page, server):
    """The page's log says so, and the conversation goes on."""
    server.drop()
    await page.until(
        lambda: any(row["detail"] == "reconnected" for message in page.sent for row in message.get("log", ()))
    )
    await page.until(lambda: page.state["status"] == "live")
    page.says("text", text=QUESTION)
    await page.until(lambda: answered(page))


async def test_hanging_up_leaves_no_microphone_on(page, server):
    """Microphone and loudspeaker are off, and a second conversation begins empty."""
    assert page.panel.microphone.running
    page.says("text", text=QUESTION)
    await page.until(lambda: answered(page))
    page.says("hang_up")
    assert not page.panel.microphone.running
    assert not page.panel.speaker.running
    await page.until(lambda: page.state["status"] == "off")
    page.says("connect")
    await page.until(lambda: page.state["status"] == "live")
    assert page.lines() == []


async def test_what_fails_is_said_in_the_page(monkeypatch):
    """No server: the panel says so; an unknown request and an unknown argument too."""
    agent = RealtimeAgent("Weather", "", RealtimeConfig(url="ws://127.0.0.1:9"))
    panel = RealtimePanel(agent)
    page = Page(panel, monkeypatch)
    page.says("connect")
    await page.until(lambda: page.state["status"] == "failed")
    assert "cannot be reached" in page.state["trouble"]
    page.says("no such request")
    assert page.sent[-1]["type"] == "error"
    panel.close()
    with pytest.raises(ConfigError, match="has no argument 'colour'"):
        RealtimePanel(agent, colour="red")


async def test_a_conversation_that_is_closed_while_it_connects_is_off(monkeypatch):
    """Nobody is told that it is live: the server has not answered."""
    reached = asyncio.get_running_loop().create_future()
    silent = await asyncio.start_server(lambda _, writer: reached.set_result(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    panel = RealtimePanel(RealtimeAgent("Weather", "", RealtimeConfig(url=f"ws://127.0.0.1:{port}/v1/realtime")))
    page = Page(panel, monkeypatch)
    page.says("connect")
    writer = await asyncio.wait_for(reached, WAIT_S)
    await panel.talk.close()
    await page.until(lambda: page.state["status"] not in {"unknown", "connecting"})
    assert page.state["status"] == "off"
    panel.close()
    writer.close()
    silent.close()


async def test_an_error_of_the_server_is_shown(page, server):
    """The conversation goes on, and what the server said stands there."""
    server.fault(Fault("error", at="response.created"))
    page.says("text", text="Hello!")
    await page.until(lambda: answered(page))
    await page.until(lambda: page.state["trouble"] == "an error on request")


async def test_of_two_pages_that_call_one_is_attached_to(server, monkeypatch):
    """WebRTC: the kernel attaches to the first call; a second is told to hang up; hanging up ends the first."""
    panel = RealtimePanel(RealtimeAgent("Weather", "", RealtimeConfig(url=server.url)), transport="webrtc")
    page = Page(panel, monkeypatch)
    monkeypatch.setattr(panel._sound, "call", lambda: None)
    monkeypatch.setattr(panel._sound, "_send", panel.send)
    page.says("connect")
    page.says("called", call_id="rtc_1")
    page.says("called", call_id="rtc_2")
    await page.until(lambda: page.state["status"] == "live")
    assert list(server.calls) == ["rtc_1"]
    assert [message for message in page.sent if message["type"] == "hang_up"][-1] == {
        "type": "hang_up",
        "call_id": "rtc_2",
    }
    assert not panel.microphone.running
    hung_up = sum(message["type"] == "hang_up" for message in page.sent)
    page.says("hang_up")
    assert sum(message["type"] == "hang_up" for message in page.sent) == hung_up + 1
    page.says("lost", text="no microphone")
    await page.until(lambda: page.state["trouble"] == "no microphone")
    panel.close()


async def test_a_call_offline_says_what_works(monkeypatch):
    """WebRTC needs mode live; the page learns so, and that the relay does not."""
    panel = RealtimePanel(RealtimeAgent("Weather", ""), transport="webrtc")
    page = Page(panel, monkeypatch)
    page.says("connect")
    await page.until(lambda: page.state["status"] == "failed")
    assert "transport='relay'" in page.state["trouble"]
    panel.close()
    with pytest.raises(ConfigError, match="'relay' or 'webrtc'"):
        RealtimePanel(RealtimeAgent("Weather", ""), transport="pigeon")
