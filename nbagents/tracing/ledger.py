"""Events into rows: the writer's memory of traces and spans that have not ended. No I/O.

A span's place in its trace (``seq``) is the order in which spans started, which is the order of the queue: parent
and child can share a time, so time alone cannot order them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbagents.tracing.events import SpanEnded, SpanStarted, TraceEnded, TraceStarted, microseconds
from nbagents.tracing.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Batch", "Event", "Known", "Ledger"]

Event = TraceStarted | TraceEnded | SpanStarted | SpanEnded


@dataclass(frozen=True, slots=True)
class Known:
    """What a file already holds of a trace: its row, or None, and the next free ``seq``."""

    trace: TraceRow | None = None
    next_seq: int = 0


@dataclass
class Batch:
    """Rows that are new or changed; of several states of one row only the newest.

    Attributes:
        traces: By trace id.
        spans: By span id.
        payloads: JSON text by span id, of those that have ended.
    """

    traces: dict[str, TraceRow] = field(default_factory=dict)
    spans: dict[str, SpanRow] = field(default_factory=dict)
    payloads: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.traces) + len(self.spans)


@dataclass
class _Open:
    """A trace that spans may still come for."""

    row: TraceRow
    next_seq: int
    spans: dict[str, SpanRow] = field(default_factory=dict)
    agents: dict[str, str | None] = field(default_factory=dict)


class Ledger:
    """Turns each event into rows.

    Args:
        writer: Names the process in the rows of traces.
        look_up: Asks the file about a trace whose start was not seen here.
    """

    def __init__(self, writer: str, look_up: Callable[[str], Known]) -> None:
        self._writer = writer
        self._look_up = look_up
        self._open: dict[str, _Open] = {}

    def take(self, event: Event, batch: Batch) -> None:
        """Add the rows that an event makes or changes to a batch."""
        match event:
            case SpanStarted():
                self._span_started(event, batch)
            case SpanEnded():
                self._span_ended(event, batch)
            case TraceStarted():
                self._trace_started(event, batch)
            case TraceEnded():
                self._trace_ended(event, batch)

    def _trace_started(self, event: TraceStarted, batch: Batch) -> None:
        known = self._look_up(event.trace_id)
        row = TraceRow(
            event.trace_id,
            event.name,
            known.trace.started_us if known.trace is not None else microseconds(event.started_at),
            group_id=event.group_id,
            metadata=event.metadata,
            cell_id=event.cell_id,
            writer=self._writer,
        )
        self._open[event.trace_id] = _Open(row, known.next_seq)
        batch.traces[event.trace_id] = row

    def _trace_ended(self, event: TraceEnded, batch: Batch) -> None:
        trace = self._trace(event.trace_id, event.ended_at, batch)
        trace.row = trace.row._replace(name=event.name or trace.row.name, ended_us=microseconds(event.ended_at))
        batch.traces[event.trace_id] = trace.row
        self._settle(event.trace_id)

    def _span_started(self, event: SpanStarted, batch: Batch) -> None:
        trace = self._trace(event.trace_id, event.started_at, batch)
        agent = event.name if event.type == "agent" else trace.agents.get(event.parent_id or "")
        row = SpanRow(
            event.trace_id,
            trace.next_seq,
            event.span_id,
            event.parent_id,
            event.type,
            event.name,
            microseconds(event.started_at),
            None,
            agent,
        )
        trace.next_seq += 1
        trace.spans[event.span_id] = row
        trace.agents[event.span_id] = agent
        batch.spans[event.span_id] = row

    def _span_ended(self, event: SpanEnded, batch: Batch) -> None:
        trace = self._open.get(event.trace_id)
        if trace is None or event.span_id not in trace.spans:
            self._span_started(SpanStarted(*event[:6]), batch)
            trace = self._open[event.trace_id]
        begun = trace.spans.pop(event.span_id)
        batch.spans[event.span_id] = SpanRow(
            begun.trace_id,
            begun.seq,
            begun.span_id,
            begun.parent_id,
            begun.type,
            event.name or begun.name,
            begun.started_us,
            microseconds(event.ended_at),
            begun.agent,
            event.model,
            *event.tokens,
            event.error,
        )
        batch.payloads[event.span_id] = event.payload
        self._settle(event.trace_id)

    def _trace(self, trace_id: str, moment: str, batch: Batch) -> _Open:
        """Return a trace; one that began elsewhere, as a resumed run's did, is taken up where the file left it."""
        trace = self._open.get(trace_id)
        if trace is None:
            known = self._look_up(trace_id)
            row = known.trace or TraceRow(trace_id, "trace", microseconds(moment))
            row = row._replace(ended_us=None, writer=self._writer)
            trace = self._open[trace_id] = _Open(row, known.next_seq)
            batch.traces[trace_id] = row
        return trace

    def _settle(self, trace_id: str) -> None:
        trace = self._open[trace_id]
        if trace.row.ended_us is not None and not trace.spans:
            del self._open[trace_id]
