"""A finished response as the events a stream of it would send, in the API's order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pieces", "response_events"]

Event = dict[str, Any]


def pieces(text: str) -> list[str]:
    """Cut a text into what a stream sends at a time: words, each with the space before it.

    Example:
        >>> pieces("The lamp was blue.")
        ['The', ' lamp', ' was', ' blue.']
    """
    return re.findall(r"\s*\S+|\s+", text)


def response_events(response: dict[str, Any]) -> list[Event]:
    """Return the events of ``/v1/responses`` for a finished response, numbered."""
    begun = {**response, "status": "in_progress", "completed_at": None, "output": [], "usage": None}
    events: list[Event] = [
        {"type": f"response.{state}", "response": begun} for state in ("created", "in_progress")
    ]
    for index, item in enumerate(response["output"]):
        made = _call_events if item["type"] == "function_call" else _message_events
        events += made(item, index)
    events.append({"type": "response.completed", "response": response})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _message_events(item: dict[str, Any], index: int) -> Iterator[Event]:
    part = item["content"][0]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    yield _item_event("added", {**item, "status": "in_progress", "content": []}, index)
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield _item_event("done", item, index)


def _call_events(item: dict[str, Any], index: int) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": index}
    yield _item_event("added", {**item, "status": "in_progress", "arguments": ""}, index)
    for piece in pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    yield {
        "type": "response.function_call_arguments.done",
        **place,
        "name": item["name"],
        "arguments": item["arguments"],
    }
    yield _item_event("done", item, index)


def _item_event(state: str, item: dict[str, Any], index: int) -> Event:
    return {"type": f"response.output_item.{state}", "output_index": index, "item": item}
