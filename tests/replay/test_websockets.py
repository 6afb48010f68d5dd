"""WebSockets of OpenAI's clients: recorded as they pass, replayed as far as the other side goes along."""

from __future__ import annotations

import base64
import json
import os
import threading

import numpy as np
import psutil
import pytest
from agents import Agent, Runner, set_tracing_disabled, trace
from agents.models.openai_responses import OpenAIResponsesWSModel
from agents.tracing import TracingProcessor, set_trace_processors
from agents.voice import OpenAISTTModel, StreamedAudioInput, STTModelSettings
from websockets.sync.server import serve

from nbagents.errors import ConfigError, OfflineError, SecretFoundError
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.wire import client as seam
from nbagents.replay.wire.report import read_report

SPEECH = base64.b64encode(bytes(9_600)).decode()
HEARD = "conversation.item.input_audio_transcription.completed"


class Api:
    """The realtime API on loopback: hears two turns in a stream of sound, and speaks when it is asked."""

    def __init__(self):
        self.headers = []
        self.status = None
        self.code = None
        self.speech = SPEECH
        self.server = serve(self.answer, "127.0.0.1", 0, process_request=self.begin)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def begin(self, connection, request):
        self.headers.append((request.path, dict(request.headers)))
        return self.status and connection.respond(self.status, '{"error": "no such key: sk-abcdefghijklmnop"}')

    def answer(self, connection):
        def say(kind, **fields):
            connection.send(json.dumps({"type": kind, "event_id": "event_1", **fields}))

        heard = 0
        say("session.created", session={})
        for frame in connection:
            event = json.loads(frame)
            match event["type"]:
                case "session.update":
                    say("session.updated", session=event["session"])
                case "input_audio_buffer.append":
                    heard += 1
                    if heard % 2 == 0:
                        say("input_audio_buffer.committed", item_id=f"item_{heard}")
                        say(HEARD, item_id=f"item_{heard}", transcript=f"turn {heard // 2}")
                    if self.code and heard == 3:
                        connection.close(self.code, "enough")
                case "input_audio_buffer.commit":
                    error = {"code": "input_audio_buffer_commit_empty", "event_id": event["event_id"]}
                    say("error", error=error)
                case "input_audio_buffer.clear":
                    say("input_audio_buffer.cleared")
                case "response.create":
                    say("response.output_audio.delta", item_id="item_9", delta=self.speech)
                    say("response.output_audio_transcript.delta", item_id="item_9", delta="Good day.")
                    say("response.done")

    def stop(self):
        self.server.shutdown()
        self.thread.join()


@pytest.fixture
def api():
    api = Api()
    yield api
    api.stop()


async def transcribe(client, *, pieces=4, model="gpt-4o-transcribe", piece=480):
    """Streamed transcription as the SDK's pipeline does it."""
    spoken = StreamedAudioInput()
    for _ in range(pieces):
        await spoken.add_audio(np.arange(piece, dtype=np.int16))
    await spoken.add_audio(None)
    kept = dict.fromkeys(("trace_include_sensitive_data", "trace_include_sensitive_audio_data"), False)
    settings = STTModelSettings(
        prompt="ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123 or " + os.environ.get("DOOR_TOKEN", "")
    )
    session = await OpenAISTTModel(model, client).create_session(spoken, settings, **kept)
    return [turn async for turn in session.transcribe_turns()]


async def test_a_streamed_transcription_is_replayed(tape, api):
    """Both ways are kept in their order, sound as its hash; a replay needs no server and gives the same turns."""
    tape.environment.setenv("OPENAI_API_KEY", "sk-abcdefghijklmnopqrstuv")
    tape.environment.setenv("DOOR_TOKEN", "open sesame")
    turns = await transcribe(tape.record(api.url).openai_client())
    assert turns == ["turn 1", "turn 2"]
    tape.environment.setenv("DOOR_TOKEN", "another one")
    path, headers = api.headers[0]
    assert path == "/v1/realtime?intent=transcription"
    assert headers["authorization"] == "Bearer sk-abcdefghijklmnopqrstuv"
    tape.environment.delenv("OPENAI_API_KEY")
    client = tape.replay().openai_client()
    assert await transcribe(client) == turns
    tape.cell("c1", "e2")
    assert await transcribe(client) == turns
    (call,) = Cassette.read(tape.path)
    assert (call.title, call.request["query"]) == ("CONNECT realtime", [["intent", "transcription"]])
    sent = [(kind, data) for _, way, kind, data in call.response["conversation"] if way == "sent"]
    assert [kind for kind, _ in sent if kind != "audio"] == [
        "session.update",
        "input_audio_buffer.commit",
        "input_audio_buffer.clear",
    ]
    assert sum(data["bytes"] for kind, data in sent if kind == "audio") == 4 * 960
    assert all(len(data["sha256"]) == 64 for kind, data in sent if kind == "audio")
    assert [secret for secret in ("sk-abc", "ghp_", "sesame") if secret in tape.path.read_text()] == []
    assert tape.player.unused == []


