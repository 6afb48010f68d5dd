"""The seam, installed without a key and without waits, and put back afterwards."""

import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from agents import set_tracing_disabled

from nbagents.replay import notice
from nbagents.replay.match.place import SCRIPT, Place
from nbagents.replay.wire import client as seam

CHECKOUT = Path(__file__).resolve().parents[2]

_VARIABLES = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "NBAGENTS_MODE",
    "NBAGENTS_CASSETTE",
    "NBAGENTS_NOTEBOOK",
    "NBAGENTS_REPLAY_SPEED",
    "NBAGENTS_REPLAY_REPORT",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No key, server, mode or wait, the notice already given, and no trace that a live test could send out."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NBAGENTS_OFFLINE_SPEED", "0")
    monkeypatch.setattr(notice, "_told", True)
    set_tracing_disabled(True)
    yield monkeypatch
    set_tracing_disabled(False)


@pytest.fixture
async def offline(environment):
    seam.install("offline")
    yield seam
    seam.install("offline")
    seam.uninstall()
    await seam._state.seam.live_async.aclose()
    seam._state.seam.live_sync.close()
    del seam._state.seam.live_sync  # a closed pool is of no use to the next test


@pytest.fixture
def run_python():
    """Run a script in a process of its own, with nothing of this one's environment that chooses a mode."""

    def run(script, **variables):
        kept = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
        env = {**kept, "NBAGENTS_OFFLINE_SPEED": "0", **variables}
        return subprocess.run(
            [sys.executable, "-c", script],
            env=env,
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def server():
    """A loopback server that answers each POST with one fixed response and keeps what it was sent."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            received.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
            payload = json.dumps(LIVE_RESPONSE).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}/v1", received
        http.shutdown()
        thread.join()


class ScriptedServer:
    """Answers each request with the next of what it was given, and keeps what it was sent.

    An answer is `(status, content type, pieces)`; a piece is bytes, an event to wait for, or None to drop the
    connection.
    """

    def __init__(self):
        self.answers = []
        self.received = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self):
                owner.received.append(self.rfile.read(int(self.headers.get("content-length") or 0)))
                status, kind, pieces = owner.answers.pop(0)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("transfer-encoding", "chunked")
                self.send_header("x-request-id", "req_secret_header")
                self.end_headers()
                for piece in pieces:
                    if piece is None:
                        self.close_connection = True
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return
                    if isinstance(piece, threading.Event):
                        piece.wait(30)
                        continue
                    self._chunk(piece)
                self._chunk(b"")

            def _chunk(self, data):
                try:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                    self.wfile.flush()
                except OSError:  # the client has cancelled
                    self.close_connection = True

            do_POST = do_GET = do_DELETE = _answer  # noqa: N815 - the standard library's names

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def json(self, body, status=200):
        self.answers.append((status, "application/json", [json.dumps(body).encode()]))

    def says(self, *texts):
        for text in texts:
            message = {
                **LIVE_RESPONSE["output"][0],
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
            self.json({**LIVE_RESPONSE, "output": [message]})

    def stop(self):
        if self.thread.is_alive():
            self.http.shutdown()
            self.thread.join()
            self.http.server_close()


@pytest.fixture
def scripted():
    server = ScriptedServer()
    yield server
    server.stop()


class Tape:
    """Records from a server, then replays without it."""

    def __init__(self, server, path, environment):
        self.server, self.path, self.environment = server, path, environment
        self.place = Place("c1", "e1", "ask()")
        environment.setenv("NBAGENTS_CASSETTE", str(path))

    def record(self, url=None):
        self.environment.setenv("OPENAI_BASE_URL", url or self.server.url)
        seam.install("record", where=lambda: self.place)
        return seam

    def replay(self, speed=0):
        self.server.stop()
        self.environment.delenv("OPENAI_BASE_URL", raising=False)
        seam.install("offline")
        seam.install("replay", where=lambda: self.place, speed=speed)
        return seam

    def cell(self, name, execution="e1"):
        self.place = Place(name, execution, "ask()")

    @property
    def player(self):
        return seam.current_deck().player

    @property
    def lines(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()[1:]]


@pytest.fixture
async def tape(scripted, tmp_path, environment):
    yield Tape(scripted, tmp_path / "lamp.cassette.jsonl", environment)
    environment.delenv("OPENAI_BASE_URL", raising=False)
    seam.install("offline", where=lambda: SCRIPT, speed=0)
    seam.uninstall()
    await seam._state.seam.live_async.aclose()
    seam._state.seam.live_sync.close()
    del seam._state.seam.live_sync  # a closed pool is of no use to the next test


LIVE_RESPONSE = {
    "id": "resp_live",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "real",
    "output": [
        {
            "id": "msg_live",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "from the server", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    },
}
