"""A conversation as it stays in a saved notebook: HTML that needs nothing, and the same facts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents._short import one_line
from nbagents._static_table import TO_TALK, folding_text, many
from nbagents.sessions.items.label import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.realtime.conversation import Line
    from nbagents.realtime.tally import Tally

__all__ = ["conversation_html", "conversation_text", "figures_line"]

_SHOWN = 60  # items; a count that is cut says so
_LONGEST = 400  # characters
_WHO = {"user": "you", "assistant": "agent"}


def figures_line(name: str, lines: Sequence[Line], tally: Tally, cost: float | None) -> str:
    """Return the figures of a conversation in a line.

    Args:
        name: The agent.
        lines: The conversation.
        tally: Its tokens.
        cost: What it cost in US dollars, or None where that is not known.

    Example:
        >>> from nbagents.realtime.tally import Tally
        >>> figures_line("Weather", [], Tally(), None)
        'Weather   0 turns   run this cell in JupyterLab to talk'
    """
    turns = sum(line.role == "user" for line in lines)
    calls = sum(line.kind == "function_call" for line in lines)
    parts = [name, many(turns, "turn")]
    if calls:
        parts.append(many(calls, "tool call"))
    parts.append(many(tally.total, "token") if lines else TO_TALK)
    if cost is not None:
        parts.append(f"${cost:.4f}")
    return "   ".join(parts)


def conversation_text(headline: str, lines: Sequence[Line]) -> str:
    """Return a conversation as plain text.

    Args:
        headline: What ``figures_line`` gave.
        lines: The conversation.
    """
    rows = [f"{who:<11} {text}" for who, text in _rows(lines)]
    return "\n".join([headline, *rows, *_cut(lines)])


def conversation_html(headline: str, lines: Sequence[Line]) -> str:
    """Return a conversation as HTML without a script, style sheet or network; everything is escaped.

    Args:
        headline: What ``figures_line`` gave.
        lines: The conversation.
    """
    return folding_text(conversation_text(headline, lines))


def _rows(lines: Sequence[Line]) -> list[tuple[str, str]]:
    shown = [line for line in lines if line.kind != "function_call_output"][-_SHOWN:]
    return [_row(line) for line in shown]


def _row(line: Line) -> tuple[str, str]:
    if line.kind == "function_call":
        asked = said("call", {"tool": line.name, "arguments": line.arguments}, {})
        return "tool", _short(asked if line.output is None else f"{asked} \u2192 {line.output}")
    who = _WHO.get(line.role, line.role)
    if line.heard is None:
        return who, _short(line.text)
    return who, f"{_short(line.heard)} \u2026 (interrupted)".strip()


def _cut(lines: Sequence[Line]) -> list[str]:
    whole = sum(line.kind != "function_call_output" for line in lines)
    return [f"showing the last {_SHOWN} of {whole:,} items"] if whole > _SHOWN else []


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
