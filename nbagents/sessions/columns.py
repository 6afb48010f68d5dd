"""The columns of a session's frame, as a table: what each is called, where it comes from, what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.sessions.agent import agents_of
from nbagents.sessions.content import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbagents.sessions.rows import Item, RawRow

__all__ = ["COLUMNS", "Column", "item_columns", "read_columns", "type_of", "whole_columns"]

Values = list[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its name in the frame.
        path: The key of the item it shows, or a function of items; None where items do not tell.
        type: Its dtype.
        editable: Whether ``apply_frame`` takes a change of it.
        whole: Makes it from the rows and the columns that items gave, where one item alone does not tell.
    """

    name: str
    path: str | Callable[[Sequence[Item]], Values] | None = None
    type: str = "object"
    editable: bool = False
    whole: Callable[[Sequence[RawRow], Mapping[str, Values]], Values] | None = None


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


_TEXT_TYPES = {str, type(None)}
_INPUT = {"custom_tool_call": "input"}


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _texts(values: Values) -> Values:
    if set(map(type, values)) <= _TEXT_TYPES:  # the items of the API
        return values
    return [_as_text(value) for value in values]


def _types(items: Sequence[Item]) -> Values:
    kinds = [item.get("type") for item in items]
    return [kind if type(kind) is str else type_of(item) for kind, item in zip(kinds, items, strict=True)]


def _arguments(items: Sequence[Item]) -> Values:
    return _texts(
        [item.get("arguments" if "arguments" in item else _INPUT.get(item.get("type", ""), "")) for item in items]
    )


def _text(items: Sequence[Item]) -> Values:
    contents = [item.get("content") for item in items]
    return [
        content if type(content) is str else text_of(item) if content or "summary" in item else None
        for item, content in zip(items, contents, strict=True)
    ]


def _tools(_: Sequence[RawRow], values: Mapping[str, Values]) -> Values:
    """Name the tool of a call, and of an output through its call."""
    called: dict[str | None, str] = {}
    tools: Values = []
    for kind, name, call_id in zip(values["type"], values["tool"], values["call_id"], strict=True):
        if kind == "message" or kind is None:
            tools.append(None)
        elif kind.endswith("_output"):
            tools.append(name or called.get(call_id))
        elif kind.endswith("_call"):
            called[call_id] = name or kind.removesuffix("_call")
            tools.append(called[call_id])
        else:
            tools.append(name)
    return tools


def _tokens(_: Sequence[RawRow], values: Mapping[str, Values]) -> Values:
    """Estimate tokens, four characters to one and rounded up: offline, without a tokenizer."""
    lengths = [
        [len(value) if value else 0 for value in values[name]] for name in ("text", "tool", "arguments", "output")
    ]
    return [(a + b + c + d + 3) // 4 for a, b, c, d in zip(*lengths, strict=True)]


COLUMNS: tuple[Column, ...] = (
    Column("id", type="Int64", whole=lambda rows, _: [row[0] for row in rows]),
    Column("position", type="int64", whole=lambda rows, _: list(range(1, len(rows) + 1))),
    Column("created_at", type="datetime64[s, UTC]", whole=lambda rows, _: [row[1] for row in rows]),
    Column("type", _types),
    Column("role", "role", editable=True),
    Column("agent", whole=agents_of),
    Column("text", _text, editable=True),
    Column("tool", "name", editable=True, whole=_tools),
    Column("arguments", _arguments, editable=True),
    Column("output", "output", editable=True),
    Column("call_id", "call_id", editable=True),
    Column("tokens", type="int64", whole=_tokens),
    Column("metadata", editable=True, whole=lambda rows, _: [row[3] for row in rows]),
    Column("item", editable=True, whole=lambda rows, _: [row[2] for row in rows]),
)


def item_columns(items: Sequence[Item]) -> dict[str, Values]:
    """Return what each item tells by itself, as columns.

    Args:
        items: Some items; those of a long history may come piece by piece.
    """
    values: dict[str, Values] = {}
    for column in COLUMNS:
        path = column.path
        if path is not None:
            values[column.name] = (
                _texts([item.get(path) for item in items]) if isinstance(path, str) else path(items)
            )
    return values


def whole_columns(rows: Sequence[RawRow], values: Mapping[str, Values]) -> dict[str, Values]:
    """Return all columns of a history.

    Args:
        rows: Its good rows.
        values: What ``item_columns`` gave for their items.
    """
    known = dict(values)
    for column in sorted(COLUMNS, key=lambda column: column.name != "tool"):  # tokens count the tool's name
        if column.whole is not None:
            known[column.name] = column.whole(rows, known)
    return {column.name: known[column.name] for column in COLUMNS}


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
    return whole_columns(rows, item_columns(items))
