"""The realtime model on the seam, with the SDK's scripted model as the one that is recorded."""

from __future__ import annotations

import asyncio
import base64
import json
from types import SimpleNamespace

import pytest
from agents import UserError, function_tool
from agents.realtime import (
    RealtimeAgent,
    RealtimeModelListener,
    RealtimeModelSendAudio,
    RealtimeModelSendInterrupt,
    RealtimeModelSendUserInput,
    RealtimeRunner,
)
from agents.realtime.model_events import (
    RealtimeModelAudioEvent,
    RealtimeModelErrorEvent,
    RealtimeModelExceptionEvent,
    RealtimeModelRawServerEvent,
    RealtimeModelToolCallEvent,
    RealtimeModelTranscriptDeltaEvent,
    RealtimeModelTurnEndedEvent,
)
from agents.realtime.model_inputs import RealtimeModelSendToolOutput
from agents.realtime.testing import RealtimeStep, ScriptedRealtimeModel

from nbagents.errors import CassetteMissError, OfflineError, SecretFoundError
from nbagents.replay.realtime import realtime_model
from nbagents.replay.wire import telling
from nbagents.replay.wire.report import read_report

SOUND = bytes(range(256)) * 20
DELTA = {
    "type": "response.output_audio.delta",
    "item_id": "item_1",
    "content_index": 0,
    "delta": base64.b64encode(SOUND).decode(),
}
ANSWER = [
    RealtimeModelRawServerEvent(DELTA),
    RealtimeModelAudioEvent(SOUND, "resp_1", "item_1", 0),
    RealtimeModelAudioEvent(SOUND, "resp_1", "item_1", 0),  # the same sound once more is more sound
    RealtimeModelTranscriptDeltaEvent("item_1", "Good ", "resp_1"),
    RealtimeModelTranscriptDeltaEvent("item_1", "day.", "resp_1"),
    RealtimeModelTurnEndedEvent(response_id="resp_1"),
]
SETTINGS = {"model_name": "gpt-realtime", "instructions": "Be short."}


class Heard(RealtimeModelListener):
    """Keeps what it hears."""

    def __init__(self):
        self.events = []
        self.more = asyncio.Condition()

    async def on_event(self, event):
        async with self.more:
            self.events.append(event)
            self.more.notify_all()

    async def until(self, count):
        async with self.more:
            await asyncio.wait_for(self.more.wait_for(lambda: len(self.events) >= count), 30)


def scripted(*steps, **more):
    return realtime_model(lambda: ScriptedRealtimeModel(steps, **more))


async def talk(model, *sends, settings=SETTINGS, hears=0):
    """Connect, send, wait for what is heard, close; return what was heard."""
    heard = Heard()
    model.add_listener(heard)
    await model.connect({"initial_model_settings": settings, "api_key": "sk-planted-0123456789"})
    try:
        for event in sends:
            await model.send_event(event)
        await heard.until(hears)
    finally:
        await model.close()
        model.remove_listener(heard)
    return heard.events


HI = RealtimeModelSendUserInput("Hi")


async def test_a_conversation_is_told_again(tape):
    """Every event comes back as the SDK's own object, in order, and sound byte for byte from one file beside."""
    tape.record()
    model = scripted(RealtimeStep(HI, ANSWER))
    assert await talk(model, HI, hears=len(ANSWER)) == ANSWER
    (line,) = tape.lines
    (sound,) = line["response"]["sounds"].values()
    assert (sound["bytes"], sound["transcript"]) == (2 * len(SOUND), "Good day.")
    assert sound["seconds"] == pytest.approx(2 * len(SOUND) / 48_000, abs=1e-3)
    assert (tape.path.with_suffix(".files") / sound["name"]).read_bytes() == SOUND * 2
    assert DELTA["delta"][:100] not in tape.path.read_text()
    assert "sk-planted" not in tape.path.read_text()
    tape.replay()
    assert await talk(model, HI, hears=len(ANSWER)) == ANSWER
    assert tape.player.unused == []


