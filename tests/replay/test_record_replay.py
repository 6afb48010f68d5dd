"""Mode record and mode replay through real clients, against a real server that is gone when it is replayed."""

from __future__ import annotations

import asyncio
import json
import threading

import httpx2
import openai
import pytest
from agents import Agent, Runner

from nbagents.errors import CassetteError, CassetteMissError, ConfigError
from nbagents.replay.wire.report import read_report

CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "real",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "from the server"}}
    ],
}

LIVE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "real",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


def sse(*events):
    return [f"data: {e if isinstance(e, str) else json.dumps(e)}\n\n".encode() for e in events]


def chat_chunks(*words):
    return [
        {**CHAT, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": word}}]}
        for word in words
    ]


async def test_a_call_is_answered_from_the_cassette(tape):
    """What was recorded is what is replayed, through the agent, with no server and no key."""
    tape.server.says("one")
    tape.record()
    first = await Runner.run(Agent("A", instructions="Be brief."), "Hello")
    tape.replay()
    second = await Runner.run(Agent("A", instructions="Be brief."), "Hello")
    assert second.to_input_list() == first.to_input_list()
    assert second.final_output == "one"
    assert tape.player.unused == []


def test_plain_openai_is_on_the_seam_too(tape):
    """Chat Completions, embeddings and any other endpoint of a synchronous client are recorded HTTP."""
    tape.server.json(CHAT)
    tape.server.json(
        {"object": "list", "model": "e", "data": [{"index": 0, "object": "embedding", "embedding": [0.5]}]}
    )
    tape.server.json({"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}]})

    def ask(client):
        chat = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        vectors = client.embeddings.create(model="e", input="Hi", encoding_format="float")
        return chat.choices[0].message.content, vectors.data[0].embedding, [one.id for one in client.models.list()]

    first = ask(tape.record().sync_openai_client())
    assert first == ("from the server", [0.5], ["m"])
    assert ask(tape.replay().sync_openai_client()) == first


async def test_conversations_are_replayed(tape):
    """A conversation's id in the path, and paging in the query, match."""
    item = {"id": "msg_1", "type": "message", "status": "completed", "role": "user", "content": []}
    tape.server.json({"id": "conv_0123456789abcdef01", "object": "conversation", "created_at": 1, "metadata": {}})
    tape.server.json(
        {"object": "list", "data": [item], "has_more": False, "first_id": "msg_1", "last_id": "msg_1"}
    )

    async def ask(client):
        made = await client.conversations.create()
        return [one.id async for one in client.conversations.items.list(made.id, order="asc", limit=5)]

    assert await ask(tape.record().openai_client()) == ["msg_1"]
    assert await ask(tape.replay().openai_client()) == ["msg_1"]


async def test_a_stream_is_recorded_while_it_passes(tape):
    """Nothing is held back: the client has the first event before the server has sent the second."""
    go_on = threading.Event()
    pieces = sse(*chat_chunks("a", "b"), "[DONE]")
    tape.server.answers.append((200, "text/event-stream", [pieces[0], go_on, *pieces[1:]]))

    async def words(client):
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        async for chunk in stream:
            go_on.set()
            yield chunk.choices[0].delta.content

    assert [word async for word in words(tape.record().openai_client())] == ["a", "b"]
    assert [word async for word in words(tape.replay().openai_client())] == ["a", "b"]
    (line,) = tape.lines
    assert [event[-1] for event in line["response"]["events"]][-1] == "[DONE]"
    assert "end" not in line["response"]


def test_a_synchronous_stream_is_replayed(tape):
    """A stream of a synchronous client likewise, also where its events are cut at odd places."""
    whole = b"".join(sse(*chat_chunks("ä", "b"), "[DONE]"))
    tape.server.answers.append((200, "text/event-stream; charset=utf-8", [whole[:7], whole[7:190], whole[190:]]))

    def words(client):
        return [
            c.choices[0].delta.content for c in client.chat.completions.create(model="m", messages=[], stream=True)
        ]

    assert words(tape.record().sync_openai_client()) == ["ä", "b"]
    assert words(tape.replay().sync_openai_client()) == ["ä", "b"]


async def test_times_are_kept_and_multiplied(tape, monkeypatch):
    """A stream's times are in the cassette; a replay waits for them times its speed, and at 0 not at all."""
    go_on = threading.Event()
    pieces = sse(*chat_chunks("a", "b"), "[DONE]")
    tape.server.answers.append((200, "text/event-stream", [pieces[0], go_on, *pieces[1:]]))
    client = tape.record().openai_client()
    stream = await client.chat.completions.create(model="m", messages=[], stream=True)
    await anext(stream)
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    async for _ in stream:
        pass
    times = [event[0] for event in tape.lines[0]["response"]["events"]]
    assert times == sorted(times)
    assert times[1] - times[0] >= 40
    for speed in (0, 0.5):
        waits = []

        async def note(seconds, waits=waits):
            waits.append(seconds)

        with monkeypatch.context() as patch:
            client = tape.replay(speed=speed).openai_client()
            patch.setattr("nbagents.replay.wire.playback.asyncio.sleep", note)
            stream = await client.chat.completions.create(model="m", messages=[], stream=True)
            async for _ in stream:
                pass
        assert sum(waits) == pytest.approx(times[-1] / 1000 * speed)


def test_a_speed_that_is_none_is_refused(tape):
    """A negative speed is an error that names the argument."""
    tape.record()
    with pytest.raises(ConfigError, match="speed=-1"):
        tape.replay(speed=-1)


async def test_a_cancelled_stream_is_cancelled_again(tape):
    """A stream that was left half-way gives what it gave, and says so where it is read further this time."""
    never = threading.Event()
    pieces = sse(*chat_chunks("a", "b", "c"))
    tape.server.answers.append((200, "text/event-stream", [*pieces[:2], never, pieces[2]]))

    async def first_two(client):
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        found = [(await anext(stream)).choices[0].delta.content for _ in range(2)]
        await stream.close()
        return found

    assert await first_two(tape.record().openai_client()) == ["a", "b"]
    never.set()
    assert tape.lines[0]["response"]["end"] == "cancelled"
    assert await first_two(tape.replay().openai_client()) == ["a", "b"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbagents.replay.wire.playback._PATIENCE_SECONDS", 0)
        tape.cell("c1", "e2")
        stream = await tape.replay().openai_client().chat.completions.create(model="m", messages=[], stream=True)
        with pytest.raises(CassetteError, match="cancelled when it was recorded"):
            async for _ in stream:
                pass


async def test_a_stream_that_nobody_reads_further_is_recorded(tape):
    """A `for` that is left with `break` closes nothing: the call is written when the recording ends, once."""
    never = threading.Event()
    pieces = sse(*chat_chunks("a", "b"))
    tape.server.answers += [(200, "text/event-stream", [pieces[0], never, pieces[1]])] * 2
    left = []

    async def first(client):
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        left.append(stream)  # as a notebook's variable keeps it
        async for chunk in stream:
            return chunk.choices[0].delta.content
        return None

    client = tape.record().openai_client()
    assert await first(client) == "a"
    tape.cell("c1", "e2")
    assert await first(client) == "a"
    never.set()
    replaying = tape.replay().openai_client()
    assert [(line["call"], line["response"]["end"]) for line in tape.lines] == [(1, "cancelled")]
    assert await first(replaying) == "a"


def said_so_far(*words):
    """The events of a Responses stream up to some words."""
    message = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    response = {**LIVE, "status": "in_progress"}
    yield {"type": "response.created", "sequence_number": 0, "response": response}
    yield {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": message}
    for n, word in enumerate(words, start=2):
        yield {"type": "response.output_text.delta", "sequence_number": n, **place, "delta": word}


async def test_a_streamed_run_is_cancelled_again(tape):
    """A streamed run of an agent that is cancelled after the first word ends as it ended when it was recorded."""
    never = threading.Event()
    tape.server.answers.append((200, "text/event-stream", [*sse(*said_so_far("one", "two")), never]))

    async def run():
        result = Runner.run_streamed(Agent("A"), "Hello")
        words = []
        async for event in result.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                words.append(event.data.delta)
                result.cancel()
        return words[:1], result.is_complete

    tape.record()
    first = await run()
    never.set()
    assert first == (["one"], True)
    assert tape.lines[0]["response"]["end"] == "cancelled"
    tape.replay()
    assert await run() == first


def test_unused_calls_are_said_when_a_script_ends(tape, run_python):
    """A script that replays but does not ask for all says so at its end; argument and variable set the speed.

    It replays because there is a cassette and no key, and says nothing of that: nobody looks at a page.
    """
    tape.server.says("one")
    tape.cell("script")
    tape.record().sync_openai_client().responses.create(model="m", input="Hi")
    tape.replay()
    report = tape.path.with_name("report.jsonl")
    names = {"NBAGENTS_CASSETTE": str(tape.path), "NBAGENTS_DB": str(tape.path.with_name("lamp.db"))}
    names["NBAGENTS_REPLAY_REPORT"] = str(report)
    script = (
        "import nbagents\nfrom nbagents.replay.wire.client import current_deck\n"
        "nbagents.enable()\nprint(current_deck().speed)\n"
        "nbagents.enable(mode='replay', speed=0.5)\nprint(current_deck().speed)\n"
    )
    done = run_python(script, NBAGENTS_REPLAY_SPEED="2", **names)
    assert done.stdout.split() == ["2.0", "0.5"]
    assert "1 of 1 recorded calls of lamp.cassette.jsonl were not used" in done.stderr
    assert "POST responses (cell script, call 1)" in done.stderr
    assert read_report(report).modes == ["replay", "replay"]


@pytest.mark.parametrize(("status", "error"), [(429, openai.RateLimitError), (500, openai.InternalServerError)])
async def test_an_error_of_the_api_is_replayed(tape, status, error):
    """An API error is the same error in replay, and is not tried again where it was not."""
    tape.server.json({"error": {"message": "no", "code": "c"}}, status=status)

    async def ask(client):
        with pytest.raises(error) as caught:
            await client.with_options(max_retries=0).responses.create(model="m", input="Hi")
        return str(caught.value)

    first = await ask(tape.record().openai_client())
    assert await ask(tape.replay().openai_client()) == first


async def test_a_retry_is_replayed_as_one(tape):
    """A failure, a second try and its success are two calls in the cassette, and the same in replay."""
    tape.server.json({"error": {"message": "busy"}}, status=500)
    tape.server.says("at last")
    first = await tape.record().openai_client().with_options(max_retries=1).responses.create(model="m", input="Hi")
    assert [(line["attempt"], line["response"]["status"]) for line in tape.lines] == [(0, 500), (1, 200)]
    second = await tape.replay().openai_client().responses.create(model="m", input="Hi")
    assert second.output_text == first.output_text == "at last"
    assert tape.player.unused == []


async def test_a_dropped_connection_is_replayed(tape):
    """A connection that breaks in a stream breaks there again, with the same error."""
    pieces = sse(*chat_chunks("a"))
    tape.server.answers.append((200, "text/event-stream", [*pieces, None]))

    async def ask(client):
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        assert (await anext(stream)).choices[0].delta.content == "a"
        with pytest.raises(openai.APIConnectionError) as caught:
            await anext(stream)
        return repr(caught.value.__cause__)

    first = await ask(tape.record().openai_client())
    assert "RemoteProtocolError" in first
    assert await ask(tape.replay().openai_client()) == first


def test_a_server_that_is_not_there_is_replayed(tape):
    """A connection that was never made is recorded and fails the same way, with no socket."""
    client = tape.record("http://127.0.0.1:9/v1").sync_openai_client().with_options(max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        client.models.list()
    with pytest.raises(openai.APIConnectionError) as caught:
        tape.replay().sync_openai_client().with_options(max_retries=0).models.list()
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)


async def test_speech_is_a_file_beside_the_cassette(tape):
    """Sound is a file named by its hash, with its length and words in the line, and comes back byte for byte."""
    sound = bytes(range(256)) * 200
    tape.server.answers.append((200, "audio/pcm", [sound[:20_000], sound[20_000:]]))

    async def say(client):
        made = await client.audio.speech.create(model="t", voice="ash", input="Good day", response_format="pcm")
        return made.content

    assert await say(tape.record().openai_client()) == sound
    (line,) = tape.lines
    file = line["response"]["file"]
    assert (file["bytes"], file["seconds"], file["transcript"]) == (51_200, 1.067, "Good day")
    kept = tape.path.with_suffix(".files") / file["name"]
    assert kept.read_bytes() == sound
    assert await say(tape.replay().openai_client()) == sound
    kept.write_bytes(b"another")
    tape.cell("c1", "e2")
    with pytest.raises(CassetteError, match="not the file that was recorded"):
        await say(tape.replay().openai_client())


async def test_transcription_is_known_by_its_sound(tape):
    """An uploaded sound matches by its hash; another sound is a miss that shows it."""
    tape.server.json({"text": "hello"})
    sound = b"RIFF" + bytes(100)
    heard = await tape.record().openai_client().audio.transcriptions.create(model="w", file=("a.wav", sound))
    client = tape.replay().openai_client()
    assert (
        (await client.audio.transcriptions.create(model="w", file=("a.wav", sound))).text == heard.text == "hello"
    )
    with pytest.raises(CassetteMissError, match=r"\$\.body\.form\[\d\]\.file"):
        await client.audio.transcriptions.create(model="w", file=("a.wav", sound + b"x"))


def test_no_header_but_the_content_type_is_kept(tape):
    """Neither the request's key nor the response's headers are in the file."""
    tape.environment.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    tape.server.says("one")
    tape.record().sync_openai_client().responses.create(model="m", input="Hi")
    text = tape.path.read_text()
    assert "sk-planted" not in text
    assert "req_secret_header" not in text
    assert tape.lines[0]["response"]["type"] == "application/json"


def test_a_cassette_is_lines_with_sorted_keys(tape):
    """One call per line after the version's, keys sorted, so that a diff is read line by line."""
    tape.server.says("one", "zwei \u2028 ü")
    client = tape.record().sync_openai_client()
    for text in ("Hi", "Ho"):
        client.responses.create(model="m", input=text)
    head, *lines = tape.path.read_text().split("\n")[:-1]
    assert json.loads(head) == {"nbagents_cassette": 1}
    assert len(lines) == 2
    assert all(list(json.loads(line)) == sorted(json.loads(line)) for line in lines)
    assert tape.lines[1]["response"]["json"]["output"][0]["content"][0]["text"] == "zwei \u2028 ü"
