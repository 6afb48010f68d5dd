"""A local realtime server, an agent that is connected to it, and helpers to follow a conversation."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace

import pytest
from agents import function_tool
from agents.tracing import set_trace_processors

from nbagents.audio.espeak import espeak_installed
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.local import LocalRealtimeServer
from nbagents.realtime.local.engines import CannedEngines, LocalEngines

QUESTION = "What is the weather in Paris?"
CHUNK = 1_920  # bytes of 40 ms
WAIT_S = 20


@pytest.fixture(autouse=True)
def no_exporter():
    """Spans of these tests go nowhere."""
    set_trace_processors([])


@pytest.fixture
def server():
    """The local server, without speech engines and in a hurry."""
    with LocalRealtimeServer(CannedEngines([QUESTION]), speed=40) as server:
        yield server


@pytest.fixture(scope="session")
def question():
    """A spoken question as PCM16 at 24 kHz, with silence around it."""
    if not espeak_installed():
        pytest.skip("espeak-ng is not installed, so there is no speech to send")
    silence = bytes(24_000)
    return silence + LocalEngines().speak(QUESTION) + silence * 2


@function_tool
def get_weather(city: str) -> str:
    """Look up the weather for a city."""
    return f"It is 18 degrees and sunny in {city}."


@pytest.fixture
def agent(server):
    """An agent that is connected to the local server."""
    return RealtimeAgent("Weather", "Answer questions about the weather.", config_of(server), [get_weather])


def config_of(server, **settings):
    return RealtimeConfig(url=server.url, **settings)


class Follower:
    """Reads a session's events in the background, and waits for what a test needs."""

    def __init__(self, session):
        self.session = session
        self.events = []
        self._new = asyncio.Condition()
        self._task = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def until(self, condition, wait=WAIT_S):
        """Wait until a condition on the events so far is true."""
        async with asyncio.timeout(wait), self._new:
            await self._new.wait_for(lambda: condition(self.events))

    async def until_answered(self, answers=1):
        await self.until(lambda events: spoken(events) >= answers)

    def of(self, kind):
        return [event for event in self.events if event.type == kind]

    def texts(self):
        return [line.text for line in self.session.conversation.lines() if line.kind == "message"]

    async def _read(self):
        async for event in self.session:
            async with self._new:
                self.events.append(event)
                self._new.notify_all()


def spoken(events):
    """Count answers that were said to the end."""
    texts, answers = 0, 0
    for event in events:
        texts += event.type == "text"
        if event.type == "response_end" and event.status == "completed":
            answers += texts > 0
            texts = 0
    return answers


async def speak(session, sound):
    """Send sound in chunks of 40 ms, as fast as it goes."""
    for start in range(0, len(sound), CHUNK):
        await session.send_audio(sound[start : start + CHUNK])


@pytest.fixture
def talk():
    """The helpers of this file, under one name."""
    return SimpleNamespace(
        QUESTION=QUESTION, Follower=Follower, config_of=config_of, get_weather=get_weather, speak=speak
    )
