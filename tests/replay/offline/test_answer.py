"""What is said: tool outputs in words, the history quoted, and plain words for what cannot be done."""

import pytest

from nbagents.replay.offline.ask import Ask, Called, Returned, Said, Tool
from nbagents.replay.offline.decide import decide


def said(message, before=(), since=(), tools=()):
    return decide(Ask("m", history=(*before, Said("user", message), *since), tools=tools)).text


def ran(output, name="get_weather", arguments='{"city": "Oslo"}'):
    return (Called(name, arguments, "c1"), Returned("c1", output))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("sunny", "Weather for Oslo: sunny."),
        ("21.0", "Weather for Oslo: 21."),
        ("It is sunny in Oslo today", "It is sunny in Oslo today."),
        (
            '{"sky": "clear", "wind_kmh": 5, "rain": false}',
            "Weather for Oslo — sky: clear, wind kmh: 5, rain: no.",
        ),
        ("{'city': 'Oslo', 'sky': 'clear'}", "City: Oslo, sky: clear."),
        ('["a", "b", "c"]', "Weather for Oslo: a, b and c."),
        (
            "An error occurred while running the tool. Please try again. Error: no such city",
            "get_weather failed: no such city.",
        ),
    ],
)
def test_outputs_are_put_into_words(output, expected):
    """Text stays, JSON and Python values become words, and an error is said to be one."""
    assert expected == said("Weather in Oslo?", since=ran(output))


def test_every_output_of_the_turn_is_said():
    """Several tools in one turn are all in the answer, in their order, handoffs left out."""
    since = (
        *ran("sunny"),
        Called("add", '{"a": 1, "b": 2}', "c2"),
        Returned("c2", "3"),
        Called("transfer_to_x", "{}", "c3"),
        Returned("c3", '{"assistant": "X"}'),
    )
    assert said("Weather and sum", since=since) == "Weather for Oslo: sunny. Add 1 and 2: 3."


FACTS = (
    Said("user", "My name is Ada. The lamp was blue."),
    Said("assistant", "Noted: My name is Ada. The lamp was blue."),
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is my name?", 'You said: "My name is Ada."'),
        ("What colour was the lamp?", 'You said: "The lamp was blue."'),
        ("Do you remember what I said about the lamp?", 'You said: "The lamp was blue."'),
    ],
)
def test_questions_are_answered_from_the_history(question, expected):
    """The sentence that fits is quoted, once, from the one who said it."""
    assert expected == said(question, before=FACTS)


def test_an_edited_user_message_changes_the_answer():
    """The history is read anew each time: edit it, and the answer is another."""
    edited = (Said("user", "My name is Grace. The lamp was red."), FACTS[1])
    assert said("What is my name?", before=edited) == 'You said: "My name is Grace."'
    assert said("What colour was the lamp?", before=edited) == 'You said: "The lamp was red."'


def test_an_edited_tool_output_changes_the_answer():
    """A tool's output is read from the history too; of an object, the field that was asked for is quoted."""
    before = (
        Said("user", "Where is order A-1?"),
        *ran("{'item': 'lamp', 'colour': 'blue', 'arrives': 'Friday'}", "lookup_order"),
    )
    assert said("When does it arrive?", before=before) == 'lookup_order returned: "arrives: Friday"'
    edited = (before[0], before[1], Returned("c1", '{"item": "lamp", "colour": "blue", "arrives": "Monday"}'))
    assert said("When does it arrive?", before=edited) == 'lookup_order returned: "arrives: Monday"'


def test_an_edited_answer_is_quoted_beside_its_source():
    """An earlier answer that no longer agrees with the tool is quoted as well, so that no edit goes unseen."""
    before = (
        Said("user", "Where is order A-1?"),
        *ran("{'item': 'lamp', 'arrives': 'Friday'}", "lookup_order"),
        Said("assistant", "Item: lamp, arrives: Monday."),
    )
    answer = said("When does it arrive?", before=before)
    assert answer == 'lookup_order returned: "arrives: Friday" Earlier I said: "Item: lamp, arrives: Monday."'


def test_the_newest_of_two_statements_comes_last():
    """Two statements that fit equally are both quoted, in the order they were made."""
    before = (Said("user", "The lamp was blue."), Said("user", "The lamp was green."))
    assert (
        said("Which colour was the lamp?", before=before)
        == 'You said: "The lamp was blue." You said: "The lamp was green."'
    )


def test_what_is_missing_is_asked_for():
    """A tool that fits but lacks everything is asked about in words."""
    tool = Tool(
        "get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    )
    assert said("How is the weather?", tools=(tool,)) == "To get weather I need to know: city."


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Hello!", "Hello! What can I do for you?"),
        ("Good morning, how are you?", "Hello! What can I do for you?"),
        ("Thank you very much!", "You are welcome."),
        ("My name is Ada.", "Noted: My name is Ada."),
        (
            "Tell me a joke",
            "No rule answers that: offline I only call tools and repeat what the conversation holds.",
        ),
    ],
)
def test_without_tools_or_history(message, expected):
    """Small talk is answered, facts are noted, and for the rest it says that no rule answers."""
    assert expected == said(message)


def test_a_recap_lists_what_was_said():
    """A summary of the conversation is the user's own words."""
    before = (Said("user", "Hello!"), Said("assistant", "Hi."), Said("user", "The lamp was blue."))
    assert said("Summarize our conversation", before=before) == 'So far you said: "Hello!" "The lamp was blue."'


def test_a_new_agent_introduces_itself():
    """An agent that was handed the conversation and has no tool for it says who it is."""
    since = (Called("transfer_to_billing", "{}", "c1"), Returned("c1", '{"assistant": "Billing"}'))
    assert said("My bill is wrong.", since=since) == "Billing here. Noted: My bill is wrong."
