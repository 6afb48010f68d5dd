"""A trace as one reads it: spans in tree order, sums, a frame, a figure, a view."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from nbagents._given import check_given
from nbagents.errors import TraceNotFoundError
from nbagents.tracing.analysis import Analysis
from nbagents.tracing.capture.process import alive
from nbagents.tracing.measure import layout
from nbagents.tracing.measure.cost import known_cost, total_cost
from nbagents.tracing.measure.self_time import self_times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from nbagents.tracing.capture.rows import SpanRow, TraceRow
    from nbagents.tracing.comparison.compare import TraceComparison
    from nbagents.tracing.measure.cost import Cost
    from nbagents.tracing.measure.layout import Figures, Status

__all__ = ["PayloadSource", "SpanRecord", "TraceRecord", "Usage", "moment"]


class PayloadSource(Protocol):
    """Where payloads come from when they are asked for: a ``TraceStore``."""

    def payload(self, trace_id: str, seq: int) -> dict[str, Any]:
        """Return ``input``, ``output``, ``data`` and ``error`` of a span."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used, as the SDK's ``Usage`` counts it.

    Attributes:
        requests: Model calls.
        input_tokens: Tokens sent.
        output_tokens: Tokens received.
        total_tokens: Their sum.
        cached_tokens: Of the input, those the API had cached.
        reasoning_tokens: Of the output, those spent on reasoning.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int


def moment(microseconds: int | None) -> datetime | None:
    """Return microseconds since 1970 as an aware UTC time, or None for None."""
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)


