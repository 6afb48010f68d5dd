"""Any value becomes JSON, soon, and says what was left out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types

import pydantic
import pytest

from nbagents.tracing.capture.encode import MAX_CHARACTERS, Json, cut, encode, fit


@dataclasses.dataclass
class Order:
    number: str
    lines: list[int]


class Lamp(pydantic.BaseModel):
    name: str
    made: dt.date
    other: object = None


class Rude:
    def __repr__(self):
        raise RuntimeError("no")


class RudeModel(pydantic.BaseModel):
    def model_dump(self, **options):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("é✓😀\n\u2028</script>", "é✓😀\n\u2028</script>"),
        ([1, 2.5, True, None], [1, 2.5, True, None]),
        ((1, 2), [1, 2]),
        ({1: "a", None: "b", False: "c"}, {"1": "a", "null": "b", "false": "c"}),
        ({(1, 2): "a"}, {"(1, 2)": "a"}),
        (float("inf"), "inf"),
        ([float("nan"), float("-inf")], ["NaN", "-inf"]),
        ("half \ud83d", "half \ufffd"),
        ({"\udc00": ["\ud800"]}, {"\ufffd": ["\ufffd"]}),
        (Order("A-1", [1]), {"number": "A-1", "lines": [1]}),
        (Lamp(name="Ada", made=dt.date(2026, 1, 2)), {"name": "Ada", "made": "2026-01-02", "other": None}),
        ({3, 1, 2}, [1, 2, 3]),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (int, "<class 'int'>"),
        (Order, "<class 'Order'>"),
        (Rude(), "[Rude: its repr raised RuntimeError]"),
        ({"deep": [Rude()]}, {"deep": ["[Rude: its repr raised RuntimeError]"]}),
        (bytearray(b"RIFF"), "[bytes: 4 bytes, sha256 a40ff3d5900f]"),
        (2**80, 2**80),
    ],
)
def test_every_value_has_its_json(value, expected):
    """What JSON has no word for becomes a string, and nothing raises."""
    found = json.loads(encode(value))
    assert found == (f"<class '{__name__}.Order'>" if expected == "<class 'Order'>" else expected)


def test_a_model_that_cannot_be_dumped_is_described():
    """A model's own serialiser is anybody's code."""
    assert json.loads(encode([RudeModel()])) == ["RudeModel()"]


def test_a_cycle_ends():
    """A value that contains itself is cut where it comes back."""
    value = {"name": "a", "list": []}
    value["list"].append(value)
    assert json.loads(encode(value)) == {"name": "a", "list": ["[cut: a cycle]"]}


def test_great_depth_ends():
    """What is nested deeper than can be read is cut, and stays JSON."""
    value = []
    for _ in range(100_000):
        value = [value]
    text = encode(value)
    assert "more than 60 levels deep" in text
    assert json.loads(text)
    while value:  # take it apart level by level
        value = value.pop()


def test_a_generator_is_not_consumed():
    """Looking at a run never changes it: a stream that passes through a span is still whole after."""
    stream = (n for n in range(3))
    assert "generator object" in encode({"stream": stream})
    assert list(stream) == [0, 1, 2]


def test_json_stays_as_it_is():
    """Text that is JSON already is not encoded again."""
    assert encode(Json('{"a":1}')) == '{"a":1}'
    assert encode('{"a":1}') == '"{\\"a\\":1}"'


@pytest.mark.parametrize(
    "value",
    [
        {"text": "x" * 3_000_000},
        [{"role": "user", "content": "word " * 40} for _ in range(20_000)],
        {f"key {n}": "v" * 50 for n in range(60_000)},
        [[["x" * 900] * 30] * 30] * 30,
        {"k" * 2_000_000: 1},
        list(range(400_000)),
    ],
)
def test_what_is_too_long_is_cut_and_says_so(value):
    """Still JSON, not over the limit, and with a note of how much there was."""
    text = fit(encode(value))
    assert len(text) <= MAX_CHARACTERS
    assert json.loads(text) is not None
    assert "cut" in text


def test_what_fits_is_not_touched():
    """No byte of an ordinary payload is lost."""
    text = encode({"text": "x" * (MAX_CHARACTERS - 20)})
    assert fit(text) is text


def test_a_cut_text_says_how_much_it_is():
    """A reader sees what is missing."""
    assert cut("abc", 3) == "abc"
    assert cut("a" * 2_000, 1_000) == "a" * 1_000 + "… [cut: 1,000 of 2,000 characters]"
