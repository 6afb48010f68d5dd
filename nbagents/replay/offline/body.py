"""Reading a request's parts, with an error that says which part is wrong."""

from __future__ import annotations

from typing import Any

from nbagents.errors import OfflineError
from nbagents.replay.offline.ask import Tool

__all__ = ["BadRequestError", "function_tool", "text_of", "type_of", "typed"]

_TEXT_PARTS = frozenset({"input_text", "output_text", "text", "refusal", "summary_text"})


class BadRequestError(OfflineError):
    """A request that the API would refuse too."""

    param: str  #: The part that is wrong.


def typed(
    body: dict[str, Any], key: str, kind: type | tuple[type, ...], *, endpoint: str, required: bool = False
) -> Any:  # noqa: ANN401 - any JSON value
    """Return a part of a request after a look at its type.

    Raises:
        BadRequestError: It has another type, or is missing though it is required.
    """
    value = body.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, kind):
        found = "is missing" if value is None else f"has the wrong type: {type(value).__name__}"
        raise BadRequestError(f"{key!r} {found}.", endpoint=endpoint, param=key)
    return value


def text_of(content: Any, *, endpoint: str, strict: bool) -> str:  # noqa: ANN401 - any JSON value
    """Return the text of a message's content.

    Args:
        content: A string, or parts.
        endpoint: The API path, for the error.
        strict: Whether an image, file or sound is an error; else it is named in brackets.

    Raises:
        OfflineError: A part that no rule can look at.
    """
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(part, str) or kind in _TEXT_PARTS:
            texts.append(part if isinstance(part, str) else part.get("text") or part.get("refusal") or "")
        elif strict:
            raise OfflineError(
                f"offline mode cannot look at {kind!r} content: rules read text only", endpoint=endpoint
            )
        else:
            texts.append(f"[{kind}]")
    return "\n".join(texts)


def type_of(spec: Any) -> object:  # noqa: ANN401 - any JSON value
    """Return what a tool says it is."""
    return spec.get("type") if isinstance(spec, dict) else None


def function_tool(spec: Any, *, kind: object, endpoint: str) -> Tool:  # noqa: ANN401 - any JSON value
    """Read one tool that the caller runs itself.

    Raises:
        OfflineError: A tool that OpenAI's servers would run.
        BadRequestError: It has no name.
    """
    if kind != "function":
        raise OfflineError(
            f"offline mode cannot run the hosted tool {kind!r}: it calls function tools only", endpoint=endpoint
        )
    name = spec.get("name") if isinstance(spec, dict) else None
    if not isinstance(name, str) or not name:
        raise BadRequestError("a tool has no 'name'.", endpoint=endpoint, param="tools")
    parameters = spec.get("parameters")
    return Tool(name, spec.get("description") or "", parameters if isinstance(parameters, dict) else {})
