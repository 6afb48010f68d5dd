"""Events of the API that the SDK has no words for."""

from __future__ import annotations

from typing import Any

from agents.realtime.model_inputs import RealtimeModelSendRawMessage

__all__ = ["raw_message"]


def raw_message(name: str, **fields: Any) -> RealtimeModelSendRawMessage:  # noqa: ANN401 - JSON values
    """Return an event as the SDK's models send it.

    Args:
        name: The API's name of it.
        fields: What it says.

    Example:
        >>> raw_message("response.create").message["type"]
        'response.create'
    """
    return RealtimeModelSendRawMessage(message={"type": name, "other_data": fields})
