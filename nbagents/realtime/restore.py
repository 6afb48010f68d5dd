"""What a new connection is told so that it knows the conversation of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbagents.realtime.conversation import Line

__all__ = ["needs_answer", "restored_items"]

Item = dict[str, Any]


def restored_items(lines: Iterable[Line]) -> list[Item]:
    """Return the items to create, oldest first, under their old ids.

    Speech comes back as its transcript, as far as it was heard; an answer of which nothing is known is left out.

    Args:
        lines: The conversation.

    Example:
        >>> from nbagents.realtime.conversation import Line
        >>> restored_items([Line("a", role="assistant", text="It is sunny", heard="It is")])[0]["content"]
        [{'type': 'output_text', 'text': 'It is'}]
    """
    lines = list(lines)
    told = {line.call_id for line in lines if line.kind == "function_call_output"}
    items: list[Item] = []
    for line in lines:
        item = _MAKE[line.kind](line) if line.kind in _MAKE else None
        if item is not None:
            items.append({"id": line.item_id, **item})
        if line.kind == "function_call" and line.output is not None and line.call_id not in told:
            items.append(_output(line.call_id, line.output))
    return items


def needs_answer(lines: Iterable[Line]) -> bool:
    """Tell whether the last word is the user's or a tool's: the answer to it was lost with the connection.

    A call without an output is not: its tool still runs, and asks for the answer when it ends.
    """
    last = next((line for line in reversed(list(lines)) if line.kind != "message" or _text(line)), None)
    if last is None:
        return False
    if last.kind == "function_call":
        return last.output is not None
    return last.kind == "function_call_output" or last.role == "user"


def _text(line: Line) -> str:
    return line.text if line.heard is None else line.heard


def _message(line: Line) -> Item | None:
    text = _text(line)
    user = line.role != "assistant"
    parts: list[Item] = [{"type": "input_image", "image_url": url} for url in line.images]
    if text:
        parts.insert(0, {"type": "input_text" if user else "output_text", "text": text})
    return {"type": "message", "role": line.role, "content": parts} if parts else None


def _call(line: Line) -> Item | None:
    if not line.final:
        return None
    return {"type": "function_call", "name": line.name, "arguments": line.arguments, "call_id": line.call_id}


def _output(call_id: str, output: str) -> Item:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


_MAKE: dict[str, Any] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": lambda line: _output(line.call_id, line.text),
}
