"""Arguments are taken from the message by the schema of the tool."""

import json

import pytest

from nbagents.replay.offline.arguments import fill, fill_series
from nbagents.replay.offline.ask import Ask, Called, Returned, Said, Tool

STRING, NUMBER, INTEGER, BOOLEAN = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))


def tool(required=None, **properties):
    required = list(properties) if required is None else required
    return Tool("do_it", "", {"type": "object", "properties": properties, "required": required})


def arguments(message, one, history=()):
    return fill(Ask("m", history=(*history, Said("user", message)), tools=(one,)), one, message).call.values


@pytest.mark.parametrize(
    ("message", "parameters", "expected"),
    [
        ("Refund 42.50 please", {"amount": NUMBER}, {"amount": 42.5}),
        ("Refund $42 please", {"amount": NUMBER}, {"amount": 42}),
        ("Refund $1,234.50 please", {"amount": NUMBER}, {"amount": 1234.5}),
        ("It was -5 degrees", {"temperature": NUMBER}, {"temperature": -5}),
        ("Add 3 and -4", {"a": NUMBER, "b": NUMBER}, {"a": 3, "b": -4}),
        ("Table for 4 at 7pm", {"people": INTEGER, "time": STRING}, {"people": 4, "time": "7pm"}),
        ("A table for two people", {"people": INTEGER}, {"people": 2}),
        ("2.5 kg to France", {"weight_kg": NUMBER, "country": STRING}, {"weight_kg": 2.5, "country": "France"}),
        ("Send 3 boxes of 2.5 kg", {"weight_kg": NUMBER, "boxes": INTEGER}, {"weight_kg": 2.5, "boxes": 3}),
        (
            "Refund $9 for order A-1043",
            {"order_id": STRING, "amount": NUMBER},
            {"order_id": "A-1043", "amount": 9},
        ),
        ("Refund order 1043", {"order_id": STRING}, {"order_id": "1043"}),
        ("Refund order #77", {"order_id": STRING}, {"order_id": "77"}),
        (
            "Order A-1 of customer C-2",
            {"customer_id": STRING, "order_id": STRING},
            {"customer_id": "C-2", "order_id": "A-1"},
        ),
        ("Order 1043 please", {"order_id": INTEGER}, {"order_id": 1043}),
        ('Say "good morning" to Bob', {"text": STRING, "name": STRING}, {"text": "good morning", "name": "Bob"}),
        (
            "Weather in New York tomorrow",
            {"city": STRING, "date": STRING},
            {"city": "New York", "date": "tomorrow"},
        ),
        ("what's the weather in new york?", {"city": STRING}, {"city": "New York"}),
        ("weather, city: Paris", {"city": STRING}, {"city": "Paris"}),
        (
            "From Oslo to Rome",
            {"destination": STRING, "origin": STRING},
            {"destination": "Rome", "origin": "Oslo"},
        ),
        ("Mail it to ada@example.com", {"email": STRING}, {"email": "ada@example.com"}),
        ("Read https://example.com/a?b=1.", {"url": STRING}, {"url": "https://example.com/a?b=1"}),
        ("Due 2026-01-31", {"due": {"type": "string", "format": "date"}}, {"due": "2026-01-31"}),
        ("It is 21 fahrenheit", {"unit": {"enum": ["celsius", "fahrenheit"]}}, {"unit": "fahrenheit"}),
        ("Priority High!", {"priority": {"type": "string", "enum": ["low", "high"]}}, {"priority": "high"}),
        ("With gift wrap", {"gift_wrap": BOOLEAN}, {"gift_wrap": True}),
        ("Without gift wrap", {"gift_wrap": BOOLEAN}, {"gift_wrap": False}),
        ("urgent: yes", {"urgent": BOOLEAN}, {"urgent": True}),
        ("Add 1, 2 and 3.5", {"numbers": {"type": "array", "items": NUMBER}}, {"numbers": [1, 2, 3.5]}),
        (
            "Invite Ada, Bob and Eve",
            {"names": {"type": "array", "items": STRING}},
            {"names": ["Ada", "Bob", "Eve"]},
        ),
        ("What is 17 * (2 + 3)?", {"expression": STRING}, {"expression": "17 * (2 + 3)"}),
        ("Cancel it because it broke.", {"reason": STRING}, {"reason": "it broke"}),
        ("Please find cheap flights", {"query": STRING}, {"query": "cheap flights"}),
        ("Weather in Oslo", {"city": {"anyOf": [STRING, {"type": "null"}]}}, {"city": "Oslo"}),
        ("Nothing to see", {"city": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, {"city": None}),
        ("Nothing to see", {"days": {"type": "integer", "default": 3}}, {"days": 3}),
    ],
)
def test_values_are_taken_by_kind(message, parameters, expected):
    """Numbers, money, identifiers, names, dates and the rest go where name, type, unit and format say."""
    assert expected == arguments(message, tool(**parameters))


def test_nested_objects_and_references_are_filled():
    """An object within the arguments is filled like the arguments themselves, through $ref too."""
    address = {"type": "object", "properties": {"city": STRING, "zip": STRING}, "required": ["city"]}
    parameters = {
        "type": "object",
        "properties": {"address": {"$ref": "#/$defs/address"}, "amount": NUMBER},
        "required": ["address", "amount"],
        "$defs": {"address": address},
    }
    one = Tool("ship", "", parameters)
    assert arguments("Ship it to Oslo for $9", one) == {"address": {"city": "Oslo"}, "amount": 9}


def test_an_optional_argument_without_evidence_is_left_out():
    """What the message does not name and the schema does not require is not sent."""
    assert arguments("Weather in Oslo", tool(required=["city"], city=STRING, days=INTEGER)) == {"city": "Oslo"}


def test_a_required_argument_without_evidence_has_its_type():
    """What nothing names gets a value that meets the schema, and is reported as missing."""
    one = tool(order_id=STRING, amount={"type": "number", "minimum": 5}, level={"enum": ["a", "b"]})
    filled = fill(Ask("m", history=(Said("user", "Please"),), tools=(one,)), one, "Please")
    assert filled.call.values == {"order_id": "unknown", "amount": 5, "level": "a"}
    assert filled.missing == ("order_id", "amount", "level")


def test_what_the_message_leaves_open_comes_from_the_history():
    """An identifier said earlier, and an amount that a tool returned, are recalled."""
    call = Called("lookup_order", '{"order_id": "A-1043"}', "c1")
    history = (Said("user", "My order is A-1043."), call, Returned("c1", "{'item': 'lamp', 'total': 42.5}"))
    one = tool(order_id=STRING, amount=NUMBER)
    assert arguments("I want my money back", one, history) == {"order_id": "A-1043", "amount": 42.5}


def test_a_list_in_the_message_makes_one_call_for_each():
    """A tool for one value is called once for each value that the message lists."""
    one = tool(city=STRING, unit={"type": "string", "enum": ["celsius", "kelvin"], "default": "celsius"})
    message = "Compare Paris, Rome and New York"
    made = fill_series(Ask("m", history=(Said("user", message),), tools=(one,)), one, message)
    assert [json.loads(filled.call.arguments)["city"] for filled in made] == ["Paris", "Rome", "New York"]