class Ended(TracingProcessor):
    """Notes the spans of a run."""

    def __init__(self):
        self.spans = []

    def on_span_end(self, span):
        self.spans.append((span.span_data.type, span.span_id, span.started_at, span.ended_at))

    def on_span_start(self, span): ...
    def on_trace_start(self, trace): ...
    def on_trace_end(self, trace): ...
    def shutdown(self): ...
    def force_flush(self): ...


async def test_two_replays_of_a_transcription_make_the_same_spans(tape, api):
    """Ids and times of its spans are derived like all others, though its events come by a socket."""

    async def spans(client):
        ended = Ended()
        set_tracing_disabled(False)
        set_trace_processors([ended])
        with trace("Spoken"):
            await transcribe(client)
        set_trace_processors([])
        set_tracing_disabled(True)
        return ended.spans

    await transcribe(tape.record(api.url).openai_client())
    first = await spans(tape.replay().openai_client())
    assert [kind for kind, *_ in first] == ["transcription"] * 3
    assert await spans(tape.replay().openai_client()) == first


async def test_what_is_sent_is_checked(tape, api, tmp_path):
    """Other settings, sound that was not sent and a cell that has no recording end it, each with what differs."""
    await transcribe(tape.record(api.url).openai_client())
    tape.environment.setenv("NBAGENTS_REPLAY_REPORT", str(tmp_path / "report.jsonl"))
    client = tape.replay().openai_client()
    for execution, changed in (("e2", {"model": "whisper-1"}), ("e3", {"pieces": 0})):
        tape.cell("c1", execution)
        with pytest.raises(Exception, match="Error parsing events") as caught:
            await transcribe(client, **changed)
        assert "cell c1 (ask()) sent " in str(caught.value.__cause__)
    tape.cell("c9", "e4")
    with pytest.raises(Exception, match="Error parsing events") as caught:
        await transcribe(client)
    assert "recorded for cell c1: is this cell a copy" in str(caught.value.__cause__)
    settings, sound, copied = read_report(tmp_path / "report.jsonl").misses
    assert '$.session.update.session.audio.input.transcription.model: recorded "gpt-4o-transcribe"' in settings
    assert "has audio next" in sound
    assert "CONNECT realtime" in copied


async def speak(client):
    """A plain client on the realtime API: what is said, and the server's events."""
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        await connection.response.create()
        events = []
        async for event in connection:
            events.append(event.to_dict())
            if event.type == "response.done":
                return events
    return events


async def test_a_plain_realtime_client_is_replayed(tape, api):
    """What the API says is a file with its words, and comes back byte for byte."""
    events = await speak(tape.record(api.url).openai_client())
    assert await speak(tape.replay().openai_client()) == events
    assert SPEECH in [event.get("delta") for event in events]
    (call,) = Cassette.read(tape.path)
    (sound,) = call.response["sounds"].values()
    assert (sound["seconds"], sound["transcript"]) == (0.2, "Good day.")
    assert (tape.path.with_suffix(".files") / sound["name"]).read_bytes() == bytes(9_600)
    assert SPEECH not in tape.path.read_text()


def test_a_synchronous_client_is_replayed(tape, api):
    """A client without an event loop is on the same way."""

    def speak(client):
        with client.realtime.connect(model="gpt-realtime") as connection:
            connection.response.create()
            return [connection.recv().type for _ in range(4)]

    kinds = speak(tape.record(api.url).sync_openai_client())
    assert kinds[0] == "session.created"
    assert speak(tape.replay().sync_openai_client()) == kinds


