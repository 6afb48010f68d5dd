"""Traces as OpenTelemetry's JSON: what a collector takes, and what its file exporter writes.

Names are OpenTelemetry's for generative AI and OpenInference's for inputs and outputs, so that other tools show
them; what only nbagents knows is under ``nbagents.``, so that reading the file back loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbagents.tracing.capture.rows import SpanRow
    from nbagents.tracing.record import TraceRecord

__all__ = ["otlp_json"]

_TRACE_ID = re.compile(r"trace_([0-9a-f]{32})")
_INTERNAL, _OK, _ERROR = 1, 1, 2
_OPERATIONS = {"agent": "invoke_agent", "generation": "chat", "response": "chat", "function": "execute_tool"}
_KINDS = {"agent": "AGENT", "generation": "LLM", "response": "LLM", "function": "TOOL", "guardrail": "GUARDRAIL"}


def otlp_json(records: Sequence[TraceRecord]) -> Iterator[str]:
    """Give the file in pieces: one request, as an OTLP exporter would send it."""
    resource = json.dumps({"attributes": _attributes({"service.name": "nbagents"})})
    yield f'{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"scope":{{"name":"nbagents"}},"spans":['
    first = True
    for span in (span for record in records for span in _spans(record)):
        yield f"{'' if first else ','}\n{json.dumps(span, ensure_ascii=False)}"
        first = False
    yield "\n]}]}]}\n"


def _spans(record: TraceRecord) -> Iterator[dict[str, Any]]:
    row = record.row
    trace_id, root = _trace_id(row.trace_id), _hash(row.trace_id, 16)
    known = {span.span_id for span in record.rows}
    own = {"nbagents.trace": json.dumps(row._asdict(), ensure_ascii=False), "session.id": row.group_id}
    yield _span(trace_id, root, "", row.name, (row.started_us, row.ended_us), record.end_us, own, None)
    for span in record.rows:
        parent = _span_id(row.trace_id, span.parent_id) if span.parent_id in known else root
        facts = _facts(span, record.payload(span.seq))
        times = (span.started_us, span.ended_us)
        span_id = _span_id(row.trace_id, span.span_id)
        yield _span(trace_id, span_id, parent, span.name, times, record.end_us, facts, span.error)


def _span(  # noqa: PLR0913, PLR0917 - what a span is made of
    trace_id: str,
    span_id: str,
    parent_id: str,
    name: str,
    times: tuple[int, int | None],
    end_us: int,
    facts: Mapping[str, object],
    error: str | None,
) -> dict[str, Any]:
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": str(times[0] * 1000),
        "endTimeUnixNano": str((times[1] or max(end_us, times[0])) * 1000),
        "attributes": _attributes(facts),
        "status": {"code": _OK} if error is None else {"code": _ERROR, "message": error},
    }


def _facts(span: SpanRow, payload: Mapping[str, Any]) -> dict[str, object]:
    tool = span.type == "function"
    return {
        "openinference.span.kind": _KINDS.get(span.type, "CHAIN"),
        "gen_ai.operation.name": _OPERATIONS.get(span.type),
        "gen_ai.agent.name": span.agent,
        "gen_ai.tool.name": span.name if tool else None,
        "gen_ai.response.model": span.model,
        "gen_ai.usage.input_tokens": span.input_tokens,
        "gen_ai.usage.output_tokens": span.output_tokens,
        "input.value": _text(payload.get("input")),
        "output.value": _text(payload.get("output")),
        "nbagents.span": json.dumps(span._asdict(), ensure_ascii=False),
        "nbagents.payload": json.dumps(payload, ensure_ascii=False),
    }


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _attributes(facts: Mapping[str, object]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items() if value is not None]


def _value(value: object) -> dict[str, str]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}


def _trace_id(trace_id: str) -> str:
    own = _TRACE_ID.fullmatch(trace_id)
    return own[1] if own else _hash(trace_id, 32)


def _span_id(trace_id: str, span_id: str) -> str:
    return _hash(f"{trace_id} {span_id}", 16)  # OpenTelemetry's are shorter than the SDK's


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]
