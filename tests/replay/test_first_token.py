"""The time to the first token of a streamed answer, from our transport to the span."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, set_tracing_disabled
from agents.tracing import generation_span, get_trace_provider, response_span, set_trace_processors, trace

from nbagents._first_token import note_first_token, take_first_token
from nbagents.replay.wire.client import install, openai_client, sync_openai_client, uninstall
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore


@pytest.fixture
def store(tmp_path):
    install("offline")
    set_tracing_disabled(False)
    processor = NotebookTracingProcessor(tmp_path / "lamp.db")
    set_trace_processors([processor])
    yield TraceStore(tmp_path / "lamp.db")
    processor.shutdown()
    set_trace_processors([])
    set_tracing_disabled(True)
    install("offline")  # what later tests find
    uninstall()


def calls(store):
    return [span for span in store.last().spans if span.type in {"response", "generation"}]


@pytest.mark.parametrize("model", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
async def test_a_streamed_call_has_its_first_token(model, store):
    """It lies between the call's start and its end, on the record and in the frame."""
    result = Runner.run_streamed(Agent("a", model=model("m", openai_client())), "say something long")
    async for _ in result.stream_events():
        pass
    (call,) = calls(store)
    assert call.started_us < call.first_token_us <= call.ended_us
    assert 0 < call.first_token <= call.duration
    assert store.last().to_frame()["first_token"].notna().sum() == 1


async def test_a_call_that_is_not_streamed_has_none(store):
    """Its answer comes at once."""
    await Runner.run(Agent("a", model=OpenAIResponsesModel("m", openai_client())), "hello")
    assert [call.first_token for call in calls(store)] == [None]


class Slow(BaseHTTPRequestHandler):
    """Sends the event that opens a stream, and the first token, cut in two, only when it is told to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(b'event: response.created\ndata: {"type":"response.created","note":"no token yet"}\n\n')
        self.wfile.flush()
        self.server.opened.set()
        self.server.go.wait(20)
        self.wfile.write(b"event: response.output_text.de")
        self.wfile.flush()
        self.wfile.write(b'lta\ndata: {"type":"response.output_text.delta","delta":"Hi"}\n\n')

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.opened, server.go = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_what_opens_a_stream_is_not_a_token(server, store, monkeypatch):
    """The moment is that of the token, not of the first byte, and an event cut in two counts too."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    install("live")
    with trace("t"), response_span() as span:
        stream = await openai_client().responses.create(model="m", input="x", stream=True)
        async for event in stream:
            if event.type == "response.created":
                assert take_first_token(span.span_id) is None
                between = get_trace_provider().time_iso()
                server.go.set()
    (call,) = calls(store)
    assert call.first_token_us is not None
    assert store.last().spans[0].row.first_token_us >= _microseconds(between)


def _microseconds(moment):
    from nbagents.tracing.capture.events import microseconds

    return microseconds(moment)


def test_what_nobody_asks_for_does_not_pile_up():
    """Spans that never end, or that no processor of ours sees, cost a bounded amount of memory."""
    for number in range(5_000):
        note_first_token(f"span {number}", "2026-03-05T12:00:00+00:00")
    assert take_first_token("span 0") is None
    assert take_first_token("span 4999") is not None


def test_the_synchronous_client_is_watched_too(store):
    """A call of one's own, in a span of one's own."""
    with trace("t"), generation_span(model="m"):
        for _ in sync_openai_client().responses.create(model="m", input="hello", stream=True):
            pass
    (call,) = calls(store)
    assert call.first_token_us is not None
