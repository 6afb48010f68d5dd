"""One recorded call: who asked what, and what came back, as one line of a cassette."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

__all__ = ["Recording", "line_of", "recording_of"]

_KINDS = {
    "attempt": int,
    "call": int,
    "cell": str,
    "hash": str,
    "recorded": str,
    "request": dict,
    "response": dict,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded call.

    Attributes:
        cell: The id of the cell that asked.
        call: Which call of that cell's execution, from 1, in the order in which they began.
        attempt: 0, or how often the client had tried this request before.
        hash: The hash of the canonical request.
        recorded: The day, such as "2026-11-24".
        request: The canonical request.
        response: What came back (see ``reply.py``).
    """

    cell: str
    call: int
    attempt: int
    hash: str
    recorded: str
    request: dict[str, Any]
    response: dict[str, Any]

    @property
    def title(self) -> str:
        """What was called, such as "POST responses"."""
        return f"{self.request.get('method', '?')} {self.request.get('path', '?')}"

    @property
    def files(self) -> list[str]:
        """Names of the binary bodies beside the cassette: a reply's own, or the sounds of a conversation."""
        notes = [*self.response.get("sounds", {}).values(), self.response.get("file")]
        return [note["name"] for note in notes if note]


def line_of(recording: Recording) -> str:
    """Return a recording as one line of JSON with sorted keys."""
    return _json(asdict(recording))


def recording_of(line: str) -> Recording:
    """Read a recording.

    Raises:
        ValueError: The line is not JSON, or not that of a recording.

    Example:
        >>> recording_of('{"cell": "c7"}')
        Traceback (most recent call last):
            ...
        ValueError: it lacks attempt, call, hash, recorded, request, response
    """
    value = json.loads(line)
    lacking = sorted(_KINDS.keys() - value) if isinstance(value, dict) else sorted(_KINDS)
    if lacking:
        raise ValueError(f"it lacks {', '.join(lacking)}")
    found = {name: value[name] for name in _KINDS}
    wrong = [name for name, kind in _KINDS.items() if type(found[name]) is not kind]
    if not wrong:
        reply = found["response"]
        wrong = [f"response.{name}" for name in ("ms", "status") if type(reply.get(name, 0)) is not int]
    if wrong:
        raise ValueError(f"it has something else where {', '.join(wrong)} should be")
    date.fromisoformat(found["recorded"])
    return Recording(**found)


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Line ends that only Unicode knows would split a line for some readers; a lone surrogate is no UTF-8 at all.
    if text.isascii() or not _AWKWARD.isdisjoint(text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


_AWKWARD = frozenset("\x85\u2028\u2029")
