"""The SDK's callbacks into events: all that happens on the agent's own thread."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from agents.tracing import TracingProcessor, get_trace_provider

from nbagents._first_token import take_first_token
from nbagents.tracing.capture.encode import encode
from nbagents.tracing.capture.events import SpanEnded, SpanStarted, TraceEnded, TraceStarted
from nbagents.tracing.capture.payload import Facts, facts_of, name_of, payload_json
from nbagents.tracing.capture.queue_writer import TraceWarning

if TYPE_CHECKING:
    from agents.tracing import Span, Trace

    from nbagents.tracing.capture.ledger import Event
    from nbagents.tracing.capture.redact import Redactor

__all__ = ["EventProcessor", "EventSink", "message_of"]

_REDACTED = "details are redacted."  # how the SDK ends what it says in place of an error's own text


class EventSink(Protocol):
    """What events are handed to: a file's writer, or what carries them to one on another machine."""

    redactor: Redactor

    def put(self, event: Event) -> None:
        """Take an event; never waits."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is kept; tell whether that was reached in time."""


class EventProcessor(TracingProcessor):
    """Hands every trace of this process to a writer, without ever slowing or failing a run."""

    _writer: EventSink | None = None
    _warned = False

    def on_trace_start(self, trace: Trace) -> None:
        """Note a trace's start."""
        try:
            self._write(self._trace_started(trace))
        except Exception as exc:  # noqa: BLE001 - tracing never fails a run
            self._warn(exc)

    def on_trace_end(self, trace: Trace) -> None:
        """Note a trace's end."""
        try:
            self._write(TraceEnded(trace.trace_id, str(trace.name), get_trace_provider().time_iso()))
        except Exception as exc:  # noqa: BLE001 - tracing never fails a run
            self._warn(exc)

    def on_span_start(self, span: Span[Any]) -> None:
        """Note a span's start."""
        try:
            data = span.span_data
            started = span.started_at or get_trace_provider().time_iso()
            self._write(
                SpanStarted(span.trace_id, span.span_id, span.parent_id, data.type, self._name(data), started)
            )
        except Exception as exc:  # noqa: BLE001 - tracing never fails a run
            self._warn(exc)

    def on_span_end(self, span: Span[Any]) -> None:
        """Note a span's end, with what went in and came out."""
        try:
            (self._writer or self._open()).put(self._span_ended(span))
        except Exception as exc:  # noqa: BLE001 - tracing never fails a run
            self._warn(exc)

    def force_flush(self) -> None:
        """Wait until everything so far is in the file."""
        if self._writer is not None:
            self._writer.flush()

    def shutdown(self, timeout: float | None = None) -> None:
        """Write what is left.

        Args:
            timeout: Seconds to wait at most.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.flush(timeout)

    @abstractmethod
    def _open(self) -> EventSink:
        """Find the writer when the first event comes, and keep it as ``_writer``."""

    def _cell_id(self, trace: Trace, redactor: Redactor) -> str | None:  # noqa: ARG002 - for those who know cells
        """Return the cell that starts a trace, or None."""
        return None

    def _trace_started(self, trace: Trace) -> TraceStarted:
        redactor = (self._writer or self._open()).redactor
        redactor.refresh()  # a key that is in the environment now may be gone when the writer looks
        metadata = getattr(trace, "metadata", None)
        group_id = getattr(trace, "group_id", None)
        return TraceStarted(
            trace.trace_id,
            str(trace.name),
            get_trace_provider().time_iso(),
            None if group_id is None else str(group_id),
            encode(metadata) if metadata else None,
            self._cell_id(trace, redactor),
        )

    def _span_ended(self, span: Span[Any]) -> SpanEnded:
        data, error = span.span_data, span.error
        facts = self._facts(data)
        return SpanEnded(
            span.trace_id,
            span.span_id,
            span.parent_id,
            data.type,
            self._name(data),
            span.started_at or span.ended_at or "",
            span.ended_at or get_trace_provider().time_iso(),
            None if facts.model is None else str(facts.model),
            facts.tokens,
            None if error is None else message_of(error),
            payload_json(facts, error),
            take_first_token(span.span_id) or facts.first_token_at,
        )

    def _facts(self, data: Any) -> Facts:  # noqa: ANN401 - the SDK's span data has no common fields
        try:
            return facts_of(data)
        except Exception as exc:  # noqa: BLE001 - a span's data is anybody's code; that it ended is kept all the same
            self._warn(exc)
            return Facts()

    def _name(self, data: Any) -> str:  # noqa: ANN401 - see _facts
        try:
            return name_of(data)
        except Exception as exc:  # noqa: BLE001 - see _facts
            self._warn(exc)
            return str(data.type)

    def _write(self, event: Any) -> None:  # noqa: ANN401 - any of the four events
        (self._writer or self._open()).put(event)

    def _warn(self, exc: Exception) -> None:
        if not self._warned:
            self._warned = True
            with suppress(TraceWarning):  # a filter may make an error of it
                warnings.warn(f"nbagents could not trace part of this run: {exc!r}", TraceWarning, stacklevel=2)


def message_of(error: Any) -> str:  # noqa: ANN401 - the SDK does not check what a span was given as its error
    """Return what went wrong in a line: the SDK's detail where it gives one, else its general message."""
    if not isinstance(error, dict):
        return str(error)
    data = error.get("data")
    detail = data.get("error") if isinstance(data, dict) else None
    useful = isinstance(detail, str) and detail.strip() and not detail.endswith(_REDACTED)
    return str(detail if useful else error.get("message") or "error")
