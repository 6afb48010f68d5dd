from __future__ import annotations

import gc
import os

import psutil
import pytest

SECONDS_PER_TURN = 10  # a question, an answer, and a breath, in a real conversation
HALF_AN_HOUR = 30 * 60 // SECONDS_PER_TURN


def resident():
    gc.collect()
    return psutil.Process(os.getpid()).memory_info().rss


@pytest.mark.parametrize("turns", [6, pytest.param(HALF_AN_HOUR, marks=pytest.mark.soak)])
async def test_a_long_conversation_stays_whole(agent, server, question, talk, turns):
    """Memory is flat, nothing is dropped, every event is in the log, the order is that of the server's items."""
    raw, overflows, sizes, turn = 0, 0, [], 0
    async with agent.start_realtime_session() as session:
        await talk.speak(session, question)
        async for event in session:
            raw += event.type == "raw"
            overflows += event.type == "overflow"
            if event.type != "audio_end":
                continue
            turn += 1
            sizes.append(resident())
            if turn == turns:
                break
            await talk.speak(session, question)
        async for event in session:
            raw += event.type == "raw"
            if event.type == "response_end":
                break
        lines = session.conversation.lines()
        (call,) = server.calls.values()
        assert [line.item_id for line in lines] == [item["id"] for item in call.items.all()]
        assert [line.role for line in lines if line.kind == "message"] == ["user", "assistant"] * turns
        assert overflows == 0
        assert session.log.to_frame().query("source == 'server'")["count"].sum() >= raw > 40 * turns
        assert session.tally.responses == 2 * turns
    grown = max(sizes[-3:]) - min(sizes[len(sizes) // 3 : len(sizes) // 3 + 3])
    assert grown < 24 * 2**20
