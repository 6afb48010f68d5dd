"""Which agent an item is from, as far as the history itself tells.

Items do not name their agent. It is known from an item's metadata, and after a handoff, whose output names the
agent that takes over, until the user speaks again: who answers then is up to the next run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.rows import Item, RawRow

__all__ = ["agents_of"]

_TRANSFER = "transfer_to_"


def agents_of(rows: Sequence[RawRow], items: Sequence[Item]) -> list[str | None]:
    """Return the agent of each item, None where the history does not tell.

    Args:
        rows: The rows, for their metadata.
        items: Their items.

    Example:
        >>> from nbagents.sessions.rows import Row
        >>> items = [{"type": "function_call", "name": "transfer_to_refunds", "call_id": "c"},
        ...          {"type": "function_call_output", "call_id": "c", "output": '{"assistant": "refunds"}'},
        ...          {"role": "assistant", "content": "Refunded."}]
        >>> agents_of([Row(None, None, "")] * 3, items)
        [None, None, 'refunds']
    """
    names = [name for item in items if (name := item.get("name")) is not None]
    if not any([row[3] for row in rows]) and not any([str(name).startswith(_TRANSFER) for name in names]):  # noqa: C419 - faster
        return [None] * len(items)
    transfers: set[object] = set()
    current: str | None = None
    agents: list[str | None] = []
    for row, item in zip(rows, items, strict=True):
        if item.get("role") == "user":
            current = None
        agents.append((row[3] and _from_metadata(row[3])) or current)
        kind = item.get("type")
        if _is_transfer(item):
            transfers.add(str(item.get("call_id")))
        elif transfers and kind == "function_call_output" and str(item.get("call_id")) in transfers:
            current = _from_transfer(item.get("output")) or current
    return agents


def _is_transfer(item: Item) -> bool:
    name = item.get("name")
    return type(name) is str and name.startswith(_TRANSFER) and item.get("type") == "function_call"


def _from_metadata(metadata: str) -> str | None:
    try:
        agent = json.loads(metadata).get("agent")
    except (ValueError, AttributeError):
        return None
    return agent if isinstance(agent, str) else None


def _from_transfer(output: object) -> str | None:
    if not isinstance(output, str):
        return None
    try:
        told = json.loads(output.replace("'", '"'))  # the SDK wrote a Python dict here before it wrote JSON
    except ValueError:
        return None
    agent = told.get("assistant") if isinstance(told, dict) else None
    return agent if isinstance(agent, str) else None