async def test_sound_that_is_sent_is_kept_as_its_hash(tape):
    """Pieces of sent sound are one line with their length and hash; other pieces of as much sound match."""
    tape.record()
    steps = [RealtimeStep(RealtimeModelSendAudio)] * 3
    steps.append(RealtimeStep(RealtimeModelSendAudio, ANSWER))
    sends = [RealtimeModelSendAudio(bytes(480))] * 3 + [RealtimeModelSendAudio(bytes(480), commit=True)]
    await talk(scripted(*steps), *sends, hears=len(ANSWER))
    told = tape.lines[0]["response"]["conversation"]
    assert [one[2] for one in told if one[1] == "sent"] == ["audio", "audio_commit"]
    assert (told[0][3]["bytes"], told[0][3]["seconds"]) == (1920, 0.04)
    tape.replay()
    whole = RealtimeModelSendAudio(bytes(1920), commit=True)
    assert await talk(scripted(), whole, hears=len(ANSWER)) == ANSWER


@pytest.mark.parametrize(
    ("send", "says"),
    [
        (RealtimeModelSendUserInput("Ho"), '$.user_input.user_input: recorded "Hi", sent "Ho"'),
        (RealtimeModelSendInterrupt(), "sent interrupt to the model; the recording"),
        (RealtimeModelSendAudio(b"12"), "has user_input next"),
    ],
)
async def test_saying_something_else_is_a_miss(tape, send, says):
    """What is sent is checked; the error names the cell, what was expected and where the words differ."""
    tape.record()
    await talk(scripted(RealtimeStep(HI, ANSWER)), HI, hears=1)
    tape.replay()
    with pytest.raises(CassetteMissError) as caught:
        await talk(scripted(), send)
    assert says in str(caught.value)
    assert "cell c1 (ask())" in str(caught.value)
    assert caught.value.nearest == ("c1", 1)


async def test_saying_more_is_a_miss(tape):
    """After the last thing that was recorded nothing more may be sent."""
    tape.record()
    await talk(scripted(RealtimeStep(HI, ANSWER)), HI, hears=len(ANSWER))
    tape.replay()
    with pytest.raises(CassetteMissError, match="has nothing more that was sent"):
        await talk(scripted(), HI, HI)


async def test_a_conversation_that_is_left_early_is_reported(tape, tmp_path):
    """Who says less than was recorded is told at the end, as a recorded call that nothing asks for is."""
    tape.record()
    bye = RealtimeModelSendUserInput("Bye")
    await talk(scripted(RealtimeStep(HI, ANSWER), RealtimeStep(bye)), HI, bye, hears=len(ANSWER))
    tape.environment.setenv("NBAGENTS_REPLAY_REPORT", str(tmp_path / "report.jsonl"))
    tape.replay()
    await talk(scripted(), HI, hears=len(ANSWER))
    (said,) = read_report(tmp_path / "report.jsonl").misses
    assert said.startswith("cell c1 (ask()) closed its realtime conversation after 1 of the 2 events")


async def test_a_conversation_has_its_own_pace(tape, monkeypatch):
    """A replay waits between events as long as it took, times its speed, and at 0 not at all."""
    tape.record()
    await talk(scripted(RealtimeStep(HI, ANSWER)), HI, hears=len(ANSWER))
    tape.replay()  # ends the recording, which writes the file anew
    lines = tape.path.read_text().splitlines()
    call = json.loads(lines[1])
    for n, event in enumerate(call["response"]["conversation"]):
        event[0] = 1000 * n
    tape.path.write_text(f"{lines[0]}\n{json.dumps(call)}\n")
    waited, sleep = [], asyncio.sleep

    async def note(seconds):
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(telling, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": note}))  # for it alone
    tape.replay(speed=0.5)
    await talk(scripted(), HI, hears=len(ANSWER))
    assert waited == [0.5] * len(ANSWER)


@function_tool
def lamp(colour: str) -> str:
    """Switch the lamp."""
    return colour


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"instructions": "Be long."}, "$.body.instructions"),
        ({"model_name": "other"}, "$.body.model_name"),
        ({"tools": [lamp]}, "$.body.tools[0]"),
    ],
)
async def test_another_agent_is_a_miss_when_it_connects(tape, changed, path):
    """Instructions, model and tools are what the connection is found by."""
    tape.record()
    await talk(scripted(RealtimeStep(HI, ANSWER)), HI, hears=1)
    tape.replay()
    with pytest.raises(CassetteMissError) as caught:
        await talk(scripted(), settings={**SETTINGS, **changed})
    assert [one.path for one in caught.value.differences] == [path]


