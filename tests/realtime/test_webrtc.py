"""The kernel's part of a call that a browser makes; ``tests/browser/test_realtime_webrtc.py`` has the page's."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nbagents.errors import ModeError, RealtimeError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.webrtc import call_ticket
from nbagents.replay.wire.client import install, uninstall

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture
def api(monkeypatch):
    """An API on loopback that makes client secrets, in mode live: what it was asked, and what it answers."""
    asked, answer = [], {"value": "ek_1", "expires_at": 2_000_000_000, "session": {"type": "realtime"}}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, self.headers["authorization"], body))
            reply = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    install("live")
    yield asked, answer
    monkeypatch.delenv("OPENAI_BASE_URL")
    install("offline")  # what later tests find
    uninstall()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_ticket_holds_a_secret_that_is_soon_none_and_not_the_key(api):
    """The key goes to the API and nowhere else; the secret is asked for with a short life."""
    asked, _ = api
    ticket = call_ticket(RealtimeConfig(model="gpt-realtime", voice="ash"))
    ((path, authorization, body),) = asked
    assert (path, authorization) == ("/v1/realtime/client_secrets", f"Bearer {KEY}")
    assert body["session"]["audio"]["output"]["voice"] == "ash"
    assert body["expires_after"]["seconds"] <= 60
    assert ticket.url.endswith("/v1/realtime/calls")
    assert ticket.secret == "ek_1"
    assert "ek_1" not in repr(ticket)


def test_a_server_that_hands_the_key_back_is_refused(api):
    """Whatever a compatible server does, the standard key does not reach the browser."""
    _, answer = api
    answer["value"] = KEY
    with pytest.raises(RealtimeError, match="standard key"):
        call_ticket(RealtimeConfig())


def test_a_call_needs_mode_live():
    """It is neither recorded nor answered by rule, and the error names what does work."""
    with pytest.raises(ModeError, match="relay"):
        call_ticket(RealtimeConfig())


async def test_the_kernel_attaches_to_a_call_by_its_id(server, talk):
    """Tools and captions come here, sound does not; what stops the agent clears the call's output."""
    heard = []
    server.peers["rtc_1"] = heard.append
    server.speed = 1
    agent = RealtimeAgent("Weather", "", talk.config_of(server), [talk.get_weather])
    async with agent.start_realtime_session(call_id="rtc_1") as session, talk.Follower(session) as follower:
        assert list(server.calls) == ["rtc_1"]
        await session.send_text(talk.QUESTION)
        await follower.until(lambda _: session.conversation.aloud)
        await session.interrupt()
        await follower.until(lambda _: follower.of("response_end")[-1].status == "cancelled")
        await follower.until(lambda _: not session.conversation.aloud)
        assert follower.of("tool_end")
        assert follower.of("audio") == []
        assert heard
        sent = [event["type"] for event in server.received]
        assert sent.count("response.cancel") == sent.count("output_audio_buffer.clear") == 1
        server.drop()
        await follower.until(lambda _: follower.of("connection")[-1].status == "reconnected")
        assert "conversation.item.create" not in [event["type"] for event in server.received][len(sent) :]
