"""What a conversation leaves behind: a trace, a stored session, frames, a log, tokens."""

from __future__ import annotations

import asyncio
import threading

import pytest
from agents.tracing import set_trace_processors

from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.conversation import Line
from nbagents.realtime.stored import session_items
from nbagents.realtime.tally import Tally
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore


@pytest.fixture
def store(tmp_path):
    """A trace store that is written to."""
    processor = NotebookTracingProcessor(tmp_path / "talk.db")
    set_trace_processors([processor])
    yield TraceStore(tmp_path / "talk.db")
    set_trace_processors([])
    processor.shutdown()


async def test_a_conversation_is_one_trace(agent, store, talk, question):
    """Turns, what was said, answers with their tokens, speech and tools: the Gantt of the whole conversation."""
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until_answered()
        await talk.speak(session, question)
        await follower.until_answered(2)
    (record,) = store.records()
    spans = record.to_frame()
    assert record.row.name == "Realtime: Weather"
    assert record.row.ended_us is not None
    assert spans["type"].tolist() == [
        "agent",
        "generation",
        "speech",
        "agent",
        "transcription",
        "generation",
        "function",
        "generation",
        "speech",
    ]
    assert spans["depth"].tolist() == [0, 1, 1, 0, 1, 1, 1, 1, 1]
    assert not spans["status"].isin(["running", "error"]).any()
    answers = spans[spans["type"] == "generation"]
    assert answers["input_tokens"].notna().all()
    assert answers["model"].unique().tolist() == ["offline-rules"]
    function = next(span for span in record.spans if span.row.type == "function")
    assert store.payload(record.row.trace_id, function.row.seq)["output"] == "It is 18 degrees and sunny in Paris."


async def test_an_interruption_is_no_error_and_is_kept(agent, server, store, talk):
    """The speech's span says after how much it was cut off, and holds what was heard."""
    server.speed = 0.5
    async with agent.start_realtime_session(reported=True) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until(lambda events: sum(event.type == "audio" for event in events) >= 3)
        session.report_played(follower.of("audio")[0].item_id, 0, 120)
        await session.interrupt()
        await follower.until(lambda _: follower.of("response_end")[-1].status == "cancelled")
    (record,) = store.records()
    (speech,) = [span for span in record.spans if span.row.type == "speech"]
    assert record.to_frame()["status"].unique().tolist() == ["ok"]
    settings = store.payload(record.row.trace_id, speech.row.seq)["data"]["settings"]
    assert settings["interrupted_after_ms"] in range(120, 181)


async def test_a_run_that_asks_for_no_trace_has_none(server, store, talk):
    """The SDK's `tracing_disabled` holds for our spans too."""
    config = talk.config_of(server, output_modality="text")
    agent = RealtimeAgent("Quiet", "", config, run_config={"tracing_disabled": True})
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until_answered()
    assert store.records() == []


async def test_a_conversation_is_stored_and_a_text_agent_can_go_on(agent, talk):
    """Items are in the Responses API's words, in order, each once; also through a lost connection."""
    kept = SQLiteSession("talk")
    async with agent.start_realtime_session(session=kept) as session, talk.Follower(session) as follower:
        await session.send_text(talk.QUESTION)
        await follower.until_answered()
        await session.send_text("Hello!")
        await follower.until_answered(2)
    items = await kept.get_items()
    assert [item.get("type") or item["role"] for item in items] == [
        "user",
        "function_call",
        "function_call_output",
        "message",
        "user",
        "message",
    ]
    assert items[3]["content"][0]["text"] == "It is 18 degrees and sunny in Paris."


def test_of_an_interrupted_answer_what_was_heard_is_stored():
    """A text agent that goes on must not refer to what nobody heard."""
    (item,) = session_items([Line("a", text="one two three", heard="one two", heard_ms=800)])
    assert item["content"][0]["text"] == "one two"


async def test_frames_log_and_tokens(agent, talk, question):
    """Each server event is in the log; the transcript is in conversation order; tokens add up."""
    async with agent.start_realtime_session() as session, talk.Follower(session) as follower:
        await talk.speak(session, question)
        await follower.until_answered()
        events, transcript = session.events(), session.transcript()
        assert events.loc[events["source"] == "server", "count"].sum() == len(follower.of("raw"))
        assert "response.output_audio.delta" in set(events["type"])
        assert transcript["role"].tolist() == ["user", "tool", "assistant"]
        assert transcript["output"].tolist()[1] == "It is 18 degrees and sunny in Paris."
        assert transcript["text"].tolist()[0] == talk.QUESTION
        usages = [event.usage for event in follower.of("response_end")]
        assert session.tally.total == sum(usage["total_tokens"] for usage in usages)
        assert session.tally.input_audio > 0
        assert session.tally.output_audio > 0


async def test_what_cannot_be_stored_is_said_and_the_conversation_goes_on(server, talk):
    """A full disk is an error event, not the end."""

    class Full:
        async def add_items(self, items):
            raise OSError("disk full")

    agent = RealtimeAgent("Helper", "", talk.config_of(server, output_modality="text"))
    async with agent.start_realtime_session(session=Full()) as session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until(lambda events: any(event.type == "error" for event in events))
        assert "disk full" in follower.of("error")[0].message
        await follower.until_answered()


async def test_what_is_slow_to_be_stored_is_stored_after_close(server, store, talk):
    """close() does not wait for a slow disk, and what was said is not lost by it, nor is the trace's end."""
    free, kept = threading.Event(), []

    class Slow:
        async def add_items(self, items):
            await asyncio.to_thread(free.wait, 20)
            kept.extend(items)

    agent = RealtimeAgent("Helper", "", talk.config_of(server, output_modality="text"))
    async with agent.start_realtime_session(session=Slow()) as session, talk.Follower(session) as follower:
        await session.send_text("Hello!")
        await follower.until_answered()
    assert kept == []
    free.set()
    for thread in threading.enumerate():
        if thread.name == "nbagents-realtime":
            thread.join(20)
    assert len(kept) == 2
    assert store.last().row.ended_us is not None


def test_the_cost_is_that_of_text_and_sound():
    """Sound costs more than text; a model without a price has no cost, and never 0."""
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    heard = {**usage, "input_token_details": {"audio_tokens": 900}}
    text, sound = Tally().plus(usage), Tally().plus(heard)
    assert 0 < text.cost("gpt-realtime") < sound.cost("gpt-realtime")
    assert text.cost("offline-rules") is None
