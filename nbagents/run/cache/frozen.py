"""A model's answer as JSON text, and back: a whole response, or the events of a stream.

Thawed answers have used nothing: their usage is zero, because no model was asked.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from agents import ModelResponse, Usage
from openai.types.responses import ResponseOutputItem, ResponseStreamEvent

from nbagents.tracing.capture.encode import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openai
    from agents.items import TResponseStreamEvent

__all__ = ["freeze_events", "freeze_response", "thaw_events", "thaw_response"]


def freeze_response(response: ModelResponse) -> str:
    """Return a response as JSON text."""
    return encode({"id": response.response_id, "output": [_dumped(item) for item in response.output]})


def thaw_response(text: str) -> ModelResponse:
    """Return the response that a JSON text holds.

    Raises:
        ValueError: It is not one.
    """
    found = _read(text, dict)
    try:
        output = [_built(item, _item_types()) for item in found["output"]]
        return ModelResponse(output=output, usage=Usage(), response_id=found["id"])
    except (KeyError, TypeError) as exc:
        raise ValueError(f"not a response: {exc!r}") from exc


def freeze_events(events: Sequence[TResponseStreamEvent]) -> str:
    """Return the events of a stream as JSON text."""
    return encode([_dumped(event) for event in events])


def thaw_events(text: str) -> list[Any]:
    """Return the events that a JSON text holds.

    Raises:
        ValueError: It holds none.
    """
    try:
        events = [_built(event, _event_types()) for event in _read(text, list)]
    except (KeyError, TypeError) as exc:
        raise ValueError(f"not the events of a stream: {exc!r}") from exc
    for event in events:
        if getattr(event, "response", None) is not None:
            event.response.usage = None
    return events


def _read(text: str, kind: type) -> Any:  # noqa: ANN401 - any JSON value of that type
    found = json.loads(text)
    if not isinstance(found, kind):
        raise ValueError(f"a {kind.__name__} is expected, not a {type(found).__name__}")  # noqa: TRY004 - see thaw_*
    return found


def _dumped(part: Any) -> Any:  # noqa: ANN401 - the SDK lets a model answer with dictionaries too
    return part if isinstance(part, dict) else part.model_dump(mode="json", exclude_unset=True, warnings=False)


def _built(part: dict[str, Any], types: dict[str, type[openai.BaseModel]]) -> Any:  # noqa: ANN401 - one of the union
    from pydantic import ValidationError

    made = types[part["type"]]
    try:
        return made.model_validate(part)
    except ValidationError:
        return made.construct(**part)  # as openai reads what servers send: whatever fits


@cache
def _item_types() -> dict[str, type[openai.BaseModel]]:
    return _by_type(ResponseOutputItem)


@cache
def _event_types() -> dict[str, type[openai.BaseModel]]:
    return _by_type(ResponseStreamEvent)


def _by_type(union: Any) -> dict[str, type[openai.BaseModel]]:  # noqa: ANN401 - a type alias
    members = get_args(get_args(union)[0])  # of an Annotated union
    return {name: one for one in members for name in get_args(one.model_fields["type"].annotation)}
