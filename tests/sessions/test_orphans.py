from __future__ import annotations

import json
import random

import pytest

from nbagents.errors import FrameError
from nbagents.sessions.table.edited import Wanted
from nbagents.sessions.table.orphans import lone, settle_orphans


def call(name, kind="function_call"):
    return {"type": kind, "call_id": name, "name": "f", "arguments": "{}"}


def output(name, kind="function_call"):
    return {"type": f"{kind}_output", "call_id": name, "output": "x"}


def reasoning(name):
    return {"type": "reasoning", "id": name, "summary": []}


USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


def rows(items):
    return [Wanted(place, place, json.dumps(item), None, item) for place, item in enumerate(items)]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([call("a"), call("b"), output("b"), output("a")], set()),
        ([call("a")], {"call"}),
        ([output("a")], {"output"}),
        ([output("a"), call("a")], {"call", "output"}),
        ([call("a", "computer_call"), output("a")], {"call", "output"}),
        ([call("a", "custom_tool_call"), output("a", "custom_tool_call")], set()),
        ([{"type": "web_search_call", "id": "ws"}], set()),
        ([reasoning("r"), reasoning("q"), call("a"), output("a")], set()),
        ([reasoning("r"), ANSWER], set()),
        ([reasoning("r"), USER], {"reasoning"}),
        ([reasoning("r")], {"reasoning"}),
        ([call("a"), reasoning("r"), output("a")], {"reasoning"}),
        ([{}, {"type": 3}, {"type": "function_call", "call_id": None}], set()),
    ],
)
def test_lone_items(items, expected):
    """What the model API refuses: halves, a wrong order, and reasoning without what it led to."""
    assert {key[0] for key in lone(items)} == expected


def test_reasoning_that_leads_to_something_else_is_refused():
    """What followed it was removed; that another answer comes next does not help."""
    before = rows([reasoning("r"), call("a"), output("a"), ANSWER])
    with pytest.raises(FrameError, match="reasoning"):
        settle_orphans([before[0], before[3]], before, "error", session_id="s")
    assert settle_orphans([before[0], before[3]], before, "pair", session_id="s") == [before[3]]


def test_parallel_calls_lose_one_pair_only():
    """Removing one output takes its call, not the others."""
    before = rows([call("a"), call("b"), output("a"), output("b")])
    assert settle_orphans(before[:3], before, "pair", session_id="s") == [before[0], before[2]]


def test_a_stub_is_given_only_where_an_output_is_text():
    """A screenshot cannot be made up: such a call goes."""
    before = rows([call("a", "computer_call"), output("a", "computer_call"), ANSWER])
    assert settle_orphans([before[0], before[2]], before, "stub", session_id="s") == [before[2]]


@pytest.mark.parametrize("policy", ["pair", "stub"])
def test_after_any_edit_nothing_new_stands_alone(policy):
    """Rows deleted and shuffled at random: the model API gets no orphan that was not there."""
    random.seed(3)
    items = [USER, reasoning("r"), call("a"), call("b"), output("a"), output("b"), ANSWER, call("open")]
    before = rows(items)
    known = lone(items).keys()
    for _ in range(400):
        edited = random.sample(before, random.randint(0, len(before)))
        settled = settle_orphans(edited, before, policy, session_id="s")
        assert lone([row.item for row in settled]).keys() <= known


def test_what_reasoning_led_to_stays_without_its_id():
    """With the server's id the model API asks for the reasoning; the item itself is not lost."""
    before = rows([reasoning("r"), {**call("a"), "id": "fc_1"}, output("a"), {**ANSWER, "id": "msg_1"}])
    for policy in ("error", "pair", "stub"):
        settled = settle_orphans(before[1:], before, policy, session_id="s")
        assert [row.item for row in settled] == [call("a"), output("a"), {**ANSWER, "id": "msg_1"}]
        assert json.loads(settled[0].data) == settled[0].item
    assert settle_orphans(before, before, "error", session_id="s") == before


@pytest.mark.parametrize("on_orphan", ["pair", "stub"])
def test_many_that_are_left_alone_are_settled_together(on_orphan):
    """All outputs of a long history taken out: each call goes with its reasoning, or gets a stand-in after it."""
    names = [f"c{number}" for number in range(200)]
    before = rows([item for name in names for item in (USER, reasoning(name), call(name), output(name), ANSWER)])
    left = [row for row in before if row.item.get("type") != "function_call_output"]
    settled = [row.item for row in settle_orphans(left, before, on_orphan, session_id="s")]
    assert lone(settled) == {}
    kept = [item.get("type") or item["role"] for item in settled]
    turn = ["user", "assistant"]
    if on_orphan == "stub":
        turn[1:1] = ["reasoning", "function_call", "function_call_output"]
    assert kept == turn * 200
