"""What the realtime relay adds to a plain WebSocket client of the same server, and what a page sees of it.

The first part runs in this process: our session and a plain client, in turn, against one local server. The second
drives a real JupyterLab with a fake microphone (``realtime_page.py``) where there is a Chromium.
"""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from agents.tracing import set_trace_processors
from websockets.asyncio.client import connect

from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.local import LocalRealtimeServer
from nbagents.realtime.local.call import Call
from nbagents.realtime.local.engines import CannedEngines
from nbagents.realtime.local.hearing import Hearing

FRAMES = 300
FRAME_S = 0.02
FRAME = bytes(960)
ANSWERS = 12
CHECKOUT = Path(__file__).parents[1]


class Watch:
    """When the server took a frame in, and when it sent a piece of speech."""

    def __init__(self):
        self.heard, self.spoken = [], []
        append, emit = Hearing.append, Call.emit

        async def heard(hearing, audio):
            self.heard.append(time.perf_counter())
            await append(hearing, audio)

        async def sent(call, name, /, **fields):
            if name == "response.output_audio.delta":
                self.spoken.append(time.perf_counter())
            await emit(call, name, **fields)

        Hearing.append, Call.emit = heard, sent


def p95(values):
    return statistics.quantiles(values, n=20)[-1] * 1000


async def paced(send):
    """Send frames as a microphone does, and return when each was sent."""
    sent, due = [], time.perf_counter()
    for _ in range(FRAMES):
        due += FRAME_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(time.perf_counter())
        await send(FRAME)
    await asyncio.sleep(0.3)
    return sent


async def ours(server, watch):
    agent = RealtimeAgent("Bench", "", RealtimeConfig(url=server.url))
    played = []
    async with agent.start_realtime_session() as session:
        session.listen(lambda event: event.type == "audio" and played.append(time.perf_counter()))
        sent = await paced(session.send_audio)
        mouth = [there - here for here, there in zip(sent, watch.heard, strict=True)]
        for _ in range(ANSWERS):
            await session.send_text("Hello!")
            async for event in session:
                if event.type == "audio_end":
                    break
    return mouth, [here - there for there, here in zip(watch.spoken, played, strict=True)]


async def plain(server, watch):
    played = []
    async with connect(server.url, proxy=None) as connection:
        await connection.recv()

        async def send(frame):
            audio = base64.b64encode(frame).decode()
            await connection.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))

        sent = await paced(send)
        mouth = [there - here for here, there in zip(sent, watch.heard, strict=True)]
        hello = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}
        for _ in range(ANSWERS):
            await connection.send(json.dumps({"type": "conversation.item.create", "item": hello}))
            await connection.send(json.dumps({"type": "response.create"}))
            async for message in connection:
                event = json.loads(message)
                if event["type"] == "response.output_audio.delta":
                    base64.b64decode(event["delta"])
                    played.append(time.perf_counter())
                elif event["type"] == "response.done":
                    break
    return mouth, [here - there for there, here in zip(watch.spoken, played, strict=True)]


def measured(client, server, watch):
    watch.heard.clear()
    watch.spoken.clear()
    return [p95(values) for values in asyncio.run(client(server, watch))]


def reconnecting(server):
    """Seconds from a close with 1011 until the conversation goes on, and that a close takes."""

    async def lose():
        agent = RealtimeAgent("Bench", "", RealtimeConfig(url=server.url, output_modality="text"))
        session = agent.start_realtime_session()
        await session.start()
        await session.send_text("Hello!")
        async for event in session:
            if event.type == "response_end":
                break
        server.drop()
        started = time.perf_counter()
        async for event in session:
            if event.type == "connection" and event.status == "reconnected":
                break
        reconnected = time.perf_counter() - started
        started = time.perf_counter()
        await session.close()
        return reconnected, time.perf_counter() - started

    times = [asyncio.run(lose()) for _ in range(5)]
    return [max(column) for column in zip(*times, strict=True)]


def main():
    set_trace_processors([])
    watch = Watch()
    with LocalRealtimeServer(CannedEngines(), speed=4) as server:
        sides = {name: measured(client, server, watch) for name, client in (("plain", plain), ("ours", ours))}
        reconnected, closed = reconnecting(server)
    for n, what in enumerate(("microphone to model", "model to loudspeaker")):
        here, there = sides["ours"][n], sides["plain"][n]
        print(f"{f'{what}, p95: ours':44s} {here:8.2f} ms")
        print(f"{f'{what}, p95: a plain client':44s} {there:8.2f} ms")
        print(f"{'the session adds':44s} {here - there:8.2f} ms   (goal, with the page: under 25)")
    print(
        f"{'a lost connection is back after, worst of 5':44s} {reconnected * 1000:8.0f} ms   (goal: under 2,000)"
    )
    print(f"{'close, worst of 5':44s} {closed * 1000:8.0f} ms   (goal: under 1,000)")
    page = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "tests.browser.conftest"]
    subprocess.run([*page, "benchmarks/realtime_page.py"], cwd=CHECKOUT, check=False)


if __name__ == "__main__":
    main()
