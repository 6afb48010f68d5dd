"""``/v1/chat/completions``: a request read as an ``Ask``, a ``Reply`` written as a completion or its chunks."""

from __future__ import annotations

from typing import Any

from nbagents.errors import OfflineError
from nbagents.replay.offline.ask import Ask, Called, Item, Reply, Returned, Said
from nbagents.replay.offline.body import BadRequestError, function_tool, text_of, type_of, typed
from nbagents.replay.offline.ids import CREATED_AT, MODEL, Ids, count_tokens
from nbagents.replay.offline.stream import pieces

__all__ = ["ENDPOINT", "chunks", "read", "write"]

ENDPOINT = "/v1/chat/completions"


def read(body: dict[str, Any]) -> Ask:
    """Read a request.

    Raises:
        BadRequestError: The API would refuse it too.
        OfflineError: It asks for what a rule cannot give.
    """
    if "audio" in (body.get("modalities") or ()):
        raise OfflineError(
            "offline mode cannot speak: it answers chat completions in text only", endpoint=ENDPOINT
        )
    messages = typed(body, "messages", list, endpoint=ENDPOINT, required=True)
    system = [raw for raw in messages if isinstance(raw, dict) and raw.get("role") in {"system", "developer"}]
    tools = typed(body, "tools", list, endpoint=ENDPOINT) or []
    return Ask(
        model=typed(body, "model", str, endpoint=ENDPOINT) or "offline",
        instructions="\n".join(text_of(raw.get("content"), endpoint=ENDPOINT, strict=False) for raw in system),
        history=tuple(item for raw in messages for item in _items(raw)),
        tools=tuple(function_tool(_inner(tool), kind=type_of(tool), endpoint=ENDPOINT) for tool in tools),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        schema=_schema(body),
    )


def write(body: dict[str, Any], reply: Reply, ids: Ids) -> dict[str, Any]:
    """Write the finished completion."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if reply.calls else reply.text,
        "refusal": None,
    }
    if reply.calls:
        message["tool_calls"] = [_call(call, ids, number) for number, call in enumerate(reply.calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {**_frame(ids, "chat.completion"), "choices": [choice], "usage": _usage(body, reply)}


def chunks(body: dict[str, Any], reply: Reply, ids: Ids) -> list[dict[str, Any]]:
    """Write the completion as the chunks of a stream; usage comes last, where it was asked for."""
    frame = _frame(ids, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if reply.calls else "", "refusal": None}]
    deltas += [{"content": piece} for piece in pieces(reply.text)]
    for number, call in enumerate(reply.calls):
        deltas += _call_deltas(_call(call, ids, number), number)
    made = [_chunk(frame, delta, None) for delta in deltas]
    made.append(_chunk(frame, {}, _finish(reply)))
    if (body.get("stream_options") or {}).get("include_usage"):
        made.append({**frame, "choices": [], "usage": _usage(body, reply)})
    return made


def _items(raw: Any) -> list[Item]:  # noqa: ANN401 - any JSON value
    if not isinstance(raw, dict):
        raise BadRequestError(
            "'messages' holds something that is not an object.", endpoint=ENDPOINT, param="messages"
        )
    role, content = str(raw.get("role", "user")), raw.get("content")
    if role == "tool":
        return [Returned(str(raw.get("tool_call_id", "")), text_of(content, endpoint=ENDPOINT, strict=False))]
    text = text_of(content, endpoint=ENDPOINT, strict=role == "user")
    said: list[Item] = [Said(role, text)] if text or role == "user" else []
    return [*said, *(_called(call) for call in raw.get("tool_calls") or ())]


def _called(call: dict[str, Any]) -> Called:
    function = _inner(call)
    return Called(str(function.get("name", "")), str(function.get("arguments", "")), str(call.get("id", "")))


def _inner(spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    inner = spec.get("function") if isinstance(spec, dict) else None
    return inner if isinstance(inner, dict) else {}


def _tool_choice(choice: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(choice, dict):
        return str(_inner(choice).get("name") or "auto")
    return choice if isinstance(choice, str) else "auto"


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    form = typed(body, "response_format", dict, endpoint=ENDPOINT) or {}
    if form.get("type") == "json_schema":
        return (form.get("json_schema") or {}).get("schema") or {}
    return {} if form.get("type") == "json_object" else None


def _frame(ids: Ids, kind: str) -> dict[str, Any]:
    return {
        "id": ids.make("chatcmpl").replace("_", "-", 1),
        "object": kind,
        "created": CREATED_AT,
        "model": MODEL,  # never the one asked for: what is stored must not say that it answered
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _call(call: Called, ids: Ids, number: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": ids.make("call", number), "type": "function", "function": function}


def _call_deltas(call: dict[str, Any], number: int) -> list[dict[str, Any]]:
    opening = {**call, "index": number, "function": {"name": call["function"]["name"], "arguments": ""}}
    rest = [{"index": number, "function": {"arguments": piece}} for piece in pieces(call["function"]["arguments"])]
    return [{"tool_calls": [delta]} for delta in (opening, *rest)]


def _chunk(frame: dict[str, Any], delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {**frame, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    given = count_tokens(body["messages"]) + count_tokens(body.get("tools") or "")
    made = count_tokens(reply.text) + sum(
        count_tokens(call.name) + count_tokens(call.arguments) for call in reply.calls
    )
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
