"""One item changed through one column: everything the column does not show stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.sessions.items.content import replace_text
from nbagents.sessions.items.item_shape import ROLES
from nbagents.sessions.items.rows import METADATA_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbagents.sessions.items.rows import Item

__all__ = ["edit_item", "new_item", "parse_item", "parse_items", "parse_metadata"]


def parse_item(text: object) -> Item:
    """Parse the ``item`` column.

    Raises:
        ValueError: It is not the JSON of an object.
    """
    item = _parse_json(text)
    if not isinstance(item, dict):
        raise ValueError('not the JSON of an object, such as {"role": "user", "content": "..."}')  # noqa: TRY004
    if METADATA_KEY in item:
        raise ValueError(f"holds {METADATA_KEY}; put that into the metadata column")
    return item


def parse_items(text: str) -> list[Item]:
    r"""Parse one item, a list of items, or one item on each line.

    Raises:
        ValueError: It is none of these.

    Example:
        >>> parse_items('{"role": "user", "content": "Hi"}\n{"role": "user", "content": "Bye"}')[1]
        {'role': 'user', 'content': 'Bye'}
    """
    try:
        found = _parse_json(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 - then it is no item on each line
            raise
        found = [_parse_json(line) for line in lines]
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(item, dict) for item in items):
        raise ValueError('not the JSON of an object, such as {"role": "user", "content": "..."}')
    return items


def parse_metadata(text: object) -> str | None:
    """Check the ``metadata`` column and return it as it is to be stored.

    Raises:
        ValueError: It is not the JSON of an object.
    """
    if text is None:
        return None
    if isinstance(text, dict):
        return json.dumps(text, allow_nan=False)
    if not isinstance(_parse_json(text), dict):
        raise ValueError("not the JSON of an object")  # noqa: TRY004 - callers know one error
    return str(text)


def _parse_json(text: object) -> Any:  # noqa: ANN401 - JSON is anything
    if not isinstance(text, str):
        raise ValueError(f"{type(text).__name__} instead of JSON text")  # noqa: TRY004 - callers know one error
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        problem = f"{exc.msg[:1].lower()}{exc.msg[1:]}"
        raise ValueError(f"not JSON: {problem} in line {exc.lineno}, column {exc.colno}") from exc


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def edit_item(item: Item, column: str, value: object) -> None:
    """Change an item in place through one of its columns.

    Args:
        item: The item.
        column: An editable column other than ``metadata`` and ``item``.
        value: The new value.

    Raises:
        ValueError: The item cannot have that value there.

    Example:
        >>> item = {"type": "function_call", "name": "find", "arguments": "{}", "call_id": "c1", "id": "fc_1"}
        >>> edit_item(item, "arguments", '{"q": 1}')
        >>> item["arguments"], item["id"]
        ('{"q": 1}', 'fc_1')
    """
    if not isinstance(value, str):
        shown = "nothing" if value is None else type(value).__name__
        raise ValueError(f"{shown} instead of text")  # noqa: TRY004 - callers know one error
    _EDITS[column](item, value)


def _edit_role(item: Item, value: str) -> None:
    if "role" not in item:
        raise ValueError("only a message has a role")
    if value not in ROLES:
        raise ValueError(f"{value!r} is not a role; use {', '.join(ROLES)}")
    if isinstance(item.get("content"), list) and "assistant" in (item["role"], value):
        raise ValueError("the parts of an assistant's message are of other types; edit the item column")
    item["role"] = value


def _edit_arguments(item: Item, value: str) -> None:
    if item.get("type") == "custom_tool_call":  # takes free text
        item["input"] = value
        return
    if "arguments" not in item:
        raise ValueError("the item has no arguments")
    _parse_json(value)
    _replace(item, "arguments", value)


def _edit_own(key: str) -> Callable[[Item, str], None]:
    def edit(item: Item, value: str) -> None:
        """Change the key of an item that has it."""
        if item.get(key) is None:
            raise ValueError(f"the item has no {key} of its own to edit; edit its item column")
        _replace(item, key, value)

    return edit


def _replace(item: Item, key: str, value: str) -> None:
    """Text stays text; what the column shows as JSON is read as JSON."""
    item[key] = value if isinstance(item[key], str) else _parse_json(value)


_EDITS: dict[str, Callable[[Item, str], None]] = {
    "role": _edit_role,
    "text": replace_text,
    "tool": _edit_own("name"),
    "arguments": _edit_arguments,
    "output": _edit_own("output"),
    "call_id": _edit_own("call_id"),
}


def new_item(cells: Mapping[str, Any]) -> Item:
    """Make an item from a new row's cells.

    Args:
        cells: The row's cells that are not empty.

    Raises:
        ValueError: They do not make an item.

    Example:
        >>> new_item({"role": "user", "text": "Where is my lamp?"})
        {'role': 'user', 'content': 'Where is my lamp?'}
    """
    kind = cells.get("type", "message")
    if kind not in _SHAPES:
        raise ValueError(f"an item of type {kind!r} needs its JSON in the item column")
    shape = _SHAPES[kind]
    missing = [column for column in shape if column not in cells]
    needless = [column for column in _EDITS if column in cells and column not in shape]
    if missing or (needless and needless != ["tool"]):
        wrong = f"lacks {', '.join(missing)}" if missing else f"cannot have {', '.join(needless)}"
        raise ValueError(f"a new {kind} {wrong}")
    item: Item = {} if kind == "message" else {"type": kind}
    item.update(dict.fromkeys(shape.values(), ""))
    for column in shape:
        edit_item(item, column, cells[column])
    return item


# For each type that can be made from cells: its columns, and the keys they fill.
_SHAPES: dict[str, dict[str, str]] = {
    "message": {"role": "role", "text": "content"},
    "function_call": {"call_id": "call_id", "tool": "name", "arguments": "arguments"},
    "function_call_output": {"call_id": "call_id", "output": "output"},
}
