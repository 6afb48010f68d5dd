"""Models that count, servers that misbehave, and traces that go to a file and nowhere else."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from agents import ModelResponse, Usage
from agents.testing import ScriptedModel, assistant_message
from agents.tracing import get_trace_provider

from nbagents.replay.wire import client as seam
from nbagents.replay.wire.client import install, uninstall
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    """The one file of a test; what is run is traced into it, and rows are kept in it."""
    monkeypatch.setenv("NBAGENTS_DB", str(tmp_path / "lamp.nbagents.db"))
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    path = tmp_path / "lamp.nbagents.db"
    processor = NotebookTracingProcessor(path)
    provider.set_processors([processor])
    yield path
    processor.shutdown()
    provider.set_processors(before)


@pytest.fixture
def store(path):
    return TraceStore(path)


class Counting(ScriptedModel):
    """Answers with what it was asked and how many calls that makes; waits where it is told to."""

    def __init__(self, error=None):
        super().__init__([])
        self.asked = []
        self.error = error
        self.gate = None
        self.model = "gpt-4o"

    async def _answer(self, question):
        text = question if isinstance(question, str) else question[-1]["content"]
        self.asked.append(text)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return assistant_message(f"{text} #{len(self.asked)}")

    async def get_response(self, system_instructions, input, *_more, **_state):  # noqa: A002 - the SDK's signature
        message = await self._answer(input)
        usage = Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
        return ModelResponse(output=[message], usage=usage, response_id=None)

    async def stream_response(self, *asked, **state):
        response = await self.get_response(*asked, **state)
        async for event in ScriptedModel([response.output]).stream_response(*asked, **state):
            yield event


@pytest.fixture
def counting():
    return Counting


class Server:
    """Answers ``/v1/responses`` on loopback as it is told to, question by question.

    ``replies`` maps a question to what comes first, second, ...: a text, a status, or ``(status, headers)``; bytes
    are sent as they are, "hang" answers when the test is over. A question that is not in it is answered "OK".
    """

    def __init__(self):
        self.replies = {}
        self.asked = []
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                newest = body["input"][-1]
                question = newest.get("content", newest.get("output"))
                server.asked.append(question)
                waiting = server.replies.get(question, [])
                reply = waiting.pop(0) if waiting else "OK"
                if reply == "hang":
                    server.over.wait()
                    reply = 503
                status, headers = reply if isinstance(reply, tuple) else (reply, {})
                if isinstance(reply, str):
                    self.send(200, json.dumps(answer(reply)).encode())
                elif isinstance(reply, bytes):
                    self.send(200, reply)
                else:
                    self.send(status, b'{"error": {"message": "no", "code": null}}', headers)

            def send(self, status, data, headers=()):
                self.send_response(status)
                for name, value in {"content-type": "application/json", **dict(headers)}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    @staticmethod
    def answer(text):
        return answer(text)

    def stop(self):
        self.over.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def answer(text):
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    message["content"] = [{"type": "output_text", "text": text, "annotations": []}]
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": "resp_1", "object": "response", "created_at": 0, "status": "completed", "model": "gpt-4o",
        "output": [message], "usage": usage | details, "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [],
    }  # fmt: skip


@pytest.fixture
async def server(monkeypatch):
    """A server that agents ask by default."""
    server = Server()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    install("live")
    yield server
    await seam._state.seam.live_async.aclose()  # else its sockets are reported when the loop is gone
    monkeypatch.delenv("OPENAI_BASE_URL")
    install("offline")  # what later tests find
    uninstall()
    server.stop()