async def test_a_connection_that_ends_or_fails_does_so_again(tape, api):
    """The server's end with its code, a refused handshake with its status, and a server that is not there."""

    async def failure(client):
        with pytest.raises(Exception, match=r"\w") as caught:
            await transcribe(client)
        return type(caught.value), str(caught.value), str(caught.value.__cause__)

    client = tape.record(api.url).openai_client()
    api.code = 1011
    found = [await failure(client)]
    assert "1011" in found[0][2]
    api.status = 401
    found.append(await failure(client))
    assert "401" in found[1][1]
    found.append(await failure(tape.record("http://127.0.0.1:9/v1").openai_client()))
    client = tape.replay().openai_client()
    assert [await failure(client) for _ in range(3)] == found
    assert "sk-abc" not in tape.path.read_text()


async def test_a_secret_in_a_sound_ends_the_recording(tape, api, capsys):
    """Where a secret cannot be taken out the cassette is deleted, which is said; the next call is refused."""
    api.speech = base64.b64encode(b"\xff\xfb sk-planted-0123456789abcdef \x00").decode()
    client = tape.record(api.url).openai_client()
    await speak(client)
    seam.seam().close_relay()  # waits for the connection to end
    assert "SecretFoundError: lamp.cassette.jsonl held a secret" in capsys.readouterr().err
    assert not tape.path.exists()
    with pytest.raises(SecretFoundError):
        await client.responses.create(model="m", input="Hi")


async def test_a_conversation_left_open_is_written_and_reported(tape, api, tmp_path):
    """What nobody closed is written when the recording ends; what was left early in a replay is reported."""
    tape.environment.setenv("NBAGENTS_REPLAY_REPORT", str(tmp_path / "report.jsonl"))
    connection = await tape.record(api.url).openai_client().realtime.connect(model="m").enter()
    assert (await connection.recv()).type == "session.created"
    await connection.response.create()
    client = tape.replay().openai_client()
    await connection.close()
    async with client.realtime.connect(model="m") as again:
        assert (await again.recv()).type == "session.created"
    seam.uninstall()  # waits for the connections to end
    (missed,) = read_report(tmp_path / "report.jsonl").misses
    assert "closed its realtime conversation after 0 of the 1 events" in missed


async def test_modes_in_turn_leave_nothing_behind(tape, api):
    """However often a kernel records, replays and lets go again, it has no more threads and files than before."""
    process = psutil.Process()
    held = []
    for number in range(8):
        tape.cell(f"c{number}")
        turns = await transcribe(tape.record(api.url).openai_client())
        assert await transcribe(tape.replay().openai_client()) == turns
        seam.install("offline")
        seam.uninstall()
        held.append((threading.active_count(), process.num_fds()))
    (threads, files), (threads_then, files_then) = held[2], held[-1]
    assert threads_then <= threads + 1  # the server's own, which may be about to end
    assert files_then <= files + 2


async def test_a_proxy_that_is_in_the_way_is_said(tape, api):
    """Where the environment sends even loopback to a proxy, the error says which variable helps."""
    tape.environment.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    client = tape.record(api.url).openai_client()
    tape.environment.setenv("NO_PROXY", "example.org")
    with pytest.raises(ConfigError, match=r"NO_PROXY=127\.0\.0\.1"):
        await transcribe(client)
    tape.environment.setenv("NO_PROXY", "127.0.0.1")
    assert await transcribe(client) == ["turn 1", "turn 2"]


async def test_offline_says_what_to_use_instead(offline):
    """Offline nobody is at the other end; the SDK's WebSocket transport for Responses says so too."""
    client = offline.openai_client()
    with pytest.raises(OfflineError, match=r"nbagents\.VoicePipeline"):
        await transcribe(client)
    with pytest.raises(OfflineError, match="transport 'http'"):
        await Runner.run(Agent("A", model=OpenAIResponsesWSModel("m", client)), "Hi")


async def test_a_client_with_other_options_stays_on_the_seam(offline, environment):
    """A copy asks for no address, answers offline as the first does, and knows what it refuses."""
    environment.setenv("OPENAI_WEBSOCKET_BASE_URL", "ws://127.0.0.1:9")
    offline.install("offline")
    copied = offline.openai_client().with_options(timeout=5).copy(max_retries=0)
    assert (copied.timeout, copied.max_retries) == (5, 0)
    assert (await copied.responses.create(model="m", input="Hello!")).output_text
    with pytest.raises(OfflineError):
        await transcribe(copied)
    environment.setenv("OPENAI_API_KEY", "sk-real")
    offline.install("live")
    assert copied.websocket_base_url == "ws://127.0.0.1:9"
    assert offline.sync_openai_client().with_options(timeout=5).websocket_base_url == "ws://127.0.0.1:9"
