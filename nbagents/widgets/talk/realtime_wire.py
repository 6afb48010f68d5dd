"""What the realtime panel's page is told, as plain JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents.widgets.wire import CAPTION_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbagents.realtime.conversation import Line
    from nbagents.realtime.log import Entry
    from nbagents.realtime.tally import Tally

__all__ = ["line_json", "log_json", "tally_json"]


def line_json(line: Line, state: str | None = None) -> dict[str, Any]:
    """Return an item.

    Args:
        line: The item.
        state: How a tool's call stands: ``"waits"``, ``"runs"``, ``"rejected"`` or None.

    Example:
        >>> from nbagents.realtime.conversation import Line
        >>> line_json(Line("a", role="user", text="Hi"))["text"]
        'Hi'
    """
    return {
        "id": line.item_id,
        "kind": line.kind,
        "role": line.role,
        "text": short(line.text, CAPTION_CHARACTERS),
        "heard": line.heard,
        "final": line.final,
        "name": line.name,
        "arguments": short(line.arguments, CAPTION_CHARACTERS),
        "call_id": line.call_id,
        "output": None if line.output is None else short(line.output, CAPTION_CHARACTERS),
        "images": len(line.images),
        "state": state,
    }


def log_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return rows of the event log."""
    return [asdict(entry) for entry in entries]


def tally_json(tally: Tally, cost: float | None) -> dict[str, Any]:
    """Return tokens and cost so far."""
    return {**asdict(tally), "total": tally.total, "cost": cost}
