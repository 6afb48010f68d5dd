"""Which agent an item is from, as far as the history itself tells.

Items do not name their agent. It is known from an item's metadata, and after a handoff, whose output names the
agent that takes over, until the user speaks again: who answers then is up to the next run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.items.rows import RawRow

__all__ = ["agents_of"]

_TRANSFER = "transfer_to_"


def agents_of(rows: Sequence[RawRow], values: Mapping[str, Sequence[Any]]) -> list[str | None]:
    """Return the agent of each item, None where the history does not tell.

    Args:
        rows: The rows, for their metadata.
        values: The columns role, type, tool, call_id and output of their items.

    Example:
        >>> agents_of(
        ...     [(None, None, "", None)] * 3,
        ...     {
        ...         "role": [None, None, "assistant"],
        ...         "type": ["function_call", "function_call_output", "message"],
        ...         "tool": ["transfer_to_refunds", None, None],
        ...         "call_id": ["c", "c", None],
        ...         "output": [None, '{"assistant": "refunds"}', None],
        ...     },
        ... )
        [None, None, 'refunds']
    """
    metadata = [row[3] for row in rows]
    if not any(metadata) and not any(tool and tool.startswith(_TRANSFER) for tool in set(values["tool"])):
        return [None] * len(rows)
    transfers: set[str] = set()
    current: str | None = None
    agents: list[str | None] = []
    columns = (values[name] for name in ("role", "type", "tool", "call_id", "output"))
    for known, role, kind, tool, call_id, output in zip(metadata, *columns, strict=True):
        if role == "user":
            current = None
        agents.append((known and _from_metadata(known)) or current)
        if kind == "function_call" and tool and tool.startswith(_TRANSFER):
            transfers.add(call_id)
        elif kind == "function_call_output" and call_id in transfers:
            current = _from_transfer(output) or current
    return agents


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
