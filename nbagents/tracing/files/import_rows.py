"""Traces from elsewhere into a store: without secrets, beside what is there, the same ones once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.tracing.capture.encode import whole_text
from nbagents.tracing.capture.redact import Redactor
from nbagents.tracing.capture.writer import UPSERT_SPAN, UPSERT_TRACE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from nbagents.tracing.capture.rows import SpanRow, TraceRow
    from nbagents.tracing.files.otlp_read import Trace

__all__ = ["insert_traces"]

_WRITER = "imported"  # no process: what has no end there was interrupted


def insert_traces(connection: sqlite3.Connection, traces: Iterable[Trace]) -> None:
    """Store traces with their spans; of one that is there already, only what is new or has changed."""
    redactor = Redactor()
    for row, spans in traces:
        connection.execute(UPSERT_TRACE, _clean_trace(row, redactor))
        known = dict(connection.execute("SELECT span_id, seq FROM nb_spans WHERE trace_id = ?", (row.trace_id,)))
        taken = set(known.values())
        for span, payload in sorted(spans, key=lambda pair: (pair[0].seq, pair[0].started_us)):
            seq = known.get(span.span_id, span.seq)
            if span.span_id not in known and seq in taken:  # two processes may have numbered apart from each other
                seq = max(taken) + 1
            taken.add(seq)
            clean = _clean_span(span._replace(seq=seq), redactor)
            connection.execute(UPSERT_SPAN, (*clean, _clean_payload(payload, redactor)))


def _clean_trace(row: TraceRow, redactor: Redactor) -> TraceRow:
    return row._replace(
        name=redactor.name(row.name),
        group_id=None if row.group_id is None else redactor.name(row.group_id),
        metadata=None if row.metadata is None else redactor.json(row.metadata),
        writer=_WRITER,
    )


def _clean_span(row: SpanRow, redactor: Redactor) -> SpanRow:
    return row._replace(
        name=redactor.name(row.name),
        agent=None if row.agent is None else redactor.name(row.agent),
        model=None if row.model is None else redactor.name(row.model),
        error=None if row.error is None else redactor.name(row.error),
    )


def _clean_payload(payload: dict[str, Any], redactor: Redactor) -> str:
    return redactor.json(whole_text(json.dumps(payload, ensure_ascii=False, separators=(",", ":"))))
