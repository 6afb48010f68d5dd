"""OpenTelemetry's JSON into traces: our own, OpenInference's, and whoever keeps to the conventions."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nbagents.tracing.capture.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["read_otlp"]

_ERROR = 2
_OPERATIONS = {"chat": "generation", "invoke_agent": "agent", "create_agent": "agent", "execute_tool": "function"}
_KINDS = {"AGENT": "agent", "LLM": "generation", "TOOL": "function", "GUARDRAIL": "guardrail"}
# What the same thing is called, the first that is there counts.
_INPUT = ("input.value", "gen_ai.input.messages", "gen_ai.prompt", "gen_ai.tool.call.arguments")
_OUTPUT = ("output.value", "gen_ai.output.messages", "gen_ai.completion", "gen_ai.tool.call.result")
_MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
_AGENT = ("gen_ai.agent.name", "agent.name")
_TOKENS = (
    ("gen_ai.usage.input_tokens", "llm.token_count.prompt"),
    ("gen_ai.usage.output_tokens", "llm.token_count.completion"),
    ("gen_ai.usage.cache_read.input_tokens", "llm.token_count.prompt_details.cache_read"),
    ("gen_ai.usage.reasoning.output_tokens", "llm.token_count.completion_details.reasoning"),
)

Trace = tuple[TraceRow, list[tuple[SpanRow, dict[str, Any]]]]


def read_otlp(requests: Iterable[Mapping[str, Any]]) -> Iterator[Trace]:
    """Give the traces of OTLP requests, each with its spans in the order of starting and their payloads.

    Args:
        requests: Decoded JSON, each with ``resourceSpans``.

    Raises:
        ValueError: A span lacks what every span has.
    """
    by_trace: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for request in requests:
        for resource in request.get("resourceSpans", ()):
            for scope in resource.get("scopeSpans", ()):
                for span in scope.get("spans", ()):
                    by_trace[_needed(span, "traceId")].append(_opened(span))
    for trace_id, spans in by_trace.items():
        own = next((span for span in spans if "nbagents.trace" in span["facts"]), None)
        yield _own_trace(own, spans) if own is not None else _trace(trace_id, spans)


def _opened(span: Mapping[str, Any]) -> dict[str, Any]:
    facts = {pair["key"]: _value(pair.get("value", {})) for pair in span.get("attributes", ())}
    begin, end = int(_needed(span, "startTimeUnixNano")), int(span.get("endTimeUnixNano") or 0)
    return {
        **span,
        "facts": facts,
        "begin": begin // 1000,
        "end": end // 1000 or None,
        "id": _needed(span, "spanId"),
    }


def _needed(span: Mapping[str, Any], name: str) -> str:
    if name not in span:
        raise ValueError(f"a span has no {name}")
    return str(span[name])


def _value(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case {"intValue": number}:
            return int(number)
        case {"arrayValue": {"values": values}}:
            return [_value(item) for item in values]
        case {"kvlistValue": {"values": pairs}}:
            return {pair["key"]: _value(pair.get("value", {})) for pair in pairs}
        case _:
            return next(iter(value.values()), None)


def _own_trace(root: Mapping[str, Any], spans: Iterable[Mapping[str, Any]]) -> Trace:
    row = TraceRow(**json.loads(root["facts"]["nbagents.trace"]))
    own = [span["facts"] for span in spans if "nbagents.span" in span["facts"]]
    rows = [(SpanRow(**json.loads(f["nbagents.span"])), json.loads(f["nbagents.payload"])) for f in own]
    return row, sorted(rows, key=lambda pair: pair[0].seq)


def _trace(trace_id: str, spans: list[dict[str, Any]]) -> Trace:
    known = {span["id"]: span for span in spans}
    ordered = sorted(spans, key=lambda span: (span["begin"], _depth(span, known)))
    ends = [span["end"] for span in spans]
    end = None if None in ends else max(ends)
    roots = [span for span in ordered if span.get("parentSpanId") not in known]
    name = str((roots or ordered)[0].get("name") or "trace")
    row = TraceRow(f"trace_{trace_id}", name, ordered[0]["begin"], end, ordered[0]["facts"].get("session.id"))
    return row, [_row(row.trace_id, seq, span, known) for seq, span in enumerate(ordered)]


def _depth(span: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(1 for _ in _above(span, known))


def _above(span: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    seen = {span["id"]}
    while (parent := known.get(span.get("parentSpanId", ""))) is not None and parent["id"] not in seen:
        seen.add(parent["id"])
        yield parent
        span = parent


def _row(
    trace_id: str, seq: int, span: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> tuple[SpanRow, dict[str, Any]]:
    facts, status = span["facts"], span.get("status", {})
    failed = status.get("code") in {_ERROR, "STATUS_CODE_ERROR"}
    message = (status.get("message") or _exception(span) or "error") if failed else None
    agents = [
        _first(one["facts"], _AGENT) or one.get("name") for one in (span, *_above(span, known)) if _is_agent(one)
    ]
    given, answered, cached, reasoning = (_number(_first(facts, names)) for names in _TOKENS)
    row = SpanRow(
        trace_id=trace_id,
        seq=seq,
        span_id=span["id"],
        parent_id=span.get("parentSpanId") if span.get("parentSpanId") in known else None,
        type=_type(facts),
        name=str(span.get("name") or "span"),
        started_us=span["begin"],
        ended_us=span["end"],
        agent=_first(facts, _AGENT) or next(iter(agents), None),
        model=_first(facts, _MODEL),
        input_tokens=given,
        output_tokens=answered,
        cached_tokens=cached,
        reasoning_tokens=reasoning,
        error=message,
    )
    payload = {"input": _parsed(_first(facts, _INPUT)), "output": _parsed(_first(facts, _OUTPUT))}
    rest = {key: value for key, value in facts.items() if key not in {*_INPUT, *_OUTPUT}}
    return row, {**payload, "error": {"message": message} if failed else None, "data": rest}


def _type(facts: Mapping[str, Any]) -> str:
    kind = _KINDS.get(str(facts.get("openinference.span.kind")).upper())
    return kind or _OPERATIONS.get(str(facts.get("gen_ai.operation.name")), "custom")


def _is_agent(span: Mapping[str, Any]) -> bool:
    return _type(span["facts"]) == "agent"


def _exception(span: Mapping[str, Any]) -> str | None:
    for event in span.get("events", ()):
        facts = {pair["key"]: _value(pair.get("value", {})) for pair in event.get("attributes", ())}
        if "exception.message" in facts:
            return str(facts["exception.message"])
    return None


def _first(facts: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON value
    return next((facts[name] for name in names if facts.get(name) is not None), None)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _parsed(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
