from __future__ import annotations

import asyncio
import threading

import pytest
from agents import GuardrailFunctionOutput, OutputGuardrail, function_tool

from nbagents.errors import RealtimeClosedError, RealtimeConnectionError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.local import LocalRealtimeServer
from nbagents.realtime.local.engines import CannedEngines


async def test_a_spoken_question_leads_to_a_call_and_a_spoken_answer(agent, question, talk):
    """Every event a user needs comes, in order, with the items in conversation order."""
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await talk.speak(session, question)
        await follower.until_answered()
        types = [event.type for event in follower.events if event.type not in {"raw", "history", "connection"}]
        firsts = list(dict.fromkeys(types))
        assert firsts.index("speech_started") < firsts.index("speech_stopped") < firsts.index("response_start")
        assert firsts.index("function_call") < firsts.index("tool_start") < firsts.index("tool_end")
        assert firsts.index("tool_end") < firsts.index("text")
        (call,) = follower.of("function_call")
        (end,) = follower.of("tool_end")
        assert (call.function_name, call.arguments) == ("get_weather", '{"city": "Paris"}')
        assert (end.call_id, end.output) == (call.call_id, "It is 18 degrees and sunny in Paris.")
        captions = follower.of("user_caption")
        assert [caption.is_final for caption in captions][-2:] == [False, True]
        assert captions[-1].text == talk.QUESTION
        assert follower.texts() == [talk.QUESTION, "It is 18 degrees and sunny in Paris."]
        assert sum(len(event.audio_data) for event in follower.of("audio")) > 24_000
        assert {event.format for event in follower.of("audio")} == {"pcm16"}
        assert follower.of("history")[-1].items


async def test_push_to_talk_ends_a_turn_when_it_is_told(server, question, talk):
    """Without turn detection nothing is answered until a commit and a request for an answer."""
    agent = RealtimeAgent("Weather", "", talk.config_of(server, turn_detection=None), [talk.get_weather])
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await talk.speak(session, question)
        await session.send_audio(b"", commit=True)
        await follower.until(lambda events: any(event.type == "user_caption" for event in events))
        assert follower.of("response_start") == []
        await session.respond()
        await follower.until_answered()
        assert follower.texts()[-1] == "It is 18 degrees and sunny in Paris."


async def test_text_images_and_answers_in_writing(server, talk):
    """A question may be typed, an image shown, and an answer written instead of spoken."""
    agent = RealtimeAgent("Helper", "", talk.config_of(server, output_modality="text"))
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_image(b"\x89PNG", text="Hello!")
        await follower.until_answered()
        assert follower.of("audio") == []
        assert follower.texts() == ["Hello!", "Hello! What can I do for you?"]
        assert session.conversation.lines()[0].images == ("data:image/png;base64,iVBORw==",)


async def test_a_tool_waits_for_approval(server, talk):
    """It runs when approved, does not when rejected, and the model is told either way."""
    ran = []

    @function_tool(needs_approval=True)
    def send_refund(order_id: str) -> str:
        """Send a refund for an order."""
        ran.append(order_id)
        return f"Refund sent for {order_id}."

    agent = RealtimeAgent("Refunds", "", talk.config_of(server, output_modality="text"), [send_refund])
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("Send a refund for order A-1.")
        await follower.until(lambda events: any(event.type == "tool_approval" for event in events))
        assert ran == []
        await session.approve(follower.of("tool_approval")[0].call_id)
        await follower.until_answered()
        await session.send_text("Send a refund for order B-2.")
        await follower.until(lambda events: sum(event.type == "tool_approval" for event in events) == 2)
        await session.reject(follower.of("tool_approval")[1].call_id, message="Not without a receipt.")
        await follower.until_answered(2)
        assert ran == ["A-1"]
        assert "Not without a receipt." in follower.texts()[-1]


async def test_a_handoff_and_an_update_change_who_answers(server, talk):
    """The event names both agents; `update_agent` does the same by hand."""
    refunds = RealtimeAgent("Refunds", "You handle refunds.")
    agent = RealtimeAgent("Triage", "", talk.config_of(server, output_modality="text"), handoffs=[refunds])
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("I want a refund, please hand me to refunds.")
        await follower.until_answered()
        (handoff,) = follower.of("handoff")
        assert (handoff.from_agent, handoff.to_agent) == ("Triage", "Refunds")
        await session.update_agent(agent)
        await session.send_text("Hello!")
        await follower.until_answered(2)
        assert follower.of("response_start")[-1].agent_name == "Triage"


async def test_a_guardrail_stops_an_answer(server, talk):
    """What tripped and what was being said are in the event."""

    def sunny(_context, _agent, output):
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered="sunny" in output)

    agent = RealtimeAgent(
        "Weather",
        "",
        talk.config_of(server),
        [talk.get_weather],
        run_config={
            "output_guardrails": [OutputGuardrail(guardrail_function=sunny, name="no sun")],
            "guardrails_settings": {"debounce_text_length": 10},
        },
    )
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: any(event.type == "guardrail" for event in events))
        (event,) = follower.of("guardrail")[:1]
        assert event.guardrails == ("no sun",)
        assert "sunny" in event.message


