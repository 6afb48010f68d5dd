"""The processor behind the notebook's own traces: every run of this process into one SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents._given import path_of
from nbagents._sqlite import default_path
from nbagents.tracing.capture.event_processor import EventProcessor
from nbagents.tracing.capture.writer import TraceWriter, writer_of

if TYPE_CHECKING:
    from pathlib import Path

    from agents.tracing import Trace

    from nbagents.tracing.capture.event_processor import EventSink
    from nbagents.tracing.capture.observer import TraceObserver
    from nbagents.tracing.capture.redact import Redactor

__all__ = ["NotebookTracingProcessor"]


class NotebookTracingProcessor(EventProcessor):
    """Stores every trace of this process in a SQLite file, without ever slowing or failing a run.

    ``enable()`` adds one; with plain SDK code it is used as any processor.

    Args:
        path: The file; None is the one beside the notebook, found when the first trace starts.
        observer: Told of traces as they are written; the notebook's strips are one.
        writer: What events are handed to, in place of the file's own writer.

    Example:
        >>> from agents import trace, custom_span
        >>> from agents.tracing import set_trace_processors
        >>> processor = NotebookTracingProcessor("example.db")
        >>> set_trace_processors([processor])
        >>> with trace("demo"), custom_span("step"):
        ...     pass
        >>> from nbagents.tracing.stored.store import TraceStore
        >>> [span.name for span in TraceStore("example.db").last().spans]
        ['step']
        >>> set_trace_processors([])
    """

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        observer: TraceObserver | None = None,
        writer: EventSink | None = None,
    ) -> None:
        self._path = None if path is None else path_of("path", path)
        self._observer = observer
        self._writer = writer

    def __repr__(self) -> str:
        return f"NotebookTracingProcessor({str(self._path or default_path())!r})"

    def shutdown(self, timeout: float | None = None) -> None:
        """Write what is left and let go of the observer.

        Args:
            timeout: Seconds to wait at most.
        """
        writer = self._writer
        super().shutdown(timeout)
        if isinstance(writer, TraceWriter):
            writer.observers = tuple(other for other in writer.observers if other is not self._observer)

    def _cell_id(self, trace: Trace, redactor: Redactor) -> str | None:
        if self._observer is None:
            return None
        try:
            return self._observer.trace_started(trace.trace_id, redactor.name(str(trace.name)))
        except Exception as exc:  # noqa: BLE001 - a display that fails must not cost the trace
            self._warn(exc)
            return None

    def _open(self) -> TraceWriter:
        writer = self._writer = writer_of(self._path or default_path())
        if self._observer is not None and self._observer not in writer.observers:
            writer.observers = (*writer.observers, self._observer)
        return writer
