"""Which server a session is connected to: the one the configuration names, else the one the mode chooses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from nbagents.errors import ModeError
from nbagents.replay.wire.client import current_mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.realtime import RealtimeModelConfig

    from nbagents.realtime.config import RealtimeConfig

__all__ = ["target"]


def target(config: RealtimeConfig, call_id: str | None = None) -> RealtimeModelConfig:
    """Return the address and what is shown there to be let in.

    Args:
        config: Its ``url`` comes first; then, in mode ``offline``, the local server of this process.
        call_id: A call that a browser made, to be attached to.

    Raises:
        ModeError: The mode needs a model to reach, and there is none.
    """
    there = _server(config, {"call_id": call_id} if call_id else {"model": config.model})
    return {**there, "call_id": call_id} if call_id else there


def _server(config: RealtimeConfig, asked: dict[str, str]) -> RealtimeModelConfig:
    mode = current_mode()
    if mode == "replay":
        return {"headers": {}}  # nothing is connected
    if config.url is not None:
        return {"url": _asking(config.url, asked), **_credentials(os.environ)}
    if mode == "offline":
        from nbagents.realtime.local.shared import shared_server

        return {"url": _asking(shared_server().url, asked), "headers": {}}
    base = os.environ.get("OPENAI_BASE_URL", "").strip()
    if base:
        return {"url": _asking(websocket_url(base), asked), **_credentials(os.environ)}
    if not os.environ.get("OPENAI_API_KEY", "").strip():
        raise ModeError(
            "a live realtime session needs a model to reach: set OPENAI_API_KEY, or use mode 'offline'",
            name="mode",
            value="live",
        )
    return {}


def websocket_url(base_url: str) -> str:
    """Return the realtime address of a server that speaks OpenAI's API.

    Args:
        base_url: What ``OPENAI_BASE_URL`` holds.

    Example:
        >>> websocket_url("https://example.org/v1/")
        'wss://example.org/v1/realtime'
    """
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/realtime"


def _asking(url: str, asked: dict[str, str]) -> str:
    return url if urlsplit(url).query else f"{url}?{urlencode(asked)}"


def _credentials(variables: Mapping[str, str]) -> RealtimeModelConfig:
    key = variables.get("OPENAI_API_KEY", "").strip()
    return {"api_key": key} if key else {"headers": {}}  # without a key the SDK insists on headers
