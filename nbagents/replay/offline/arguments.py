"""The arguments of a call: from the part of the message it is for, the whole message, then the history."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.ask import Called, Said
from nbagents.replay.offline.evidence import Evidence
from nbagents.replay.offline.facts import facts_of, recall
from nbagents.replay.offline.kinds import kind_of
from nbagents.replay.offline.leaf import MISSING, fits
from nbagents.replay.offline.schema import Builder

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask, Tool

__all__ = ["Filled", "fill", "fill_series", "must_have"]

_LISTED_KINDS = frozenset({"place", "person", "email", "language"})
_RECALLED_KINDS = frozenset({"id", "email"})


@dataclass(frozen=True)
class Filled:
    """A call with its arguments, and where they come from.

    Attributes:
        call: The call.
        direct: Arguments that the clause gave.
        nearby: Arguments that the rest of the message gave.
        recalled: Arguments that earlier messages and tool outputs gave.
        missing: Required arguments that nothing gave; the call holds a value of the right type for each.
    """

    call: Called
    direct: int = 0
    nearby: int = 0
    recalled: int = 0
    missing: tuple[str, ...] = ()


class _Sources:
    """Where an argument may come from, best first."""

    def __init__(self, ask: Ask, tool: Tool, clause: str) -> None:
        names = tuple(tool.parameters.get("properties", {}))
        used: set[int] = set()
        self._clause = Evidence(clause, names, offset=max(ask.message.find(clause), 0), used=used)
        self._message = Evidence(ask.message, names, free=False, used=used)
        self._ask = ask
        self._tool = tool
        self.direct = self.nearby = self.recalled = 0

    def find(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Return an argument's value, or MISSING, and count where it came from."""
        value = self._clause.find(name, schema)
        self.direct += value is not MISSING
        if value is MISSING:
            value = self._message.find(name, schema)
            self.nearby += value is not MISSING
        if value is not MISSING:
            return value
        value = self._recalled(name, schema) if must_have(self._tool, name) else MISSING
        self.recalled += value is not MISSING
        return value

    def _recalled(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        value = recall(facts_of(self._ask), name)
        if value is not MISSING and fits(value, schema):
            return value
        if schema.get("type", "string") != "string" or kind_of(name, schema) not in _RECALLED_KINDS:
            return MISSING
        for item in reversed(self._ask.before):
            if isinstance(item, Said) and item.role == "user":
                value = Evidence(item.text, free=False).find(name, schema)
                if value is not MISSING:
                    return value
        return MISSING


def must_have(tool: Tool, name: str) -> bool:
    """Tell whether a call needs a parameter: strict schemas list optional ones as required too."""
    schema = tool.parameters.get("properties", {}).get(name, {})
    optional = "default" in schema or "anyOf" in schema or isinstance(schema.get("type"), list)
    return name in tool.parameters.get("required", ()) and not optional


def fill(ask: Ask, tool: Tool, clause: str) -> Filled:
    """Fill a tool's arguments.

    Args:
        ask: The request.
        tool: The tool.
        clause: The part of the message that the tool is for.
    """
    sources = _Sources(ask, tool, clause)
    built = Builder(tool.parameters, sources.find).build(tool.name)
    call = _call(tool, built.value or {})
    return Filled(call, sources.direct, sources.nearby, sources.recalled, built.missing)


def fill_series(ask: Ask, tool: Tool, clause: str) -> list[Filled]:
    """Fill a tool's arguments once for each value where the clause lists several ("in Paris and Rome")."""
    first = fill(ask, tool, clause)
    for name in _lists(tool):
        listed = Evidence(clause, (name,)).series(name, tool.parameters["properties"][name])
        if len(listed) > 1 and first.call.values.get(name) == listed[0]:
            return [replace(first, call=_call(tool, {**first.call.values, name: value})) for value in listed]
    return [first]


def _lists(tool: Tool) -> list[str]:
    """Return the parameters that may be listed: of several no numbers, which are operands, and no free text."""
    properties = tool.parameters.get("properties", {})
    needed = [name for name in tool.parameters.get("required", ()) if name in properties and must_have(tool, name)]
    if len(needed) == 1:
        return needed
    texts = [name for name in needed if properties[name].get("type") == "string"]
    return [name for name in texts if kind_of(name, properties[name]) in _LISTED_KINDS]


def _call(tool: Tool, values: dict[str, Any]) -> Called:
    return Called(tool.name, json.dumps(values, ensure_ascii=False))
