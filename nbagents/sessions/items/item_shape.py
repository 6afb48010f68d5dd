"""What an item of each type must have for the model API to take it, as a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.sessions.items.rows import Item

__all__ = ["ROLES", "check_shape"]

ROLES = ("user", "assistant", "system", "developer")

# For each type the keys it must have, with what they may hold. A type that is not here is not known, and passes.
_NEEDED: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "function_call": {"call_id": (str,), "name": (str,), "arguments": (str,)},
    "function_call_output": {"call_id": (str,), "output": (str, list)},
    "custom_tool_call": {"call_id": (str,), "name": (str,), "input": (str,)},
    "custom_tool_call_output": {"call_id": (str,), "output": (str, list)},
    "computer_call": {"call_id": (str,)},
    "computer_call_output": {"call_id": (str,), "output": (dict,)},
    "local_shell_call": {"call_id": (str,), "action": (dict,)},
    "shell_call": {"call_id": (str,), "action": (dict,)},
    "shell_call_output": {"call_id": (str,), "output": (list,)},
    "apply_patch_call": {"call_id": (str,), "operation": (dict,)},
    "apply_patch_call_output": {"call_id": (str,), "status": (str,)},
    "mcp_call": {"name": (str,), "arguments": (str,)},
    "reasoning": {"summary": (list,)},
}
_JSON_ARGUMENTS = ("function_call", "mcp_call")
_NAMES: Mapping[type, str] = {str: "text", list: "a list", dict: "an object"}


def check_shape(item: Item) -> None:
    """Refuse an item that the model API would refuse for what it lacks.

    Args:
        item: Any item.

    Raises:
        ValueError: It says which key is wrong, and what it must hold.

    Example:
        >>> check_shape({"type": "function_call", "name": "find", "arguments": "{}", "call_id": 7})
        Traceback (most recent call last):
            ...
        ValueError: call_id of a function_call must be text
    """
    kind = item.get("type", "message" if "role" in item else None)
    if kind is None:
        raise ValueError("has neither a type nor a role, so it is no item")
    if not isinstance(kind, str):
        raise ValueError("type must be text")  # noqa: TRY004 - callers know one error
    if kind == "message":
        _check_message(item)
    for key, types in _NEEDED.get(kind, {}).items():
        if not isinstance(item.get(key), types):
            raise ValueError(f"{key} of a {kind} must be {' or '.join(_NAMES[type_] for type_ in types)}")  # noqa: TRY004 - callers know one error
    if kind in _JSON_ARGUMENTS and not _is_json(item["arguments"]):
        raise ValueError(f"arguments of a {kind} must be JSON")


def _check_message(item: Item) -> None:
    if item.get("role") not in ROLES:
        raise ValueError(f"role {item.get('role')!r} does not exist; use {', '.join(ROLES)}")
    content = item.get("content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise ValueError("content of a message must be text or a list")  # noqa: TRY004 - callers know one error
    for number, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise ValueError(f"content[{number}] of a message must be an object with a type")  # noqa: TRY004 - callers know one error


def _is_json(text: Any) -> bool:  # noqa: ANN401 - what an item holds
    try:
        json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
