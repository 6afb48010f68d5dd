from __future__ import annotations

import random

from nbagents.realtime.conversation import Conversation
from nbagents.realtime.restore import needs_answer, restored_items


def added(item_id, previous, role="user", text=""):
    content = [{"type": "input_text" if role == "user" else "output_text", "text": text}] if text else []
    item = {"id": item_id, "type": "message", "role": role, "status": "completed", "content": content}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def order(events):
    talk = Conversation()
    for event in events:
        talk.apply(event)
    return [line.item_id for line in talk.lines()]


def test_order_is_by_item_id_however_late_an_event_comes():
    """Any order of arrival gives the conversation's order."""
    ids = [f"i{n}" for n in range(9)]
    events = [added(item_id, ids[n - 1] if n else None) for n, item_id in enumerate(ids)]
    for seed in range(40):
        shuffled = random.Random(seed).sample(events, len(events))
        assert order(shuffled) == ids


def test_a_caption_that_comes_after_the_answer_stands_before_it():
    """The user's transcript is often complete only when the answer is being spoken."""
    talk = Conversation()
    for event in (
        {"type": "input_audio_buffer.committed", "item_id": "q", "previous_item_id": None},
        added("a", "q", "assistant"),
        {"type": "response.output_audio_transcript.delta", "item_id": "a", "delta": "Hello"},
        {"type": "conversation.item.input_audio_transcription.delta", "item_id": "q", "delta": "Hi"},
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "q",
            "transcript": " Hi there. ",
        },
    ):
        talk.apply(event)
    assert [(line.role, line.text) for line in talk.lines()] == [("user", "Hi there."), ("assistant", "Hello")]


def test_what_was_not_heard_is_marked():
    """After an interruption the caption says how much of it was heard."""
    talk = Conversation()
    talk.apply(added("a", None, "assistant"))
    talk.apply({"type": "response.output_audio_transcript.delta", "item_id": "a", "delta": "one two three four"})
    talk.apply({"type": "response.output_audio.delta", "item_id": "a", "delta": "A" * 64_000})
    talk.apply({"type": "conversation.item.truncated", "item_id": "a", "audio_end_ms": 500})
    (line,) = talk.lines()
    assert (line.text, line.heard, line.heard_ms) == ("one two three four", "one two", 500)


def test_what_is_restored_is_the_conversation_as_it_was_heard():
    """Speech comes back as text under its old id, a call with its output, and an empty answer not at all."""
    talk = Conversation()
    call = {"id": "c", "type": "function_call", "name": "f", "arguments": "{}", "call_id": "call1"}
    for event in (
        added("q", None, "user", "Hi"),
        {"type": "conversation.item.added", "previous_item_id": "q", "item": call},
        {"type": "conversation.item.done", "previous_item_id": None, "item": call},
        added("a", "c", "assistant"),
    ):
        talk.apply(event)
    assert not needs_answer(talk.lines())  # the tool still runs
    talk.returned("call1", "42")
    assert needs_answer(talk.lines())
    assert [item.get("id") for item in restored_items(talk.lines())] == ["q", "c", None]
    assert restored_items(talk.lines())[-1] == {"type": "function_call_output", "call_id": "call1", "output": "42"}
