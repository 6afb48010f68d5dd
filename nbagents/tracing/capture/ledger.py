"""Events into rows: the writer's memory of traces and spans that have not ended. No I/O.

A span's place in its trace (``seq``) is the order in which spans started, which is the order of the queue: parent
and child can share a time, so time alone cannot order them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbagents.tracing.capture.events import SpanEnded, SpanStarted, TraceEnded, TraceStarted, microseconds, text_of
from nbagents.tracing.capture.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Batch", "Event", "Known", "Ledger"]

_REMEMBERED, _REMEMBERED_SPANS = 256, 200_000  # ended traces, and how many spans they may have together
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
        spans: By trace id and ``seq``; a span id is the user's to choose, and may come twice.
        payloads: JSON text by the same key, of those that have ended.
    """

    traces: dict[str, TraceRow] = field(default_factory=dict)
    spans: dict[tuple[str, int], SpanRow] = field(default_factory=dict)
    payloads: dict[tuple[str, int], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.traces) + len(self.spans)


@dataclass
class _Open:
    """A trace that spans may still come for, also after its end: a resumed run's do, and nothing ends it again."""

    row: TraceRow
    next_seq: int
    reopened: bool = False
    started: dict[str, str] = field(default_factory=dict)
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
        self._settled: dict[str, int] = {}  # ended traces and their spans, the longest settled first

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
        trace = self._trace(event.trace_id, event.started_at, batch)
        self._settled.pop(event.trace_id, None)
        trace.reopened = False
        trace.row = batch.traces[event.trace_id] = trace.row._replace(
            name=event.name,
            ended_us=None,
            group_id=event.group_id or trace.row.group_id,
            metadata=event.metadata or trace.row.metadata,
            cell_id=trace.row.cell_id or event.cell_id,
        )

    def _trace_ended(self, event: TraceEnded, batch: Batch) -> None:
        trace = self._trace(event.trace_id, event.ended_at, batch)
        trace.reopened = False
        trace.row = trace.row._replace(name=event.name or trace.row.name, ended_us=microseconds(event.ended_at))
        batch.traces[event.trace_id] = trace.row
        self._settle(event.trace_id)

    def _span_started(self, event: SpanStarted, batch: Batch) -> None:
        trace = self._open.get(event.trace_id) or self._trace(event.trace_id, event.started_at, batch)
        if trace.started.get(event.span_id) == event.started_at:  # told twice: two processors write to this file
            return
        trace.started[event.span_id] = event.started_at
        if trace.row.ended_us is not None:
            trace.reopened = True
            self._settled.pop(event.trace_id, None)
            trace.row = batch.traces[event.trace_id] = trace.row._replace(ended_us=None)
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
        batch.spans[event.trace_id, row.seq] = row

    def _span_ended(self, event: SpanEnded, batch: Batch) -> None:
        trace = self._open.get(event.trace_id)
        if trace is None or event.span_id not in trace.spans:
            self._span_started(SpanStarted(*event[:6]), batch)
            trace = self._open[event.trace_id]
        begun = trace.spans.pop(event.span_id, None)
        if begun is None:  # it has ended already: the other processor told so
            return
        key = (event.trace_id, begun.seq)
        batch.spans[key] = SpanRow(
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
            None if event.first_token_at is None else microseconds(event.first_token_at),
            event.error,
        )
        batch.payloads[key] = "".join(map(text_of, event.payload))
        if trace.reopened and not trace.spans:
            trace.row = batch.traces[event.trace_id] = trace.row._replace(ended_us=microseconds(event.ended_at))
        if trace.row.ended_us is not None:
            self._settle(event.trace_id)

    def move(self, key: tuple[str, int], least: int, batch: Batch) -> None:
        """Give a span of a batch another place in its trace.

        Args:
            key: Its trace's id and its ``seq``.
            least: The first free ``seq`` of the file.
            batch: Where it is.
        """
        trace_id = key[0]
        seq = max(least, *(known + 1 for owner, known in batch.spans if owner == trace_id))
        row = batch.spans[trace_id, seq] = batch.spans.pop(key)._replace(seq=seq)
        if key in batch.payloads:
            batch.payloads[trace_id, seq] = batch.payloads.pop(key)
        trace = self._open.get(trace_id)
        if trace is not None:
            trace.next_seq = max(trace.next_seq, seq + 1)
            if row.span_id in trace.spans:
                trace.spans[row.span_id] = row

    def _trace(self, trace_id: str, moment: str, batch: Batch) -> _Open:
        """Return a trace; one that began elsewhere, as a resumed run's did, is taken up where the file left it."""
        trace = self._open.get(trace_id)
        if trace is None:
            known = self._look_up(trace_id)
            row = known.trace or TraceRow(trace_id, "trace", microseconds(moment))
            row = row._replace(ended_us=None, writer=self._writer)
            trace = self._open[trace_id] = _Open(row, known.next_seq, reopened=known.trace is not None)
            batch.traces[trace_id] = row
        return trace

    def _settle(self, trace_id: str) -> None:
        """Forget the traces that ended longest ago; the newest may not be in the file yet, to be looked up."""
        trace = self._open[trace_id]
        self._settled.pop(trace_id, None)
        if trace.row.ended_us is not None and not trace.spans:
            self._settled[trace_id] = len(trace.started)
        while len(self._settled) > _REMEMBERED or sum(self._settled.values()) > _REMEMBERED_SPANS:
            oldest = next(iter(self._settled))
            del self._settled[oldest], self._open[oldest]