async def test_a_tool_runs_for_real_and_answers_the_recorded_call(tape):
    """In a session the tool is called with the recorded arguments, and what it gives is checked."""
    call = RealtimeModelToolCallEvent(name="lamp", call_id="call_1", arguments='{"colour": "blue"}')
    steps = [RealtimeStep(HI, [call]), RealtimeStep(RealtimeModelSendToolOutput, ANSWER)]

    async def run(tool):
        runner = RealtimeRunner(RealtimeAgent("Lamp", tools=[tool]), model=scripted(*steps))
        kinds = []
        async with await runner.run() as session:
            await session.send_message("Hi")
            async for event in session:
                kinds.append(event.type)
                if event.type == "raw_model_event" and event.data.type == "turn_ended":
                    break
        return kinds

    tape.record()
    first = await run(lamp)
    tape.replay()
    again = await run(lamp)
    assert again.count("audio") == first.count("audio") == 2
    assert "tool_start" in again

    @function_tool(name_override="lamp", description_override="Switch the lamp.")
    def other(colour: str) -> str:
        return "red"

    tape.cell("c1", "e2")
    with pytest.raises(CassetteMissError, match=r'\$.tool_output.output: recorded "blue", sent "red"'):
        await run(other)


async def test_failures_are_told_again(tape):
    """Errors that the model told, and a connection that was not made, are as they were."""
    failures = [
        RealtimeModelErrorEvent(ValueError("odd")),
        RealtimeModelExceptionEvent(TimeoutError("no answer"), "listening"),
    ]
    tape.record()
    await talk(scripted(connect_events=failures), hears=2)
    tape.cell("c2")
    with pytest.raises(RuntimeError, match="no such model"):
        await talk(scripted(connect_error=RuntimeError("no such model")))
    tape.replay()
    with pytest.raises(RuntimeError, match="no such model"):
        await talk(scripted())
    tape.cell("c1")
    again = await talk(scripted(), hears=2)
    assert [repr(one) for one in again] == [repr(one) for one in failures]


async def test_a_conversation_that_nobody_closed_is_kept(tape):
    """What is still open when recording ends is written all the same."""
    tape.record()
    model = scripted(RealtimeStep(HI, ANSWER))
    await model.connect({"initial_model_settings": SETTINGS})
    await model.send_event(HI)
    tape.replay()
    await model.close()
    assert await talk(scripted(), HI, hears=len(ANSWER)) == ANSWER


async def test_a_conditional_send_is_recorded_where_it_is_sent(tape):
    """What the condition forbids is neither recorded nor expected."""
    model = scripted(RealtimeStep(HI, ANSWER))

    async def say(allowed):
        await model.connect({"initial_model_settings": SETTINGS})
        sent = [await model.send_event_if(HI, lambda one=one: one) for one in allowed]
        await model.close()
        return sent

    tape.record()
    assert await say([False, True]) == [False, True]
    assert [one[1] for one in tape.lines[0]["response"]["conversation"]].count("sent") == 1
    tape.replay()
    assert await say([False, True]) == [False, True]


async def test_no_secret_of_a_conversation_stays(tape):
    """Secrets in words, and in pieces of them, are taken out; one in a sound ends the recording."""
    secret = "ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123"
    said = [RealtimeModelTranscriptDeltaEvent("item_1", part, "r") for part in (secret[:7], secret[7:], " so")]
    tape.record()
    send = RealtimeModelSendUserInput(f"my key is {secret}")
    await talk(scripted(RealtimeStep(send, said)), send, hears=3)
    written = tape.path.read_text()
    assert secret not in written
    assert secret[7:] not in written
    tape.cell("c2")
    leak = RealtimeModelAudioEvent(secret.encode(), "r", "item_1", 0)
    with pytest.raises(SecretFoundError):
        await talk(scripted(RealtimeStep(HI, [leak])), HI, hears=1)
    assert not tape.path.exists()


async def test_the_mode_is_chosen_when_it_connects(offline):
    """Offline there is what the caller gives, or a clear error; without a connection nothing is sent."""
    with pytest.raises(UserError, match="not connected"):
        await realtime_model().send_event(HI)
    with pytest.raises(OfflineError, match="OPENAI_API_KEY"):
        await realtime_model().connect({})
    step = RealtimeStep(HI, ANSWER)
    model = realtime_model(offline=lambda: ScriptedRealtimeModel([step]))
    for _ in range(2):  # a closed connection may be made again
        assert await talk(model, HI, hears=len(ANSWER)) == ANSWER
    await model.connect({})
    with pytest.raises(UserError, match="connected already"):
        await model.connect({})
    await model.close()
