"""What a person calls an item, and the one line that tells what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["label_of", "one_line", "said"]

_TOOL_ERROR = "An error occurred while running the tool"  # the SDK's own words for a tool that raised


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


def said(label: str, cells: Mapping[str, str | int | None]) -> str:
    """Return what an item says: a call as Python writes it, an output with a cross where the tool raised.

    Args:
        label: The item's label.
        cells: Its ``text``, ``tool``, ``arguments`` and ``output``.

    Example:
        >>> said("call", {"tool": "find", "arguments": '{"q": 1}'})
        'find({"q": 1})'
    """
    if label == "call":
        return f"{cells['tool']}({cells['arguments'] or ''})"
    if label == "output":
        output = str(cells["output"] or "")
        return f"✗ {output}" if output.startswith(_TOOL_ERROR) else output
    return str(cells["text"] or "")


def one_line(text: str, most: int) -> str:
    """Return a text on one line, with its beginning only where it is longer than some characters.

    Example:
        >>> one_line("Is my   lamp on its way?", 12)
        'Is my lamp …'
    """
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[: most - 1] + "…"
