"""What a replay adds to a call, and how long a cassette takes to open; both sides answer in process, in turn.

Then how large the cassettes of notebooks are.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import openai

from nbagents.replay import offline
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.cassette.recording import Recording
from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.commands.commands import record_notebooks
from nbagents.replay.commands.printer import Printer
from nbagents.replay.match.canonical import canonical_request, hash_of
from nbagents.replay.match.place import SCRIPT
from nbagents.replay.wire import client as seam
from nbagents.replay.wire.ask import Ask
from nbagents.replay.wire.player import Player
from nbagents.replay.wire.report import Report

CALLS = 1_000
ROUNDS = 5
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
RECORDED = ("01_first_run", "07_streaming", "10_many_questions")
WORDS = "the lamp on the table was delivered in the afternoon and is switched on " * 10


def body(number):
    history = [{"role": "user", "content": f"{number} {WORDS}"}] * 4
    tool = {"type": "function", "name": "lookup", "parameters": {"type": "object", "properties": {}}}
    return {"model": "gpt-4o", "instructions": WORDS, "input": history, "tools": [tool]}


REPLY = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "gpt-4o",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "instructions": WORDS,
}


def make(path):
    scrubber, recordings = Scrubber(), []
    for number in range(CALLS):
        request = canonical_request(ask(number), scrubber)
        reply = {"ms": 1, "body_ms": 1, "status": 200, "type": "application/json", "json": REPLY}
        recordings.append(Recording("script", number + 1, 0, hash_of(request), "2026-01-01", request, reply))
    Cassette(path, recordings).write()


def ask(number):
    return Ask("POST", "/v1/responses", "", "application/json", json.dumps(body(number)).encode())


def timed(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def script():
    return SCRIPT


def answering(path):
    """Milliseconds to find each call's recording, and for whole calls of a client in replay and offline."""
    player = Player(Cassette.read(path), script, Report(None))
    found = [timed(lambda n=n: player.answer(ask(n))) for n in range(0, CALLS, 5)]
    os.environ["NBAGENTS_CASSETTE"] = str(path)
    seam.install("replay")
    client = seam.sync_openai_client()
    replayed = [timed(lambda n=n: client.responses.create(**body(n))) for n in range(0, CALLS, 5)]
    seam.install("offline")
    seam.uninstall()
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=REPLY))
    plain = openai.OpenAI(api_key="none", http_client=httpx2.Client(transport=transport))
    bare = [timed(lambda n=n: plain.responses.create(**body(n))) for n in range(0, CALLS, 5)]
    return [statistics.median(times) * 1000 for times in (found, replayed, bare)]


class Rules(BaseHTTPRequestHandler):
    """The offline model on loopback, so that there is something to record."""

    def do_POST(self):
        found = offline.answer("POST", self.path, self.rfile.read(int(self.headers["content-length"])))
        self.send_response(found.status)
        self.send_header("content-type", found.media_type)
        self.end_headers()
        self.wfile.write(b"".join(found.chunks))

    def log_message(self, *_):
        pass


def sizes(folder):
    """Bytes of the cassette of each of some notebooks, the one with most calls among them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rules)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.server_port}/v1"
    for name in RECORDED:
        notebook = Path(shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder))
        record_notebooks([notebook], Printer(io.StringIO()))
        yield name, notebook.with_suffix(".cassette.jsonl").stat().st_size
    del os.environ["OPENAI_BASE_URL"]
    server.shutdown()
    server.server_close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.cassette.jsonl")
        make(path)
        size = path.stat().st_size / 1e6
        opened = statistics.median(
            timed(lambda: Player(Cassette.read(path), script, Report(None))) for _ in range(ROUNDS)
        )
        found, replayed, bare = answering(path)
        print(f"{f'open {CALLS} calls, {size:.1f} MB':44s} {opened * 1000:8.1f} ms   (goal: under 200)")
        print(f"{'find one of them':44s} {found:8.2f} ms")
        print(f"{'a call of the client, replayed':44s} {replayed:8.2f} ms")
        print(f"{'a call of plain openai, answered at once':44s} {bare:8.2f} ms")
        print(f"{'replay adds':44s} {replayed - bare:8.2f} ms   (goal: under 2)")
        for name, count in sizes(folder):
            print(f"{f'cassette of {name}':44s} {count / 1000:8.1f} kB   (goal: under 200)")


if __name__ == "__main__":
    main()