async def test_interrupt_cuts_at_what_was_heard_and_cancels(agent, server, talk):
    """Truncate at the reported position, response.cancel, and silence: nothing more of it is handed out."""
    server.speed = 0.5  # so that the answer is still being made
    async with agent.start_realtime_session(reported=True) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: sum(event.type == "audio" for event in events) >= 3)
        item_id = follower.of("audio")[0].item_id
        session.playback.report(item_id, 0, 120)
        await session.interrupt()
        await follower.until(
            lambda events: any(e.type == "response_end" and e.status == "cancelled" for e in events)
        )
        sent = {event["type"]: event for event in server.received}
        assert 120 <= sent["conversation.item.truncate"]["audio_end_ms"] <= 180
        assert "response.cancel" in sent
        assert follower.of("interrupted")[0].played_ms in range(120, 181)
        line = session.conversation.line(item_id)
        await follower.until(lambda _: session.conversation.line(item_id).heard is not None)
        assert line.text.startswith(session.conversation.line(item_id).heard)


async def test_interrupt_works_before_the_first_report(agent, server, talk):
    """Nothing was heard yet: it is cut at 1 ms, not at 0, and cancelled; the conversation goes on."""
    server.speed = 0.5
    async with agent.start_realtime_session(reported=True) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: any(event.type == "audio" for event in events))
        await session.interrupt()
        await follower.until(
            lambda events: any(e.type == "response_end" and e.status == "cancelled" for e in events)
        )
        cut = [event["audio_end_ms"] for event in server.received if event["type"].endswith("truncate")]
        assert cut == [1]
        server.speed = 40
        await session.send_text("Hello!")
        await follower.until_answered()
        assert follower.of("error") == []


async def test_speaking_into_an_answer_interrupts_it(agent, server, question, talk):
    """Barge-in: the server hears speech, the answer is cut at what was heard, and the new question answered."""
    server.speed = 0.5
    async with agent.start_realtime_session(reported=True) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: sum(event.type == "audio" for event in events) >= 3)
        item_id = follower.of("audio")[0].item_id
        session.playback.report(item_id, 0, 100)
        server.speed = 40
        await talk.speak(session, question)
        await follower.until_answered()
        assert follower.of("interrupted")[0].item_id == item_id
        assert session.conversation.line(item_id).heard_ms in range(100, 161)
        assert [event.status for event in follower.of("response_end")].count("cancelled") == 1


async def test_a_blocked_loop_does_not_stop_the_connection(agent, server, talk):
    """The caller's loop sleeps; the connection's thread runs the tool and hears the answer meanwhile."""
    async with agent.start_realtime_session() as session:
        answered = threading.Event()
        session.listen(lambda event: event.type == "audio_end" and answered.set())
        await session.send_text(talk.QUESTION)
        assert answered.wait(20)  # blocks this thread, and with it this loop
        events = []
        async for event in session:
            events.append(event.type)
            if event.type == "audio_end":
                break
        assert "tool_end" in events


async def test_a_queue_that_is_full_says_so(agent):
    """Nobody reads: the oldest events are lost, and the first thing a reader learns is how many."""
    session = agent.start_realtime_session()
    session._events = type(session._events)(3)
    async with session:
        done = threading.Event()
        session.listen(lambda event: event.type == "audio_end" and done.set())
        await session.send_text("Hello!")
        await asyncio.to_thread(done.wait, 20)
        event = await anext(session)
        assert event.type == "overflow"
        assert event.queue == "events"
        assert event.dropped > 0


async def test_a_listener_that_fails_ends_nothing(agent, talk):
    """It is not called again, what it raised is said, and the conversation goes on."""
    called = []

    def broken(event):
        called.append(event)
        raise ValueError("no good")

    session = agent.start_realtime_session()
    session.listen(broken)
    async with session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until_answered()
        assert len(called) == 1
        assert follower.of("error")[0].message == "a listener failed: ValueError: no good"


async def test_no_server_is_an_error_that_says_so():
    """Connecting fails at once, with the address, and nothing is left running."""
    agent = RealtimeAgent("Weather", "", RealtimeConfig(url="ws://127.0.0.1:9/v1/realtime"))
    session = agent.start_realtime_session()
    with pytest.raises(RealtimeConnectionError, match="cannot be reached"):
        await session.start()
    await session.close()
    assert ended()


def ended():
    """Whether every connection's thread ends."""
    threads = [thread for thread in threading.enumerate() if thread.name == "nbagents-realtime"]
    for thread in threads:
        thread.join(20)
    return not any(thread.is_alive() for thread in threads)


async def test_close_that_is_cancelled_closes(agent):
    """Who closes hears of the cancellation, and the connection ends all the same."""
    session = agent.start_realtime_session()
    await session.start()
    closing = asyncio.create_task(session.close())
    await asyncio.sleep(0)
    assert session.closed
    closing.cancel()
    await asyncio.wait({closing})
    assert closing.cancelled()
    assert ended()


async def test_close_ends_everything(agent):
    """The iterator ends, the thread is gone, a second close is harmless, and later use says that it is closed."""
    session = agent.start_realtime_session()
    await session.start()
    await session.close()
    await session.close()
    assert [event.type async for event in session][-1] == "connection"
    assert ended()
    with pytest.raises(RealtimeClosedError):
        await session.send_text("Hello!")


async def test_no_key_and_no_server_is_the_offline_mode(monkeypatch, talk):
    """On a fresh machine the session talks to the local server of the process."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NBAGENTS_MODE"):
        monkeypatch.delenv(name, raising=False)
    agent = RealtimeAgent("Helper", "", RealtimeConfig(output_modality="text"))
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until_answered()
        assert follower.texts()[-1] == "Hello! What can I do for you?"


def test_the_local_server_can_be_used_alone():
    """It listens on loopback only, on a free port."""
    with LocalRealtimeServer(CannedEngines()) as first, LocalRealtimeServer(CannedEngines()) as second:
        assert first.url.startswith("ws://127.0.0.1:")
        assert first.url != second.url
