"""What is worth keeping of each type of span: one table, one line or function a type.

The SDK's own ``export()`` leaves out a response's input and output and shows task and turn as custom, so the span
data is read itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from nbagents.tracing.capture.encode import Json, encode

if TYPE_CHECKING:
    from nbagents.tracing.capture.events import Piece

__all__ = ["NAMES", "TYPES", "Facts", "Tokens", "facts_of", "name_of", "payload_json"]

# What a person calls a span, from its data; a model's answer is named when it is known, at the end.
NAMES: Mapping[str, Callable[[Any], str | None]] = {
    "agent": lambda data: data.name,
    "task": lambda data: data.name,
    "turn": lambda data: f"turn {data.turn}",
    "response": lambda data: getattr(data.response, "model", None) or "response",
    "generation": lambda data: data.model or "generation",
    "function": lambda data: data.name,
    "handoff": lambda data: f"→ {data.to_agent}" if data.to_agent else "handoff",
    "guardrail": lambda data: data.name,
    "custom": lambda data: data.name,
    "transcription": lambda data: data.model or "transcription",
    "speech": lambda data: data.model or "speech",
    "speech_group": lambda _data: "speech",
    "mcp_tools": lambda data: data.server or "MCP tools",
}
TYPES = tuple(NAMES)


class Tokens(NamedTuple):
    """What one model call used, in tokens; None is unknown."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    reasoning: int | None = None


UNKNOWN = Tokens()


class Facts(NamedTuple):
    """What a span did.

    Attributes:
        input: What went in, any value.
        output: What came out, any value.
        data: Everything else worth showing, an object.
        model: The model that answered.
        tokens: What it used.
        settings: Gives more of ``data``, as text after it, each with a comma before: what the agent's next call
            has too, and nobody changes, so that it need not be written out on the agent's own thread.
        first_token_at: When the first of the output came, in the SDK's ISO 8601 text, where the span knows it.
    """

    input: object = None
    output: object = None
    data: Mapping[str, object] | Json | None = None
    model: str | None = None
    tokens: Tokens = UNKNOWN
    settings: Callable[[], Json] | None = None
    first_token_at: str | None = None


def name_of(data: Any) -> str:  # noqa: ANN401 - the SDK's span data has no common fields
    """Return what a person calls a span.

    Args:
        data: The SDK's span data; one of a type that is not known here is called by its name or type.
    """
    known = NAMES.get(data.type)
    name = known(data) if known is not None else getattr(data, "name", None)
    return str(name) if name else str(data.type)


def facts_of(data: Any) -> Facts:  # noqa: ANN401 - the SDK's span data has no common fields
    """Return what a span did, from its data at its end."""
    known = _FACTS.get(data.type)
    return known(data) if known is not None else Facts(data=data.export())


def payload_json(facts: Facts, error: object) -> tuple[Piece, ...]:
    """Return what is stored of a span: ``input``, ``output``, ``error`` and ``data`` as one JSON text, in pieces.

    Args:
        facts: What it did.
        error: The SDK's error of it, or None.

    Returns:
        The pieces, text or what gives it; of type ``Json`` is the one that comes again with the agent's next call.

    Example:
        >>> payload_json(Facts(input="A-1043"), None)
        ('{"input":"A-1043","output":null,"error":null,"data":null}',)
    """
    parts = (facts.input, facts.output, error, facts.data)
    given, output, failed, data = ["null" if part is None else encode(part) for part in parts]
    if facts.settings is None:
        return (f'{{"input":{given},"output":{output},"error":{failed},"data":{data}}}',)
    begin = f'{{"input":{given},"output":{output},"error":{failed},"data":{data[:-1]}'
    return begin, facts.settings, "}}"


def _fields(*names: str) -> Callable[[Any], Facts]:
    def facts(data: Any) -> Facts:  # noqa: ANN401 - see facts_of
        """Take the fields that a span has."""
        return Facts(data={name: value for name in names if (value := getattr(data, name, None)) is not None})

    return facts


def _response(data: Any) -> Facts:  # noqa: ANN401 - see facts_of
    response = data.response
    if response is None:
        return Facts(input=data.input, tokens=_tokens(data.usage))
    own = {"id": response.id, "status": response.status}
    tokens = _tokens(response.usage or data.usage)
    return Facts(data.input, _output(response), own, response.model, tokens, partial(_settings, response))


