"""Chosen spans as examples: what went in, what came out, and what was said about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.tracing.measure.layout import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from nbagents.tracing.record import SpanRecord, TraceRecord
    from nbagents.tracing.stored.notes import Note

__all__ = ["Example", "span_examples", "trace_examples", "write_jsonl"]


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a dataset: a span, or a whole trace, with one of its notes.

    Attributes:
        trace: The trace's name.
        span: The span's name, or None for the trace as a whole.
        type: The span's type, or ``"trace"``.
        agent: The agent it ran under, or None.
        model: The model that answered, or None.
        input: What went in, any JSON value; of a trace, what its first model call was given.
        output: What came out, any JSON value; of a trace, what its last model call answered.
        label: The note's label, or None where there is no note.
        note: What it says, or None.
        score: Its number, or None.
        started_at: When it started, in UTC.
        span_id: The SDK's id of the span, or None.
        trace_id: The SDK's id of the trace.
    """

    trace: str
    span: str | None
    type: str
    agent: str | None
    model: str | None
    input: Any
    output: Any
    label: str | None
    note: str | None
    score: float | None
    started_at: datetime
    span_id: str | None
    trace_id: str


def span_examples(record: TraceRecord, span: SpanRecord, notes: Sequence[Note]) -> list[Example]:
    """Return a span as an example, once for each of its notes, or once where it has none."""
    row = span.row
    about = (record.name, row.name, row.type, row.agent, row.model, span.input, span.output)
    where = (span.started_at, row.span_id, row.trace_id)
    return [Example(*about, *said, *where) for said in _said(notes)]


def trace_examples(record: TraceRecord, notes: Sequence[Note]) -> list[Example]:
    """Return a trace as an example, once for each of its notes."""
    calls = [span for span in record.spans if span.row.type in MODEL]
    given, answered = (calls[0].input, calls[-1].output) if calls else (None, None)
    about = (record.name, None, "trace", None, calls[-1].row.model if calls else None, given, answered)
    return [Example(*about, *said, record.started_at, None, record.trace_id) for said in _said(notes)]


def _said(notes: Sequence[Note]) -> list[tuple[str | None, str | None, float | None]]:
    return [(note.label, note.note, note.score) for note in notes] or [(None, None, None)]


def write_jsonl(examples: Iterable[Example], path: Path) -> None:
    """Write examples as JSON, one a line."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            fields = {name: getattr(example, name) for name in Example.__slots__}
            fields["started_at"] = example.started_at.isoformat()
            file.write(f"{json.dumps(fields, ensure_ascii=False)}\n")
