"""A conversation as items of a session, in the Responses API's words: a text agent can go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.realtime.conversation import Line

__all__ = ["Keeper", "session_items"]


class Keeper:
    """Writes a conversation into a session, each item once, in conversation order.

    What may still change waits: a caption that is not final, an answer that is still playing, a call whose tool
    still runs; and what comes after it with it.

    Args:
        session: Any session of ours or of the SDK.
    """

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - whatever satisfies the SDK's protocol
        self._session = session
        self._written: set[str] = set()

    async def keep(self, lines: Sequence[Line], playing: str | None = None, *, closing: bool = False) -> None:
        """Write what is new and settled.

        Args:
            lines: The conversation.
            playing: The item that is still being played.
            closing: Whether nothing will change any more.
        """
        settled: list[Line] = []
        for line in lines:
            if line.item_id in self._written:
                continue
            if not closing and (not _settled(line) or line.item_id == playing):
                break
            settled.append(line)
        items = session_items(settled)
        if items:
            await self._session.add_items(items)
        self._written |= {line.item_id for line in settled}


def session_items(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return items of the Responses API; of an interrupted answer what was heard.

    Args:
        lines: The conversation.

    Example:
        >>> from nbagents.realtime.conversation import Line
        >>> session_items([Line("a", role="user", text="Hi", final=True)])
        [{'role': 'user', 'content': 'Hi'}]
    """
    items = []
    for line in lines:
        if line.kind == "message" and (text := line.text if line.heard is None else line.heard):
            items.append(_answer(text) if line.role == "assistant" else {"role": line.role, "content": text})
        elif line.kind == "function_call":
            call = {"type": "function_call", "call_id": line.call_id, "name": line.name}
            items.append({**call, "arguments": line.arguments})
            output = line.output if line.output is not None else "(no output: the conversation ended)"
            items.append({"type": "function_call_output", "call_id": line.call_id, "output": output})
    return items


def _settled(line: Line) -> bool:
    return line.final and (line.kind != "function_call" or line.output is not None)


def _answer(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
