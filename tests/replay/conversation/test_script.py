"""What a replayed conversation may hear by now, and what must be said next."""

from __future__ import annotations

import pytest

from nbagents.replay.conversation.script import AUDIO, COMMIT, Script, Unexpected

TOOLS = [
    [0, "received", "turn_started", {}],
    [5, "sent", AUDIO, {"bytes": 100}],
    [9, "received", "turn_ended", {}],
    [10, "sent", AUDIO, {"bytes": 50}],
    [20, "sent", "tool_output", {"output": "a"}],
    [25, "received", "item_updated", {}],
    [30, "sent", "tool_output", {"output": "b"}],
    [50, "received", "audio", {}],
]


def due(script):
    return [one.kind for one in script.received if script.due(one)]


def test_what_is_received_waits_for_what_was_sent_before_it():
    """An event is due when as much was sent as had been sent before it, sound counted in bytes."""
    script = Script(TOOLS)
    assert due(script) == ["turn_started"]
    script.hear(60)
    assert due(script) == ["turn_started"]
    script.hear(40)
    assert due(script) == ["turn_started", "turn_ended"]
    script.send("tool_output", {"output": "a"})
    assert due(script) == ["turn_started", "turn_ended", "item_updated"]
    script.send("tool_output", {"output": "b"})
    assert due(script) == ["turn_started", "turn_ended", "item_updated", "audio"]


def test_less_sound_holds_nothing_up_once_the_conversation_goes_on():
    """A microphone gives other sound each time: what comes after it is due although less was said."""
    script = Script([[0, "sent", AUDIO, {"bytes": 900}], [5, "sent", COMMIT, None], [9, "received", "audio", {}]])
    script.hear(10)
    script.send(COMMIT, None)
    assert due(script) == ["audio"]


def test_tools_may_be_done_in_another_order():
    """Outputs of tools that ran side by side match whichever is first; each is used once."""
    script = Script(TOOLS)
    script.hear(150)
    script.send("tool_output", {"output": "b"})
    with pytest.raises(Unexpected):
        script.send("tool_output", {"output": "b"})
    script.send("tool_output", {"output": "a"})
    assert script.sent == 2


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("user_input", {"user_input": "Bye"}, ("user_input", {"user_input": "Hi"})),  # other words
        ("interrupt", {}, ("user_input", {"user_input": "Hi"})),  # another kind
    ],
)
def test_what_was_not_said_is_refused(kind, data, expected):
    """Words, kind and order are checked; the error has what comes next."""
    script = Script([[0, "sent", "user_input", {"user_input": "Hi"}], [5, "sent", "interrupt", {}]])
    with pytest.raises(Unexpected) as caught:
        script.send(kind, data)
    assert (caught.value.expected, caught.value.recorded) == expected


def test_saying_more_than_was_said_is_refused():
    """After the last thing that was said there is nothing more, sound that nobody recorded included."""
    script = Script([[0, "sent", "interrupt", {}]])
    with pytest.raises(Unexpected) as caught:
        script.hear(1)
    assert caught.value.expected == "interrupt"
    script.send("interrupt", {})
    with pytest.raises(Unexpected) as caught:
        script.send("interrupt", {})
    assert caught.value.expected is None


def test_words_where_sound_was_recorded_are_refused():
    """Something else before any sound of a recorded run of sound is out of order."""
    script = Script([[0, "sent", AUDIO, {"bytes": 9}], [5, "sent", COMMIT, None]])
    with pytest.raises(Unexpected) as caught:
        script.send(COMMIT, None)
    assert caught.value.expected == AUDIO


def test_waits_are_those_between_events():
    """Time in a replay passes between events that follow each other, not while nobody said anything."""
    script = Script([[5, "received", "a", {}], [900, "sent", "interrupt", {}], [950, "received", "b", {}]])
    assert [one.wait for one in script.received] == [5, 50]
