"""Ids and token counts that depend on the request alone, and the name of what answers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

__all__ = ["CREATED_AT", "MODEL", "Ids", "count_tokens"]

MODEL = "offline-rules"

CREATED_AT = 1_735_689_600  # 2025-01-01 in Unix seconds: an answer by rule has no time of its own
_CHARACTERS_PER_TOKEN = 4
_CONVERSATION = frozenset({"input", "instructions", "messages", "model"})
_TOOLS_AND_FORM = frozenset({"parallel_tool_calls", "response_format", "text", "tool_choice", "tools"})
_TELLING = _CONVERSATION | _TOOLS_AND_FORM


class Ids:
    """Makes the ids of one answer.

    The request holds the whole conversation so far, so each answer of a conversation gets ids of its own. Only
    what an answer depends on counts: the SDK sends a new ``prompt_cache_key`` with each run, and a stream is no
    other answer.

    Args:
        body: The request.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        telling = {key: body[key] for key in sorted(_TELLING & body.keys())}
        canonical = json.dumps(telling, sort_keys=True, separators=(",", ":"))
        self._digest = hashlib.sha256(canonical.encode()).hexdigest()

    def make(self, prefix: str, number: int = 0) -> str:
        """Return an id.

        Example:
            >>> Ids({"input": "Hi"}).make("msg") == Ids({"input": "Hi"}).make("msg")
            True
            >>> Ids({"input": "Hi"}).make("msg") == Ids({"input": "Ho"}).make("msg")
            False
        """
        return f"{prefix}_{hashlib.sha256(f'{self._digest}{prefix}{number}'.encode()).hexdigest()[:32]}"


def count_tokens(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Estimate tokens: one for each four characters of a text, or of a value's JSON, rounded up.

    Example:
        >>> count_tokens("Hello"), count_tokens("")
        (2, 0)
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
