"""A conversation as one reads it: turns, each with what was said, which tools were called, and what came back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nbagents._static_table import folding_text
from nbagents.sessions.items.content import text_of
from nbagents.sessions.items.label import said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Entry", "Turn", "turns_html", "turns_of", "turns_text"]

State = Literal["running", "done", "stopped", "error"]
_STATIC_CHARACTERS = 2_000
_SHOWN = 40  # turns of a static form


@dataclass
class Entry:
    """Something in an answer.

    Attributes:
        kind: ``"text"`` of the agent, a ``"tool"`` call, or a ``"note"`` about the run.
        text: The text; of a call its arguments as JSON text.
        name: The agent's or tool's name.
        call_id: The call's id, "" for others.
        output: What the tool returned, or None while it runs.
    """

    kind: Literal["text", "tool", "note"]
    text: str = ""
    name: str = ""
    call_id: str = ""
    output: str | None = None


@dataclass
class Turn:
    """What a user said and what came of it.

    Attributes:
        asked: What the user said.
        first: The position of the user's item in the session.
        entries: The answer, in order.
        state: How it stands.
        error: What went wrong, or None.
        seconds: How long it took, or None where that is not known.
        tokens: Input and output tokens, or None.
        trace_id: Its trace, or None where that is not known.
    """

    asked: str
    first: int
    entries: list[Entry] = field(default_factory=list)
    state: State = "done"
    error: str | None = None
    seconds: float | None = None
    tokens: int | None = None
    trace_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def write(self, text: str, agent: str) -> None:
        """Append text of an agent, to what it was saying or anew."""
        last = self.entries[-1] if self.entries else None
        if last is not None and last.kind == "text":
            last.text += text
        else:
            self.entries.append(Entry("text", text, agent))

    def call(self, name: str, arguments: str, call_id: str) -> None:
        """Note that a tool is called."""
        self.entries.append(Entry("tool", arguments, name, call_id))

    def answer(self, call_id: str, output: object) -> None:
        """Note what a call returned."""
        for entry in self.entries:
            if entry.kind == "tool" and entry.call_id == call_id:
                entry.output = output if isinstance(output, str) else json.dumps(output, default=str)


def turns_of(items: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Return the turns of a history; what stands before the first user message has none.

    Args:
        items: A session's items.

    Example:
        >>> said = {"role": "assistant", "content": "It is blue."}
        >>> turns = turns_of([{"role": "user", "content": "lamp?"}, said])
        >>> turns[0].asked, turns[0].entries[0].text
        ('lamp?', 'It is blue.')
    """
    turns: list[Turn] = []
    for place, item in enumerate(items):
        kind = item.get("type", "message")
        if item.get("role") == "user":
            turns.append(Turn(text_of(dict(item)) or "", place))
        elif not turns:
            continue
        elif kind == "function_call":
            turns[-1].call(str(item.get("name")), str(item.get("arguments")), str(item.get("call_id")))
        elif kind == "function_call_output":
            turns[-1].answer(str(item.get("call_id")), item.get("output"))
        elif item.get("role") == "assistant":
            turns[-1].entries.append(Entry("text", text_of(dict(item)) or ""))
    return turns


def turns_text(title: str, turns: Sequence[Turn]) -> str:
    """Write a conversation as text.

    Args:
        title: What stands above it.
        turns: The turns; the newest are kept where there are many.
    """
    lines = [title]
    if len(turns) > _SHOWN:
        lines.append(f"showing the last {_SHOWN} of {len(turns):,} turns")
    for turn in turns[-_SHOWN:]:
        lines += ["", f"> {turn.asked[:_STATIC_CHARACTERS]}", *map(_line, turn.entries)]
        if turn.state != "done":
            lines.append(f"({turn.error or turn.state})")
    return "\n".join(lines)


def turns_html(title: str, turns: Sequence[Turn]) -> str:
    """Write a conversation as HTML; everything from a model or a tool is escaped.

    Args:
        title: What stands above it.
        turns: The turns.
    """
    return folding_text(turns_text(title, turns))


def _line(entry: Entry) -> str:
    text = entry.text[:_STATIC_CHARACTERS]
    if entry.kind == "tool":
        returned = "…" if entry.output is None else entry.output[:_STATIC_CHARACTERS]
        call = said("call", {"tool": entry.name, "arguments": text}, {})
        return f"  {call} → {returned}"
    return f"  {text}"
