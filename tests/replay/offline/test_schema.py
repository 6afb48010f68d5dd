"""Values built for JSON schemas are valid, whatever the schema: checked by the jsonschema package."""

import json
import random
from typing import Annotated, Literal

import jsonschema
import pytest
from agents import AgentOutputSchema
from pydantic import BaseModel, Field

from nbagents.replay.offline.ask import Ask, Called, Returned, Said, Tool
from nbagents.replay.offline.decide import decide
from nbagents.replay.offline.leaf import MISSING
from nbagents.replay.offline.schema import Builder
from nbagents.replay.offline.structured import structured

NAMES = (
    "city",
    "order_id",
    "amount",
    "count",
    "email",
    "date",
    "is_late",
    "tags",
    "note",
    "items",
    "score",
    "when",
    "title",
)
MESSAGE = (
    'Ada Byron from Oslo ordered 3 lamps for $42.50 on 2026-01-31, order A-1043, mail ada@example.com, "a gift", '
    "priority high, because the old one broke; not urgent. See https://example.com/a and 17 * 23."
)
FORMATS = ("date", "date-time", "time", "email", "uri", "uuid", "ipv4", "hostname", "duration")
PATTERNS = (
    r"^[A-Z]{2}-\d{4}$",
    r"^\d{5}(?:-\d{4})?$",
    r"^(?:yes|no)$",
    r"[a-z]+@[a-z]+\.(?:com|org)",
    r"^#[0-9a-fA-F]{6}$",
    r"^\S+ \S+$",
)


def text(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return {"type": "string", "format": rng.choice(FORMATS)}
    if kind == 1:
        return {"type": "string", "pattern": rng.choice(PATTERNS)}
    if kind == 2:
        low = rng.randrange(12)
        return {"type": "string", "minLength": low, "maxLength": low + rng.randrange(30)}
    if kind == 3:
        return {"type": "string", "enum": rng.sample(["low", "high", "late", "Oslo"], 2)}
    return {"type": "string", "description": "What was said."}


def number(rng):
    schema = {"type": rng.choice(["integer", "number"])}
    if rng.random() < 0.7:
        schema[rng.choice(["minimum", "exclusiveMinimum"])] = rng.randrange(-50, 100)
    if rng.random() < 0.5:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        schema[rng.choice(["maximum", "exclusiveMaximum"])] = low + rng.randrange(2, 60)
    elif rng.random() < 0.4:
        schema["multipleOf"] = rng.choice([1, 2, 5, 0.5] if schema["type"] == "number" else [1, 2, 5])
    return schema


def array(rng, depth):
    schema = {"type": "array", "items": any_schema(rng, depth + 1)}
    if rng.random() < 0.5:
        schema["minItems"] = rng.randrange(3)
        schema["maxItems"] = schema["minItems"] + rng.randrange(3)
    return schema


def thing(rng, depth):
    names = rng.sample(NAMES, rng.randrange(1, 5))
    schema = {"type": "object", "properties": {name: any_schema(rng, depth + 1) for name in names}}
    schema["required"] = names if rng.random() < 0.5 else rng.sample(names, rng.randrange(len(names) + 1))
    schema["additionalProperties"] = rng.choice([False, True, {"type": "integer"}])
    return schema


def any_schema(rng, depth):
    makers = [
        text,
        number,
        lambda rng: {"type": "boolean"},
        lambda rng: {"const": rng.choice(["a", 1, None, True])},
    ]
    if depth < 4:
        makers += [lambda rng: thing(rng, depth), lambda rng: array(rng, depth)] * 2
        makers += [lambda rng: {rng.choice(["anyOf", "oneOf"]): [text(rng), {"type": "null"}]}]
        makers += [
            lambda rng: {"anyOf": [thing(rng, depth), number(rng)]},
            lambda rng: {"type": ["integer", "null"]},
        ]
        makers += [lambda rng: {"allOf": [thing(rng, depth)]}, lambda rng: {"$ref": "#/$defs/shared"}]
    return rng.choice(makers)(rng)


def valid(value, schema):
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(value)


def asked(schema, message=MESSAGE):
    call = Called("lookup_order", "{}", "call_1")
    output = Returned(
        "call_1", json.dumps({"amount": 42.5, "count": "many", "items": [{"city": "Oslo"}], "is_late": True})
    )
    return Ask("m", history=(Said("user", message), call, output), schema=schema)


@pytest.mark.parametrize("seed", range(300))
def test_any_schema_is_met(seed):
    """A value is valid for its schema, with evidence in the message and tool outputs and without any."""
    rng = random.Random(seed)
    for _ in range(5):
        schema = {
            **thing(rng, 0),
            "$defs": {"shared": {"type": "object", "properties": {"city": {"type": "string"}}}},
        }
        valid(json.loads(structured(asked(schema), "An answer.")), schema)
        valid(Builder(schema, lambda *_: MISSING).build().value, schema)


@pytest.mark.parametrize("seed", range(200))
def test_any_tools_arguments_are_valid(seed):
    """A forced call meets its tool's schema, and the history of any JSON output is read without an error."""
    rng = random.Random(seed)
    tools = tuple(Tool(name, "Find an order.", thing(rng, 0)) for name in ("lookup_order", "get_weather"))
    tools = tuple(
        Tool(one.name, one.description, {**one.parameters, "$defs": {"shared": {"type": "string"}}})
        for one in tools
    )
    history = asked(None).history
    for choice in ("auto", "required", "get_weather"):
        message = Said(
            "user", rng.choice([MESSAGE, "", "order", "Where is order A-1043 in Oslo, Rome and Paris?"])
        )
        ask = Ask("m", history=(*history, message), tools=tools, tool_choice=choice)
        schemas = {tool.name: tool.parameters for tool in tools}
        reply = decide(ask)
        assert reply.text or reply.calls
        for call in reply.calls:
            valid(call.values, schemas[call.name])


class Node(BaseModel):
    name: str
    children: list["Node"]
    parent: "Node | None"


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(ge=1, le=9)]


class Order(BaseModel):
    order_id: str
    total: float
    status: Literal["pending", "shipped"]
    lines: list[Line]
    note: str | None
    gift: bool


@pytest.mark.parametrize("kind", [Node, Line, Order, list[Order], str | int])
def test_what_pydantic_describes_can_be_read_back(kind):
    """An agent's output type gets JSON that the SDK itself reads back, recursive types too."""
    output = AgentOutputSchema(kind)
    text = structured(asked(output.json_schema()), "An answer.")
    output.validate_json(text)


def test_fields_are_drawn_from_tool_outputs_then_the_message():
    """A field takes what a tool returned under its name, else what the message says, else a value of its type."""
    schema = {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "order_id": {"type": "string"},
            "status": {"type": "string", "enum": ["pending", "shipped"]},
            "quantity": {"type": "integer"},
        },
        "required": ["amount", "order_id", "status", "quantity"],
    }
    assert json.loads(structured(asked(schema, "Where is order A-1043? It has 3 items."), "")) == {
        "amount": 42.5,
        "order_id": "A-1043",
        "status": "pending",
        "quantity": 3,
    }


def test_a_reference_that_contains_itself_ends():
    """A schema that requires itself for ever gets some value rather than an endless loop."""
    schema = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"]}},
    }
    assert isinstance(Builder(schema, lambda *_: MISSING).build().value, dict)
