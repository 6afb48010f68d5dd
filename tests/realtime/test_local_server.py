"""The local server as a plain WebSocket client sees it."""

from __future__ import annotations

import base64
import json

import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from websockets.asyncio.client import connect

SERVER_EVENT = TypeAdapter(RealtimeServerEvent)


class Client:
    def __init__(self, connection):
        self.connection = connection

    async def send(self, name, **fields):
        await self.connection.send(json.dumps({"type": name, **fields}))

    async def until(self, name):
        """Return events up to one of a type; each must be one that the API's own types describe."""
        events = []
        while not events or events[-1]["type"] != name:
            event = json.loads(await self.connection.recv())
            if event.get("previous_item_id", "") is None:
                SERVER_EVENT.validate_python({**event, "previous_item_id": ""})
            else:
                SERVER_EVENT.validate_python(event)
            assert event["event_id"]
            events.append(event)
        return events


@pytest.fixture
async def client(server):
    async with connect(f"{server.url}?model=gpt-realtime", proxy=None) as connection:
        client = Client(connection)
        await client.until("session.created")
        yield client


async def error_of(client):
    return (await client.until("error"))[-1]["error"]


async def test_session_update_is_echoed_each_time(client):
    """It arrives twice from the SDK; what it leaves out keeps its default."""
    turns = {"type": "server_vad", "silence_duration_ms": 300}
    await client.send("session.update", session={"audio": {"input": {"turn_detection": turns}}})
    await client.send("session.update", session={"type": "realtime", "tracing": "auto"})
    first, second = await client.until("session.updated"), await client.until("session.updated")
    heard = second[-1]["session"]["audio"]["input"]["turn_detection"]
    assert heard == first[-1]["session"]["audio"]["input"]["turn_detection"]
    assert (heard["silence_duration_ms"], heard["interrupt_response"]) == (300, True)


async def test_a_spoken_turn_has_the_events_of_the_real_api_in_its_order(client, question):
    """Heard, committed, added, answered; sound and words side by side; usage at the end."""
    await client.send(
        "session.update", session={"audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}}
    )
    await client.send("input_audio_buffer.append", audio=base64.b64encode(question).decode())
    events = await client.until("response.done")
    names = list(dict.fromkeys(event["type"] for event in events))
    wanted = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert [name for name in names if name in wanted] == wanted
    usage = events[-1]["response"]["usage"]
    assert usage["input_token_details"]["audio_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


async def test_what_the_api_refuses_is_refused(client):
    """Each error has the API's code, and the id of the event that caused it."""
    await client.send("input_audio_buffer.commit", event_id="mine")
    error = await error_of(client)
    assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "mine")
    await client.send("response.cancel")
    assert (await error_of(client))["code"] == "response_cancel_not_active"
    await client.send("conversation.item.retrieve", item_id="no")
    assert (await error_of(client))["code"] == "item_not_found"
    await client.send("conversation.item.create", item={"type": "function_call_output", "call_id": "no"})
    assert (await error_of(client))["code"] == "invalid_tool_call_id"
    await client.send("no.such.event")
    assert (await error_of(client))["code"] == "invalid_value"
    await client.send("conversation.item.create", item={"type": "message"}, previous_item_id="no")
    assert (await error_of(client))["code"] == "item_not_found"


async def test_truncation_is_refused_at_zero_and_past_the_end(client):
    """As the real API: cut somewhere in what was sent, once."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}
    await client.send("conversation.item.create", item=message)
    await client.send("response.create")
    done = (await client.until("response.done"))[-1]
    item_id = done["response"]["output"][0]["id"]
    for milliseconds, expected in ((0, "error"), (100, "conversation.item.truncated"), (200, "error")):
        await client.send(
            "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=milliseconds
        )
        assert (await client.until(expected))[-1]["type"] == expected
    await client.send("conversation.item.delete", item_id=item_id)
    await client.until("conversation.item.deleted")