def _output(response: Any) -> object:  # noqa: ANN401 - see facts_of
    """Return the output the quick way, straight from pydantic to text, or as it is where that does not go."""
    try:
        return Json(_each(response.output))
    except Exception:  # noqa: BLE001 - another kind of object, or one that holds what JSON has no word for
        return response.output


def _settings(response: Any) -> Json:  # noqa: ANN401 - see facts_of
    try:
        return _members(f'"tools":{_each(response.tools)}', _dump(response, _SETTINGS)[1:-1])
    except Exception:  # noqa: BLE001 - see _output
        named = {name: getattr(response, name, None) for name in ("tools", *sorted(_SETTINGS))}
        return _members(*(f'"{k}":{encode(v)}' for k, v in named.items() if v is not None))


def _each(models: Sequence[Any]) -> str:
    """Dump models one by one: as part of their owner, pydantic would try every type of a long union on each."""
    return f"[{','.join([_dump(model, None) for model in models])}]"


def _dump(model: Any, include: set[str] | None) -> str:  # noqa: ANN401 - any pydantic model
    text: bytes = model.__pydantic_serializer__.to_json(
        model, include=include, by_alias=True, exclude_none=True, warnings=False
    )
    return text.decode()


def _members(*texts: str) -> Json:
    return Json("".join([f",{text}" for text in texts if text]))


_SETTINGS = {
    "instructions",
    "max_output_tokens",
    "parallel_tool_calls",
    "reasoning",
    "temperature",
    "text",
    "tool_choice",
    "top_p",
    "truncation",
}


def _generation(data: Any) -> Facts:  # noqa: ANN401 - see facts_of
    settings = {"model_config": data.model_config} if data.model_config else None
    return Facts(data.input, data.output, settings, data.model, _tokens(data.usage))


def _tokens(usage: Any) -> Tokens:  # noqa: ANN401 - a Usage object or the dict that the SDK exports
    if not usage:
        return UNKNOWN
    return Tokens(
        _number(usage, "input_tokens"),
        _number(usage, "output_tokens"),
        _number(_part(usage, "input_tokens_details") or usage, "cached_tokens"),
        _number(_part(usage, "output_tokens_details") or usage, "reasoning_tokens"),
    )


def _part(usage: Any, name: str) -> Any:  # noqa: ANN401 - see _tokens
    return usage.get(name) if isinstance(usage, Mapping) else getattr(usage, name, None)


_TOO_BIG = 2**63  # for SQLite


def _number(usage: Any, name: str) -> int | None:  # noqa: ANN401 - see _tokens
    value = _part(usage, name)
    return value if type(value) is int and abs(value) < _TOO_BIG else None


def _speech(data: Any) -> Facts:  # noqa: ANN401 - see facts_of
    details = {
        "format": data.output_format,
        "settings": data.model_config,
        "first_content_at": data.first_content_at,
    }
    sound = _audio(data.output, data.output_format)
    return Facts(data.input, sound, details, data.model, first_token_at=data.first_content_at)


def _transcription(data: Any) -> Facts:  # noqa: ANN401 - see facts_of
    details = {"format": data.input_format, "settings": data.model_config}
    return Facts(_audio(data.input, data.input_format), data.output, details, data.model)


def _audio(encoded: str | None, audio_format: str | None) -> object:
    # Under this key the redactor knows base64 for what it is and leaves a note in its place.
    return {"input_audio": {"data": encoded, "format": audio_format}} if encoded else None


_FACTS: Mapping[str, Callable[[Any], Facts]] = {
    "agent": _fields("handoffs", "tools", "output_type", "metadata"),
    "task": _fields("usage", "metadata"),
    "turn": _fields("turn", "agent_name", "usage", "metadata"),
    "response": _response,
    "generation": _generation,
    "function": lambda data: Facts(
        data.input, data.output, {"mcp_data": data.mcp_data} if data.mcp_data else None
    ),
    "handoff": _fields("from_agent", "to_agent"),
    "guardrail": _fields("triggered"),
    "custom": lambda data: Facts(None, None, data.data),
    "transcription": _transcription,
    "speech": _speech,
    "speech_group": lambda data: Facts(data.input),
    "mcp_tools": lambda data: Facts(data.server, data.result),
}
