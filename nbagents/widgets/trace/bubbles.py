"""A model's input or output as messages that a page shows as bubbles."""

from __future__ import annotations

import json
from typing import Any

from nbagents.sessions.items.content import text_of
from nbagents.widgets.wire import cut

__all__ = ["BUBBLE_CHARACTERS", "NEWEST", "chat"]

NEWEST = 40  # of the messages of a long conversation
BUBBLE_CHARACTERS = 4_000


def chat(value: object) -> dict[str, Any] | None:
    """Turn what went into a model, or came out of it, into messages.

    Args:
        value: Items of the Responses API, or messages of Chat Completions, as they are stored.

    Returns:
        ``bubbles`` (the newest, each ``who``, ``kind``, ``name`` and ``text`` as ``wire.cut`` gives it) and
        ``total``, how many there are; None where it is something else, which is shown as JSON.

    Example:
        >>> found = chat([{"role": "user", "content": "Where is my lamp?"}])
        >>> [(bubble["who"], bubble["text"]["text"]) for bubble in found["bubbles"]], found["total"]
        ([('user', 'Where is my lamp?')], 1)
    """
    if not isinstance(value, list) or not value or not all(_is_item(item) for item in value):
        return None
    bubbles = [bubble for item in value[-NEWEST:] for bubble in _bubbles(item)]
    return {"bubbles": bubbles, "shown": min(len(value), NEWEST), "total": len(value)}


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and (isinstance(value.get("role"), str) or isinstance(value.get("type"), str))


def _bubbles(item: dict[str, Any]) -> list[dict[str, Any]]:
    kind = str(item.get("type", "message"))
    if kind.endswith("_call_output") or item.get("role") == "tool":
        return [_bubble("tool", "output", "", item.get("output", item.get("content")))]
    if kind.endswith("_call"):
        called = item.get("arguments", item.get("input", item.get("action")))
        return [_bubble("assistant", "call", str(item.get("name") or kind.removesuffix("_call")), called)]
    calls = [_chat_call(call) for call in item.get("tool_calls") or () if isinstance(call, dict)]
    text = text_of(item)
    if text is None and calls:
        return calls
    who = str(item.get("role") or "assistant")
    said = _bubble(who, kind, "", text if text is not None else _rest(item))
    return [said, *calls]


def _chat_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    named = function if isinstance(function, dict) else call
    return _bubble("assistant", "call", str(named.get("name") or "tool"), named.get("arguments"))


def _rest(item: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in item.items() if key != "role"}, ensure_ascii=False)


def _bubble(who: str, kind: str, name: str, value: object) -> dict[str, Any]:
    return {"who": who, "kind": kind, "name": name, "text": cut(value, BUBBLE_CHARACTERS)}
