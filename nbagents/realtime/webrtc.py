"""What a browser needs to call a realtime model itself: an address and a secret that is soon worth nothing.

The standard key stays here. The browser sends sound to the model and plays its answers; the kernel attaches to the
same call by its id, for tools, captions and the trace.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbagents.errors import ModeError, RealtimeError
from nbagents.replay.wire.client import current_mode, sync_openai_client

if TYPE_CHECKING:
    from nbagents.realtime.config import RealtimeConfig

__all__ = ["CallTicket", "call_ticket"]

_SECONDS = 60  # from the secret's making to the call's beginning; a call that has begun goes on


@dataclass(frozen=True)
class CallTicket:
    """What one call of a browser takes.

    Attributes:
        url: Where the browser posts its offer.
        secret: What lets it in, once.
    """

    url: str
    secret: str = field(repr=False)


def call_ticket(config: RealtimeConfig) -> CallTicket:
    """Make an ephemeral client secret; asks the API, and waits for it.

    Args:
        config: Model and voice of the call.

    Raises:
        ModeError: The mode is not live: a call between browser and model is neither recorded nor answered by rule.
        RealtimeError: The server gave a key for a secret.
        openai.OpenAIError: The API refused.
    """
    if (mode := current_mode()) != "live":
        raise ModeError(
            f"WebRTC is between the browser and the API, so it needs mode 'live', not {mode!r}; "
            "the relay (transport='relay') works in every mode",
            name="mode",
            value=mode,
        )
    session: Any = {
        "type": "realtime",
        "model": config.model,
        "audio": {"output": {"voice": config.voice}},
    }
    client = sync_openai_client()
    made = client.realtime.client_secrets.create(
        session=session, expires_after={"anchor": "created_at", "seconds": _SECONDS}
    )
    if made.value in {client.api_key, os.environ.get("OPENAI_API_KEY")}:
        raise RealtimeError(
            "the server answered with the standard key instead of a client secret; nothing was sent"
        )
    return CallTicket(f"{str(client.base_url).rstrip('/')}/realtime/calls", made.value)
