"""Events of a realtime model as JSON, and from there as the SDK's own objects again.

What is received keeps all its fields, because a replay says it again. What is sent keeps what it asks for, as a
request does in ``canonical.py``: a replay compares it.
"""

from __future__ import annotations

import builtins
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from agents import FunctionTool
from agents.realtime import model_events, model_inputs
from openai.types.realtime import RealtimeError
from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.realtime import RealtimeModelConfig, RealtimeModelEvent, RealtimeModelSendEvent

__all__ = ["asked_of", "event_of", "exception_of", "received_data", "sent_data"]

_RECEIVED = {kind.type: kind for kind in get_args(model_events.RealtimeModelEvent)}
_SENT = {
    model_inputs.RealtimeModelSendRawMessage: "raw_message",
    model_inputs.RealtimeModelSendUserInput: "user_input",
    model_inputs.RealtimeModelSendToolOutput: "tool_output",
    model_inputs.RealtimeModelSendInterrupt: "interrupt",
}


def asked_of(options: RealtimeModelConfig) -> dict[str, Any]:
    """Return what a connection asks for, shaped like a canonical request: its settings, no key and no address."""
    return {
        "method": "CONNECT",
        "path": "realtime",
        "body": _settings(options.get("initial_model_settings", {})),
    }


def sent_data(event: RealtimeModelSendEvent) -> tuple[str, Any]:
    """Return the kind of an event that is sent, and what it says; sound is not this function's.

    Example:
        >>> sent_data(model_inputs.RealtimeModelSendUserInput("Good day."))
        ('user_input', {'user_input': 'Good day.'})
    """
    if isinstance(event, model_inputs.RealtimeModelSendSessionUpdate):
        return "session_update", _settings(event.session_settings)
    return _SENT[type(event)], _plain(event)


def received_data(event: RealtimeModelEvent) -> tuple[str, dict[str, Any]]:
    """Return the kind of an event that was received, and its fields; sound stays as it is."""
    if isinstance(event, model_events.RealtimeModelExceptionEvent):
        return event.type, {"exception": _named(event.exception), "context": event.context}
    data: dict[str, Any] = _adapter(_RECEIVED[event.type]).dump_python(event)
    if isinstance(data.get("error"), Exception):
        data["error"] = {"failure": _named(data["error"])}
    del data["type"]
    return event.type, data


def event_of(kind: str, data: dict[str, Any]) -> RealtimeModelEvent:
    """Return the event that ``received_data`` described.

    Raises:
        KeyError: The SDK has no such kind.
        ValueError: The fields are not that kind's.
    """
    if kind == "exception":
        return model_events.RealtimeModelExceptionEvent(exception_of(**data["exception"]), data["context"])
    if kind == "error" and isinstance(data["error"], dict):
        said = data["error"]
        return model_events.RealtimeModelErrorEvent(
            exception_of(**said["failure"]) if "failure" in said else RealtimeError.construct(None, **said)
        )
    event: RealtimeModelEvent = _adapter(_RECEIVED[kind]).validate_python(data)
    return event


def exception_of(name: str, message: str) -> Exception:
    """Return the exception of a recorded failure: Python's own by its name, any other as a ConnectionError.

    Example:
        >>> exception_of("TimeoutError", "no answer")
        TimeoutError('no answer')
    """
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, Exception):
        return found(message)
    return ConnectionError(f"{name}: {message}")


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON, with what the model is told of tools and handoffs."""
    tools = [
        {"name": tool.name, "description": tool.description, "parameters": tool.params_json_schema}
        if isinstance(tool, FunctionTool)
        else {"name": tool.name}
        for tool in settings.get("tools", ())
    ]
    handoffs = [
        {"name": one.tool_name, "description": one.tool_description, "parameters": one.input_json_schema}
        for one in settings.get("handoffs", ())
    ]
    found: dict[str, Any] = _plain({**settings, "tools": tools, "handoffs": handoffs})
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever settings hold
    return _adapter(Any).dump_python(value, mode="json", fallback=lambda other: f"({type(other).__name__})")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, or Any itself
    return TypeAdapter(kind)


def _named(error: BaseException) -> dict[str, str]:
    return {"name": type(error).__name__, "message": str(error)}
