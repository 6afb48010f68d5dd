"""The server's items read as what the offline rules are asked, and what an answer is counted as."""

from __future__ import annotations

from typing import Any

from nbagents.replay.offline.ask import Ask, Called, Item, Reply, Returned, Said, Tool
from nbagents.replay.offline.ids import count_tokens

__all__ = ["ask_of", "text_of", "usage_of"]

_INPUT_TOKENS_PER_S = 10
_OUTPUT_TOKENS_PER_S = 20


def text_of(item: dict[str, Any]) -> str:
    """Return what a message says.

    Example:
        >>> text_of({"content": [{"type": "input_audio", "transcript": "Hello."}]})
        'Hello.'
    """
    parts = item.get("content") or []
    return " ".join(str(part.get("transcript") or part.get("text") or "") for part in parts).strip()


def ask_of(session: dict[str, Any], items: list[dict[str, Any]]) -> Ask:
    """Return what the rules are asked.

    Args:
        session: The session, with instructions and tools.
        items: The conversation, oldest first.
    """
    tools = [
        Tool(tool["name"], tool.get("description") or "", tool.get("parameters") or {})
        for tool in session.get("tools") or []
        if tool.get("type") == "function"
    ]
    choice = session.get("tool_choice") or "auto"
    return Ask(
        model=session["model"],
        instructions=session.get("instructions") or "",
        history=tuple(made for item in items if (made := _item(item)) is not None),
        tools=tuple(tools),
        tool_choice=choice.get("name", "auto") if isinstance(choice, dict) else choice,
    )


def usage_of(ask: Ask, reply: Reply, heard_s: float, spoken_s: float) -> dict[str, Any]:
    """Count tokens as the API does: text by its length, sound by its duration.

    Args:
        ask: What was asked.
        reply: What was decided.
        heard_s: Seconds of the user's speech.
        spoken_s: Seconds of the answer's speech.
    """
    texts = [ask.instructions, *(getattr(item, "text", "") or getattr(item, "output", "") for item in ask.history)]
    given = sum(count_tokens(text) for text in texts)
    heard = round(heard_s * _INPUT_TOKENS_PER_S)
    made = count_tokens(reply.text) + sum(count_tokens(call.name + call.arguments) for call in reply.calls)
    spoken = round(spoken_s * _OUTPUT_TOKENS_PER_S)
    return {
        "total_tokens": given + heard + made + spoken,
        "input_tokens": given + heard,
        "output_tokens": made + spoken,
        "input_token_details": {
            "text_tokens": given,
            "audio_tokens": heard,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": made, "audio_tokens": spoken},
    }


def _item(item: dict[str, Any]) -> Item | None:
    match item.get("type"):
        case "message":
            return Said(item.get("role", "user"), text_of(item))
        case "function_call":
            return Called(item["name"], item.get("arguments", ""), item["call_id"])
        case "function_call_output":
            return Returned(item["call_id"], str(item.get("output", "")))
        case _:
            return None
