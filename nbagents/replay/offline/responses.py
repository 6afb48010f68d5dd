"""``/v1/responses``: a request read as an ``Ask``, a ``Reply`` written as a response object."""

from __future__ import annotations

from typing import Any

from nbagents.replay.offline.ask import Ask, Called, Item, Reply, Returned, Said
from nbagents.replay.offline.body import BadRequestError, function_tool, text_of, type_of, typed
from nbagents.replay.offline.ids import CREATED_AT, MODEL, Ids, count_tokens

__all__ = ["ENDPOINT", "read", "write"]

ENDPOINT = "/v1/responses"
_ECHOED: dict[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def read(body: dict[str, Any]) -> Ask:
    """Read a request.

    Raises:
        BadRequestError: The API would refuse it too.
        OfflineError: It asks for what a rule cannot give.
    """
    for key in ("previous_response_id", "conversation", "prompt"):
        if body.get(key):
            raise BadRequestError(
                f"offline mode keeps nothing on a server, so {key!r} names nothing; send the history.",
                endpoint=ENDPOINT,
                param=key,
            )
    given = typed(body, "input", (str, list), endpoint=ENDPOINT, required=True)
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    tools = typed(body, "tools", list, endpoint=ENDPOINT) or []
    return Ask(
        model=typed(body, "model", str, endpoint=ENDPOINT) or "offline",
        instructions=typed(body, "instructions", str, endpoint=ENDPOINT) or "",
        history=tuple(item for raw in items if (item := _item(raw)) is not None),
        tools=tuple(function_tool(tool, kind=type_of(tool), endpoint=ENDPOINT) for tool in tools),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        schema=_schema(body),
    )


def write(body: dict[str, Any], reply: Reply, ids: Ids) -> dict[str, Any]:
    """Write the finished response.

    Args:
        body: The request; what it sets is echoed.
        reply: What was decided.
        ids: Makes the ids.
    """
    output = [_call(call, ids, number) for number, call in enumerate(reply.calls)] or [_message(reply.text, ids)]
    echoed = {key: default if body.get(key) is None else body[key] for key, default in _ECHOED.items()}
    return {
        "id": ids.make("resp"),
        "object": "response",
        "created_at": CREATED_AT,
        "status": "completed",
        "completed_at": CREATED_AT,
        "error": None,
        "incomplete_details": None,
        "model": MODEL,  # never the one asked for: what is stored must not say that it answered
        "output": output,
        "previous_response_id": None,
        **echoed,
        "usage": _usage(body, reply),
    }


def _item(raw: Any) -> Item | None:  # noqa: ANN401 - any JSON value
    if not isinstance(raw, dict):
        raise BadRequestError("'input' holds something that is not an object.", endpoint=ENDPOINT, param="input")
    match raw.get("type", "message"):
        case "message":
            role = raw.get("role", "user")
            return Said(role, text_of(raw.get("content"), endpoint=ENDPOINT, strict=role == "user"))
        case "function_call":
            return Called(str(raw.get("name", "")), str(raw.get("arguments", "")), str(raw.get("call_id", "")))
        case "function_call_output":
            output = raw.get("output", "")
            return Returned(str(raw.get("call_id", "")), text_of(output, endpoint=ENDPOINT, strict=False))
        case _:  # reasoning and hosted tools of an earlier, live run: nothing a rule could use
            return None


def _tool_choice(choice: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(choice, dict):
        return str(choice.get("name") or choice.get("mode") or "auto")
    return choice if isinstance(choice, str) else "auto"


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    text = typed(body, "text", dict, endpoint=ENDPOINT) or {}
    form = text.get("format") or {}
    if form.get("type") == "json_schema":
        return form.get("schema") or {}
    return {} if form.get("type") == "json_object" else None


def _message(text: str, ids: Ids) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": ids.make("msg"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def _call(call: Called, ids: Ids, number: int) -> dict[str, Any]:
    return {
        "id": ids.make("fc", number),
        "type": "function_call",
        "status": "completed",
        "call_id": ids.make("call", number),
        "name": call.name,
        "arguments": call.arguments,
    }


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    read_parts = [body.get("instructions") or "", body["input"], body.get("tools") or ""]
    given = sum(count_tokens(part) for part in read_parts)
    made = count_tokens(reply.text) + sum(
        count_tokens(call.name) + count_tokens(call.arguments) for call in reply.calls
    )
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + made,
    }
