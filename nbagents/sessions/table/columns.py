"""The columns of a session's frame, as a table: what each is called, where it comes from, what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.sessions.items.agent import agents_of
from nbagents.sessions.items.content import said_in, text_of

if TYPE_CHECKING:
    from nbagents.sessions.items.rows import Item, RawRow

__all__ = ["COLUMNS", "EDITABLE", "Column", "Reader", "read_columns"]

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its name in the frame.
        path: Makes it from the rows and the columns that items tell; None where items tell it (``Reader.take``).
        type: Its dtype.
        editable: Whether ``apply_frame`` takes a change of it.
    """

    name: str
    path: Callable[[Sequence[RawRow], Mapping[str, Values]], Values] | None = None
    type: str = "object"
    editable: bool = False


class Reader:
    """Reads a history into columns, some items at a time.

    Attributes:
        told: The columns that items tell by themselves, as far as items were taken.

    Example:
        >>> reader = Reader()
        >>> reader.take([{"role": "user", "content": "Is my lamp on its way?"}])
        >>> reader.columns([(1, None, "...", None)])["tokens"]
        [6]
    """

    def __init__(self) -> None:
        self.told: dict[str, list[Any]] = {column.name: [] for column in COLUMNS if column.path is None}
        self._called: dict[str | None, str] = {}

    def take(self, items: Iterable[Item]) -> None:
        """Take what the next items tell, each at one look; what is not text is shown as JSON.

        The tool of an output is its call's. Tokens are an estimate, four characters to one and rounded up:
        offline, without a tokenizer.
        """
        types, roles, texts, tools, arguments, outputs, call_ids, tokens = self.told.values()
        # One loop without calls for what most items have: in a history of thousands each call, and each more
        # pass over it, costs as much as parsing a tenth of it.
        for item in items:
            get = item.get
            kind, role, text, call_id = get("type"), get("role"), get("content"), get("call_id")
            argument, output, tool = get("arguments"), get("output"), None
            if type(kind) is not str:
                kind = "message" if "role" in item else None  # users' messages have a role and no type
            if type(text) is not str:
                text = text_of(item) if text or "summary" in item else None
            if role is not None and type(role) is not str:
                role = json.dumps(role)
            if call_id is not None and type(call_id) is not str:
                call_id = json.dumps(call_id)
            size = len(text) if text else 0
            if kind is not None and kind != "message":
                tool = self._tool(kind, get("name"), call_id)
                size += len(tool) if tool else 0
                if kind == "custom_tool_call" and "arguments" not in item:
                    argument = get("input")
            if argument is not None:
                argument = argument if type(argument) is str else json.dumps(argument)
                size += len(argument)
            if output is not None:
                said = output if type(output) is str else said_in(output)  # an image is no text
                output = output if type(output) is str else json.dumps(output)
                size += len(output if said is None else said)
            types.append(kind)
            roles.append(role)
            texts.append(text)
            tools.append(tool)
            arguments.append(argument)
            outputs.append(output)
            call_ids.append(call_id)
            tokens.append((size + 3) // 4)

    def _tool(self, kind: str, name: object, call_id: str | None) -> str | None:
        """Name the tool of a call, and of an output through its call."""
        tool = name if name is None or isinstance(name, str) else json.dumps(name)
        if kind.endswith("_output"):
            return tool or self._called.get(call_id)
        if kind.endswith("_call"):
            tool = self._called[call_id] = tool or kind.removesuffix("_call")
        return tool

    def columns(self, rows: Sequence[RawRow]) -> dict[str, Values]:
        """Return every column of the items that were taken.

        Args:
            rows: Their rows.

        Returns:
            A sequence for each of ``COLUMNS``, as long as the history; None where an item has no such thing.
        """
        told = self.told
        return {
            column.name: told[column.name] if column.path is None else column.path(rows, told)
            for column in COLUMNS
        }


COLUMNS: tuple[Column, ...] = (
    Column("id", lambda rows, _: [row[0] for row in rows], "Int64"),
    Column("position", lambda rows, _: range(1, len(rows) + 1), "int64"),
    Column("created_at", lambda rows, _: [row[1] for row in rows], "datetime64[s, UTC]"),
    Column("type"),
    Column("role", editable=True),
    Column("agent", agents_of),
    Column("text", editable=True),
    Column("tool", editable=True),
    Column("arguments", editable=True),
    Column("output", editable=True),
    Column("call_id", editable=True),
    Column("tokens", type="int64"),
    Column("metadata", lambda rows, _: [row[3] for row in rows], editable=True),
    Column("item", lambda rows, _: [row[2] for row in rows], editable=True),
)
EDITABLE = tuple(column.name for column in COLUMNS if column.editable)


def read_columns(rows: Sequence[RawRow], items: Iterable[Item]) -> dict[str, Values]:
    """Turn a history into columns.

    Args:
        rows: The good rows.
        items: Their items.

    Example:
        >>> item = {"type": "function_call", "name": "lookup", "arguments": "{}", "call_id": "c1"}
        >>> read_columns([(1, None, "...", None)], [item])["tool"]
        ['lookup']
    """
    reader = Reader()
    reader.take(items)
    return reader.columns(rows)
