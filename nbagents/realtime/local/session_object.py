"""The session as the server describes it: GA defaults, and what an update changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nbagents.replay.offline.ids import MODEL

__all__ = ["new_session", "updated"]

_PCM = {"type": "audio/pcm", "rate": 24_000}
_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}


def new_session(session_id: str, expires_at: int, voice: str = "canned") -> dict[str, Any]:
    """Return a session with the API's defaults.

    Args:
        session_id: Its id.
        expires_at: When the connection will be ended, in Unix seconds.
        voice: What hears and speaks.
    """
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": MODEL,  # never the one asked for: what is stored must not say that it answered
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(_PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_VAD),
            },
            "output": {"format": dict(_PCM), "voice": voice, "speed": 1.0},
        },
        "include": None,
    }


def updated(session: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """Return a session after ``session.update``.

    Args:
        session: The session so far.
        update: What the client sends.

    Example:
        >>> session = new_session("s", 0)
        >>> turns = {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.6}}}}
        >>> updated(session, turns)["audio"]["input"]["turn_detection"]["interrupt_response"]
        True
    """
    changed = deepcopy(session)
    for key, value in update.items():
        if key == "audio":
            for side in ("input", "output"):
                given = (value or {}).get(side) or {}
                changed["audio"][side] |= {name: each for name, each in given.items() if name != "voice"}
        elif key != "model":
            changed[key] = value
    heard = changed["audio"]["input"]
    if heard["turn_detection"] is not None:
        semantic = heard["turn_detection"].get("type") == "semantic_vad"
        heard["turn_detection"] = (_SEMANTIC if semantic else _VAD) | heard["turn_detection"]
    return changed
