"""Transcripts as the API streams them, from a server on loopback that speaks its documented protocol."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from agents import Agent
from agents.testing import ScriptedModel, assistant_message
from agents.voice import OpenAISTTModel
from agents.voice.testing import ScriptedTTSModel
from openai import AsyncOpenAI

from nbagents.voice.events import VoiceStreamEventError, VoiceStreamEventTranscription
from nbagents.voice.pipeline import VoicePipeline

DELTAS = ("Where is", " my", " order?")
TEXT = "".join(DELTAS)
REFUSAL = {"error": {"message": "no streaming", "type": "invalid_request_error", "param": "stream", "code": None}}


def sse(*events):
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


PIECES = sse(*({"type": "transcript.text.delta", "delta": delta} for delta in DELTAS))
DONE = sse({"type": "transcript.text.done", "text": TEXT})


class Api(BaseHTTPRequestHandler):
    """``POST /v1/audio/transcriptions``; the model's name says how it behaves."""

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["content-length"]))
        self.server.streams.append(b'name="stream"\r\n\r\ntrue' in asked)
        streams = self.server.streams[-1]
        if b"refuses" in asked and streams:
            self.reply(400, "application/json", json.dumps(REFUSAL).encode())
        elif b"whisper-1" in asked or not streams:
            assert len(asked) > 10_000  # the sound is there, the second time too
            self.reply(200, "application/json", json.dumps({"text": TEXT}).encode())
        else:
            self.reply(200, "text/event-stream", PIECES if b"breaks-off" in asked else PIECES + DONE)

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def api():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.streams = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def heard(api, said, stream):
    """Talk to a pipeline whose ears are a model of the API, and return its events."""

    async def hear(model):
        address = f"http://127.0.0.1:{api.server_address[1]}/v1"
        async with AsyncOpenAI(base_url=address, api_key="none", max_retries=0) as client:
            pipeline = VoicePipeline(
                Agent("Support", model=ScriptedModel([[assistant_message("On its way.")]])),
                stt_model=OpenAISTTModel(model, client),
                tts_model=ScriptedTTSModel([[np.full(2_400, 500, np.int16).tobytes()]]),
            )
            return [event async for event in pipeline.process_audio_stream(stream(said("where is my order")))]

    return hear


def transcripts(events):
    return [(event.text, event.is_final) for event in events if isinstance(event, VoiceStreamEventTranscription)]


async def test_a_transcript_is_told_while_it_is_written(heard, api):
    """Each piece makes a longer partial transcript; the last event is the whole, as the API's last word has it."""
    events = await heard("gpt-4o-transcribe")
    assert transcripts(events) == [
        ("Where is", False),
        ("Where is my", False),
        ("Where is my order?", False),
        (TEXT, True),
    ]
    assert api.streams == [True]


@pytest.mark.parametrize(("model", "requests"), [("whisper-1", [True]), ("refuses", [True, False])])
async def test_a_model_that_cannot_stream_is_understood_too(heard, api, model, requests):
    """One takes no notice of the wish, another refuses it: there is the final transcript alone."""
    assert transcripts(await heard(model)) == [(TEXT, True)]
    assert api.streams == requests


async def test_a_transcript_that_breaks_off_is_an_error(heard):
    """Half a sentence is not answered."""
    events = await heard("breaks-off")
    (error,) = [event.error for event in events if isinstance(event, VoiceStreamEventError)]
    assert (error.stage, str(error)) == ("transcribe", "the transcript broke off before it was complete")
    assert not any(final for _, final in transcripts(events))
