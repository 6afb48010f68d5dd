"""The columns of a session's frame, as a table: what each is called, where it comes from, what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.sessions.agent import agents_of
from nbagents.sessions.content import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbagents.sessions.rows import Item, RawRow

__all__ = ["COLUMNS", "Column", "Reading", "estimate_tokens", "read_columns", "type_of"]

Values = list[Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A history as it is turned into columns, one after the other.

    Attributes:
        rows: The rows.
        items: Their items.
        values: The columns that were made before.
    """

    rows: Sequence[RawRow]
    items: Sequence[Item]
    values: dict[str, Values]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its name in the frame.
        path: The key of the item it shows, or a function that makes it.
        type: Its dtype.
        editable: Whether ``apply_frame`` takes a change of it.
    """

    name: str
    path: str | Callable[[Reading], Values]
    type: str = "object"
    editable: bool = False


def type_of(item: Item) -> str | None:
    """Return an item's type; one with a role and no type is a message.

    Example:
        >>> type_of({"role": "user", "content": "Hi"})
        'message'
    """
    kind = item.get("type")
    if isinstance(kind, str):
        return kind
    return "message" if "role" in item else None


def estimate_tokens(characters: int) -> int:
    """Estimate tokens from characters, four to one and rounded up: offline, no tokenizer, right within a third.

    Example:
        >>> estimate_tokens(9)
        3
    """
    return (characters + 3) // 4


_TEXT_TYPES = {str, type(None)}


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _texts(values: Values) -> Values:
    if set(map(type, values)) <= _TEXT_TYPES:  # the items of the API
        return values
    return [_as_text(value) for value in values]


def _types(reading: Reading) -> Values:
    kinds = [item.get("type") for item in reading.items]
    return [kind if type(kind) is str else type_of(item) for kind, item in zip(kinds, reading.items, strict=True)]


def _arguments(reading: Reading) -> Values:
    values = _texts([item.get("arguments") for item in reading.items])
    if "custom_tool_call" in reading.values["type"]:
        for place, item in enumerate(reading.items):
            if item.get("type") == "custom_tool_call":
                values[place] = _as_text(item.get("input"))
    return values


def _text(reading: Reading) -> Values:
    contents = [item.get("content") for item in reading.items]
    return [
        content if type(content) is str else text_of(item) if content or "summary" in item else None
        for item, content in zip(reading.items, contents, strict=True)
    ]


def _tools(reading: Reading) -> Values:
    """Name the tool of a call, and of an output through its call."""
    called: dict[object, Any] = {}
    tools: Values = []
    for item, kind in zip(reading.items, reading.values["type"], strict=True):
        if kind == "message" or kind is None:
            tools.append(None)
        else:
            tool = _as_text(item.get("name"))
            if kind.endswith("_output"):
                tool = tool or called.get(_as_text(item.get("call_id")))
            elif kind.endswith("_call"):
                tool = tool or kind.removesuffix("_call")
                called[_as_text(item.get("call_id"))] = tool
            tools.append(tool)
    return tools


def _tokens(reading: Reading) -> Values:
    lengths = [
        [len(value) if value else 0 for value in reading.values[name]]
        for name in ("text", "tool", "arguments", "output")
    ]
    return [(a + b + c + d + 3) // 4 for a, b, c, d in zip(*lengths, strict=True)]


COLUMNS: tuple[Column, ...] = (
    Column("id", lambda reading: [row[0] for row in reading.rows], "Int64"),
    Column("position", lambda reading: list(range(1, len(reading.rows) + 1)), "int64"),
    Column("created_at", lambda reading: [row[1] for row in reading.rows], "datetime64[s, UTC]"),
    Column("type", _types),
    Column("role", "role", editable=True),
    Column("agent", lambda reading: agents_of(reading.rows, reading.items)),
    Column("text", _text, editable=True),
    Column("tool", _tools, editable=True),
    Column("arguments", _arguments, editable=True),
    Column("output", "output", editable=True),
    Column("call_id", "call_id", editable=True),
    Column("tokens", _tokens, "int64"),
    Column("metadata", lambda reading: [row[3] for row in reading.rows], editable=True),
    Column("item", lambda reading: [row[2] for row in reading.rows], editable=True),
)


def read_columns(rows: Sequence[RawRow], items: Sequence[Item]) -> dict[str, Values]:
    """Turn a history into columns.

    Args:
        rows: The good rows.
        items: Their items.

    Returns:
        One list for each of ``COLUMNS``, as long as the history; None where an item has no such thing.

    Example:
        >>> from nbagents.sessions.rows import Row
        >>> item = {"type": "function_call", "name": "lookup", "arguments": "{}", "call_id": "c1"}
        >>> read_columns([Row(1, None, "...")], [item])["tool"]
        ['lookup']
    """
    reading = Reading(rows, items, {})
    for column in COLUMNS:
        path = column.path
        reading.values[column.name] = (
            _texts([item.get(path) for item in items]) if isinstance(path, str) else path(reading)
        )
    return reading.values
