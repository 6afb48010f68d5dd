"""What a request asks for, in one form for both APIs, and what a rule replies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nbagents.replay.offline.words import name_words

__all__ = ["Ask", "Called", "Item", "Reply", "Returned", "Said", "Tool"]


@dataclass(frozen=True)
class Tool:
    """A function or handoff that may be called.

    Attributes:
        name: Its name.
        description: What it says it does.
        parameters: The JSON schema of its arguments.
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def is_handoff(self) -> bool:
        """Whether calling it passes the conversation to another agent."""
        return self.name.startswith("transfer_to_")

    @property
    def title(self) -> str:
        """Its name in words.

        Example:
            >>> Tool("lookup_order").title
            'lookup order'
        """
        return " ".join(name_words(self.name))


@dataclass(frozen=True)
class Said:
    """A message in the history."""

    role: str
    text: str


@dataclass(frozen=True)
class Called:
    """A tool call in the history, or one that a rule decided on; ``arguments`` are JSON."""

    name: str
    arguments: str
    call_id: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """The arguments as an object; empty where they are not one."""
        try:
            values = json.loads(self.arguments or "{}")
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}


@dataclass(frozen=True)
class Returned:
    """A tool's output in the history."""

    call_id: str
    output: str


Item = Said | Called | Returned


@dataclass(frozen=True)
class Ask:
    """One request.

    Attributes:
        model: The model that was named.
        instructions: The agent's instructions.
        history: The conversation, oldest first.
        tools: What may be called.
        tool_choice: "auto", "none", "required", or a tool's name.
        parallel: Whether several calls may be made at once.
        schema: The JSON schema of the final answer, or None for plain text; an empty one is any JSON object.
    """

    model: str
    instructions: str = ""
    history: tuple[Item, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel: bool = True
    schema: dict[str, Any] | None = None

    @cached_property
    def _latest(self) -> int:
        users = [i for i, item in enumerate(self.history) if isinstance(item, Said) and item.role == "user"]
        return users[-1] if users else -1

    @property
    def message(self) -> str:
        """The last user message."""
        item = self.history[self._latest] if self._latest >= 0 else None
        return item.text if isinstance(item, Said) else ""

    @property
    def before(self) -> tuple[Item, ...]:
        """The history before the last user message."""
        return self.history[: max(self._latest, 0)]

    @property
    def since(self) -> tuple[Item, ...]:
        """The history after the last user message: what this turn has done so far."""
        return self.history[self._latest + 1 :]

    @property
    def calls_made(self) -> tuple[Called, ...]:
        """The calls of this turn."""
        return tuple(item for item in self.since if isinstance(item, Called))

    def call_of(self, returned: Returned) -> Called | None:
        """Return the call that an output belongs to."""
        calls = (item for item in self.history if isinstance(item, Called) and item.call_id == returned.call_id)
        return next(calls, None)


@dataclass(frozen=True)
class Reply:
    """What a rule decided: calls, or else a text."""

    text: str = ""
    calls: tuple[Called, ...] = ()

    @property
    def words(self) -> int:
        """Words it takes to say, a call's name and arguments counted as words."""
        spoken = len(self.text.split())
        return spoken + sum(2 + len(call.values) + len(call.arguments.split()) for call in self.calls)