class SpanRecord:
    """One span of a trace.

    Attributes:
        row: The span as it is stored; its fields can be read from the record too (``span.name``, ``span.agent``).
        depth: How deep it lies in the tree, from 0.

    Example:
        >>> from nbagents.tracing.capture.rows import SpanRow, TraceRow
        >>> row = SpanRow("t1", 0, "s1", None, "agent", "triage", 0, 1_500_000)
        >>> TraceRecord(TraceRow("t1", "lamp", 0, 2_000_000), [row]).spans[0]
        <SpanRecord agent 'triage', 1.50 s, ok>
    """

    def __init__(self, row: SpanRow, depth: int, trace: TraceRecord) -> None:
        self.row = row
        self.depth = depth
        self._trace = trace

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the row's own types
        if name == "row":  # not there yet while a copy is being made
            raise AttributeError(name)
        return getattr(self.row, name)

    @property
    def started_at(self) -> datetime:
        """When it started, in UTC."""
        return datetime.fromtimestamp(self.row.started_us / 1e6, UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC, or None."""
        return moment(self.row.ended_us)

    @property
    def duration(self) -> float:
        """How long it took, in seconds; of one without an end, until now or until its trace was interrupted."""
        return max(0, (self.row.ended_us or self._trace.end_us) - self.row.started_us) / 1e6

    @property
    def first_token(self) -> float | None:
        """From its start to the first token of a streamed answer, in seconds; None where that was not seen."""
        first = self.row.first_token_us
        return None if first is None else (first - self.row.started_us) / 1e6

    @property
    def cost(self) -> float | None:
        """What a model call cost in US dollars; None for other spans, unknown prices, and without the extra."""
        return known_cost(self.row) if self.row.type in layout.MODEL else None

    @property
    def self_time(self) -> float:
        """How long it was open while none of its children was, in seconds; what is in a turn is in its agent."""
        return self._trace.self_times_us[self.row.seq] / 1e6

    @property
    def status(self) -> Status:
        """``"ok"``, ``"error"``, ``"running"`` or ``"interrupted"`` (it never ended, and never will)."""
        return layout.status_of(self.row, self._trace.row, writer_alive=self._trace.writer_alive)

    @property
    def trace(self) -> TraceRecord:
        """The trace it belongs to."""
        return self._trace

    @cached_property
    def payload(self) -> dict[str, Any]:
        """``input``, ``output``, ``data`` and ``error``, read from the file when first asked for."""
        return self._trace.payload(self.row.seq)

    @property
    def input(self) -> Any:  # noqa: ANN401 - any JSON value
        """What went in, or None."""
        return self.payload.get("input")

    @property
    def output(self) -> Any:  # noqa: ANN401 - any JSON value
        """What came out, or None."""
        return self.payload.get("output")

    @property
    def data(self) -> dict[str, Any]:
        """Everything else: settings, handoffs, a guardrail's verdict."""
        return self.payload.get("data") or {}

    def __repr__(self) -> str:
        took = layout.seconds(int(self.duration * 1e6))
        return f"<SpanRecord {self.row.type} {self.row.name!r}, {took}, {self.status}>"


class TraceRecord(Analysis):
    """One trace with its spans, as it was when it was read.

    Args:
        row: The trace as it is stored.
        rows: Its spans, in any order.
        store: Where payloads are read from; without one they are empty.

    Example:
        >>> from nbagents.tracing.capture.rows import SpanRow, TraceRow
        >>> row = SpanRow("t1", 0, "s1", None, "agent", "triage", 0, 1_500_000)
        >>> trace = TraceRecord(TraceRow("t1", "lamp", 0, 2_000_000), [row])
        >>> trace, [span.duration for span in trace.spans]
        (<TraceRecord lamp  2.00 s  1 span>, [1.5])
    """

    def __init__(self, row: TraceRow, rows: Sequence[SpanRow], store: PayloadSource | None = None) -> None:
        self.row = row
        self.rows = tuple(sorted(rows, key=lambda span: span.seq))
        self._store = store

    @property
    def store(self) -> PayloadSource | None:
        """Where payloads are read from."""
        return self._store

    @property
    def records(self) -> tuple[TraceRecord]:
        """The trace itself, alone."""
        return (self,)

    @property
    def trace_id(self) -> str:
        """The SDK's id."""
        return self.row.trace_id

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.row.name

    @property
    def group_id(self) -> str | None:
        """The SDK's group, or None."""
        return self.row.group_id

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The metadata that was given to the trace."""
        import json

        return json.loads(self.row.metadata) if self.row.metadata else {}

    @property
    def started_at(self) -> datetime:
        """When it started, in UTC."""
        return datetime.fromtimestamp(self.row.started_us / 1e6, UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC, or None."""
        return moment(self.row.ended_us)

    @property
    def duration(self) -> float:
        """How long it took, in seconds; until now while it runs."""
        return (self.end_us - self.row.started_us) / 1e6

    @cached_property
    def writer_alive(self) -> bool:
        """Whether it had no end, and the process that wrote it still ran, when this was first asked."""
        return self.row.ended_us is None and alive(self.row.writer)

    @cached_property
    def end_us(self) -> int:
        """Its end, or what stands for it: now while it runs, the last thing known when it was interrupted."""
        return layout.end_of(self.row, self.rows, time.time_ns() // 1000, writer_alive=self.writer_alive)

    @property
    def interrupted(self) -> bool:
        """Whether it never ended and never will."""
        return self.row.ended_us is None and not self.writer_alive

    @property
    def status(self) -> Status:
        """``"running"``, ``"interrupted"``, ``"error"`` where a span failed, or ``"ok"``."""
        own = layout.status_of(self.row, self.row, writer_alive=self.writer_alive)
        return "error" if own == "ok" and self.errors else own

    @cached_property
    def nodes(self) -> tuple[layout.Node, ...]:
        """The spans' rows in tree order, each with its depth."""
        return tuple(layout.tree(self.rows))

    @cached_property
    def spans(self) -> tuple[SpanRecord, ...]:
        """The spans in tree order: depth first, siblings as they started."""
        return tuple(SpanRecord(node.span, node.depth, self) for node in self.nodes)

    def span(self, seq: int) -> SpanRecord:
        """Return one span.

        Args:
            seq: Its place in the order of starting.

        Raises:
            TraceNotFoundError: The trace has no such span.
        """
        found = self._by_seq.get(seq)
        if found is None:
            raise TraceNotFoundError(f"trace {self.trace_id!r} has no span number {seq}", trace_id=self.trace_id)
        return found

    @cached_property
    def _by_seq(self) -> dict[int, SpanRecord]:
        return {span.row.seq: span for span in self.spans}

    @cached_property
    def self_times_us(self) -> Mapping[int, int]:
        """Each span's self time in microseconds, by its ``seq``."""
        return self_times(self.nodes, self.end_us)

    @cached_property
    def figures(self) -> Figures:
        """Sums: spans by type, tokens, errors, and where the time went."""
        return layout.figures(self.row, self.rows, self.end_us)

    @property
    def errors(self) -> int:
        """How many spans failed."""
        return self.figures.errors

    @property
    def usage(self) -> Usage:
        """Tokens of all model calls; equal to ``result.context_wrapper.usage`` of the run."""
        sums = self.figures
        return Usage(
            sums.requests,
            sums.input_tokens,
            sums.output_tokens,
            sums.input_tokens + sums.output_tokens,
            sums.cached_tokens,
            sums.reasoning_tokens,
        )

    @property
    def cost(self) -> Cost:
        """What its model calls cost, with the date of the prices; unknown, never 0, where a price is not known.

        Raises:
            MissingExtraError: The price list, ``nbagents[cost]``, is not installed.
        """
        return total_cost([row for row in self.rows if row.type in layout.MODEL])

    def payload(self, seq: int) -> dict[str, Any]:
        """Return the payload of one span.

        Args:
            seq: The span's place in the order of starting.
        """
        return {} if self._store is None else self._store.payload(self.trace_id, seq)

    def loaded(self) -> TraceRecord:
        """Return the trace with all its payloads read at once, for what needs each of them."""
        read = getattr(self._store, "payloads", None)
        return self if read is None else TraceRecord(self.row, self.rows, read(self.trace_id))

    def critical_path(self) -> pd.DataFrame:
        """Return what the end was waiting for: one row for each span on the critical path, first things first.

        Of spans that ran side by side the one that ended last counts. ``own`` is the time in seconds in which the
        span itself, and none of its children, was waited for; ``share`` is that of the whole, and shares sum to
        1. A row of type ``"trace"`` is time in which no span was open.
        """
        from nbagents.tracing.frame import path_frame
        from nbagents.tracing.measure.critical_path import critical_path, path_parts

        return path_frame(path_parts(self.row, critical_path(self.row, self.nodes, self.end_us)))

    def compare(self, other: TraceRecord) -> TraceComparison:
        """Return this trace beside another: spans aligned by their place in the tree and their name.

        Args:
            other: The other trace; differences are its figures minus this one's.
        """
        from nbagents.tracing.comparison.compare import TraceComparison

        check_given(
            "other",
            other,
            "a TraceRecord, such as one of TraceStore().records()",
            fits=isinstance(other, TraceRecord),
        )
        return TraceComparison(self, other)
