from __future__ import annotations

import asyncio

import pytest
from agents import function_tool

from nbagents.errors import RealtimeConnectionError
from nbagents.realtime import steady
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.local import Fault, LocalRealtimeServer
from nbagents.realtime.local.engines import CannedEngines


def statuses(follower):
    return [event.status for event in follower.of("connection")]


def has(status):
    return lambda events: any(event.type == "connection" and event.status == status for event in events)


async def test_an_abnormal_close_is_repaired_and_the_history_restored(agent, server, talk):
    """Close 1011: the same conversation goes on under its old ids, and the model knows what was said."""
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("My name is Ada.")
        await follower.until_answered()
        before = [line.item_id for line in session.conversation.lines()]
        server.drop(1011)
        await follower.until(has("reconnected"))
        assert [item["id"] for call in server.calls.values() for item in call.items.all()] == before
        await session.send_text("What is my name?")
        await follower.until_answered(2)
        assert "Ada" in follower.texts()[-1]
        assert [line.item_id for line in session.conversation.lines()][: len(before)] == before
        assert statuses(follower) == ["connecting", "connected", "reconnecting", "reconnected"]
        assert follower.of("error") == []


async def test_an_answer_that_was_lost_is_asked_for_again(agent, server, talk):
    """The connection breaks while the answer is spoken: the question is answered on the next one."""
    server.fault(Fault("close", at="response.created"))
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until_answered()
        assert follower.texts() == [talk.QUESTION, "It is 18 degrees and sunny in Paris."]
        assert statuses(follower)[-1] == "reconnected"


async def test_speech_of_a_lost_connection_can_be_interrupted(agent, server, talk, question):
    """It still plays when the new connection is there: the user's voice stops it, and no error comes of it."""
    async with agent.start_realtime_session(reported=True) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until_answered()
        item_id = session.conversation.lines()[-1].item_id
        session.report_played(item_id, 0, 300)
        server.drop()
        await follower.until(has("reconnected"))
        await talk.speak(session, question)
        await follower.until_answered(2)
        assert follower.of("interrupted")[0].item_id == item_id
        assert session.conversation.line(item_id).heard_ms in range(300, 361)
        assert follower.of("error") == []


async def test_a_tool_that_outlives_its_connection_is_not_run_twice(server, talk):
    """Its output goes to the connection that there is when it ends."""
    go, ran = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    @function_tool
    async def get_weather(city: str) -> str:
        """Look up the weather for a city."""
        ran.append(city)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go.wait(), loop))
        return "It is snowing."

    agent = RealtimeAgent("Weather", "", talk.config_of(server), [get_weather])
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: any(event.type == "tool_start" for event in events))
        server.drop()
        await follower.until(has("reconnected"))
        go.set()
        await follower.until_answered()
        assert ran == ["Paris"]
        assert "snowing" in follower.texts()[-1]


async def test_the_connection_is_renewed_before_its_limit(talk):
    """Between two turns a new connection takes over; nothing of the conversation is lost."""
    with LocalRealtimeServer(CannedEngines(), speed=40, limit_s=4) as server:
        agent = RealtimeAgent("Helper", "", talk.config_of(server, output_modality="text"))
        async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
            await session.send_text("My name is Ada.")
            await follower.until_answered()
            await follower.until(has("renewed"))
            await session.send_text("What is my name?")
            await follower.until_answered(2)
            assert "Ada" in follower.texts()[-1]
            assert "reconnecting" not in statuses(follower)


async def test_a_server_that_stays_away_ends_the_session_with_the_reason(agent, server, monkeypatch):
    """After the last attempt the iterator raises, and says how often it was tried; lost sound is told once."""
    monkeypatch.setattr(steady, "_WAITS_S", (0.0, 0.05))
    events = []
    async with agent.start_realtime_session() as session:
        server.stop()
        with pytest.raises(RealtimeConnectionError, match="2 attempts"):
            async for event in session:
                events.append(event)
                if event.type == "connection":
                    for _ in range(20):
                        session.put_audio(bytes(1_920))
    assert sum(event.type == "error" and "not sent" in event.message for event in events) == 1


async def test_a_microphone_that_cannot_be_sent_says_so(agent, server, talk):
    """While there is no server what is said waits, though not for ever: how much was lost is told."""
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        server.stop()
        await follower.until(has("reconnecting"))
        for _ in range(400):
            session.put_audio(bytes(1_920))
        with LocalRealtimeServer(CannedEngines(), speed=40, port=server.port):
            await follower.until(lambda events: any(event.type == "overflow" for event in events))
            (overflow,) = follower.of("overflow")
            assert overflow.queue == "microphone"
            assert 100 < overflow.dropped < 400


async def test_events_that_come_late_or_as_errors_change_nothing(agent, server, question, talk):
    """Late and reordered events: the captions stand in conversation order; an error is told, and life goes on."""
    server.fault(Fault("delay", at="conversation.item.input_audio_transcription.completed", seconds=0.2))
    server.fault(Fault("delay", at="conversation.item.added", seconds=0.1))
    server.fault(Fault("error", at="response.created"))
    server.fault(Fault("slow", at="response.output_audio.delta", seconds=0.1))
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await talk.speak(session, question)
        await follower.until_answered()
        await follower.until(lambda events: any(e.type == "user_caption" and e.is_final for e in events))
        assert follower.texts() == [talk.QUESTION, "It is 18 degrees and sunny in Paris."]
        assert [event.message for event in follower.of("error")] == ["an error on request"]


async def test_closing_while_reconnecting_is_at_once(agent, server, talk):
    """A close does not wait for a server that is gone."""
    session = agent.start_realtime_session()
    await session.start()
    async with talk.Follower(session) as follower:
        server.stop()
        await follower.until(has("reconnecting"))
        async with asyncio.timeout(5):
            await session.close()
