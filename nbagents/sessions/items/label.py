"""What a person calls an item, and the one line that tells what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbagents.sessions.items.content import media_of, said_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.sessions.items.rows import Item

__all__ = ["label_of", "said"]

_MOST_ARGUMENTS = 4000  # characters
_ASKED = ("queries", "code")  # what tools that run at the API are asked, beside an action
# The SDK's own words for a tool that raised; what comes after the first of them is not the same in every version.
_TOOL_ERROR = "An error occurred while running the tool"
_TOOL_ERROR_MORE = f"{_TOOL_ERROR}. Please try again. Error: "


def label_of(kind: str | None, role: str | None) -> str:
    """Return an item's label: a message's role, ``call``, ``output``, or its type.

    Example:
        >>> label_of("message", "user"), label_of("function_call_output", None), label_of("reasoning", None)
        ('user', 'output', 'reasoning')
    """
    if kind == "message" or kind is None:
        return role or "unknown"
    if kind.endswith("_output"):
        return "output"
    return "call" if kind.endswith("_call") else kind


def said(label: str, cells: Mapping[str, str | int | None], item: Item) -> str:
    """Return what an item says: a call as Python writes it; of a tool that raised the error alone, with a cross.

    Args:
        label: The item's label.
        cells: Its ``text``, ``tool``, ``arguments`` and ``output``.
        item: The item, for what it holds beside text.

    Example:
        >>> said("call", {"tool": "find", "arguments": '{"name": "lamp", "most": 3}'}, {})
        'find(name="lamp", most=3)'
    """
    if label == "call":
        return f"{cells['tool']}({_arguments(cells['arguments'], item)})"
    if label == "output":
        output = said_in(item.get("output")) or str(cells["output"] or "")
        return f"✗ {output.removeprefix(_TOOL_ERROR_MORE)}" if output.startswith(_TOOL_ERROR) else output
    if label == "reasoning" and not cells["text"]:
        return "(no summary)"
    return f"{media_of(item.get('content'))} {cells['text'] or ''}".strip()


def _arguments(told: object, item: Item) -> str:
    """Write an object's members as Python's keyword arguments; what is none, or is long, stays as it is."""
    text = str(told or "")
    if told is None:  # the tool runs at the API
        action = item.get("action")
        members = action if isinstance(action, dict) else {key: item[key] for key in _ASKED if key in item}
    elif not text.startswith("{") or len(text) > _MOST_ARGUMENTS:
        return text
    else:
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            return text
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in members.items())
