"""The trace widget: a strip that opens into a tree and a Gantt chart which share rows.

The protocol is written at the top of ``trace_view.js``; this side of it:

==========================  =====================================================================
from the page               what is done
==========================  =====================================================================
``ready``                   every row is sent (``rows`` with ``reset``)
``detail`` (trace_id, seq)  the payload is read from the store and its beginning sent (``detail``)
``plotly``                  plotly.js is sent, once per page
==========================  =====================================================================

How a request that fails is answered is in ``live.py``.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import traitlets

from nbagents.widgets.live import LiveWidget
from nbagents.widgets.module import module_text
from nbagents.widgets.wire import COLUMNS, detail_fields, rows_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbagents.tracing.rows import SpanRow, TraceRow
    from nbagents.widgets.live import Request

__all__ = ["PayloadStore", "Record", "TraceView"]


class Record(Protocol):
    """A trace with its spans, such as ``nbagents.TraceRecord``."""

    @property
    def row(self) -> TraceRow:
        """The trace."""

    @property
    def rows(self) -> Sequence[SpanRow]:
        """Its spans."""


class PayloadStore(Protocol):
    """Where the payloads of spans are read from, such as ``nbagents.TraceStore``; called on any thread."""

    def payload(self, trace_id: str, seq: int) -> dict[str, Any]:
        """Return ``input``, ``output``, ``data`` and ``error`` of a span."""


class TraceView(LiveWidget):
    """Traces as a strip that opens into a tree and a Gantt chart.

    Every method may be called on any thread, and the page's requests are answered on whichever thread they arrive.

    Args:
        records: Traces with their spans.
        store: Where payloads are read from when a span is chosen; without one, only what the rows hold is shown.
        expanded: Whether it starts open; None leaves it as a closed strip.

    Raises:
        ConfigError: An argument that does not exist.

    Example:
        >>> from nbagents.tracing.rows import SpanRow, TraceRow
        >>> view = TraceView(expanded=True)
        >>> view.push([TraceRow("t1", "lamp", 0)], [SpanRow("t1", 0, "s1", None, "agent", "triage", 0)])
        >>> view.expanded, view.selected
        (True, None)
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))

    expanded = traitlets.Bool(default_value=False).tag(sync=True)
    selection: traitlets.List[Any] = traitlets.List().tag(sync=True)

    _KNOWN: ClassVar = ("records", "store", "expanded")

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        store: PayloadStore | None = None,
        expanded: bool | None = None,
        **unknown: object,
    ) -> None:
        self._store = store
        self._traces: dict[str, TraceRow] = {}
        self._spans: dict[str, dict[int, SpanRow]] = {}
        self._interrupted: frozenset[str] = frozenset()
        for record in records:
            self._take(record)
        super().__init__(unknown, expanded=bool(expanded))  # requests come from here on

    def push(self, traces: Sequence[TraceRow] = (), spans: Sequence[SpanRow] = ()) -> None:
        """Take in rows that are new or changed, and send them in one message; the caller paces.

        Args:
            traces: Rows of traces.
            spans: Rows of spans.
        """
        with self._lock:
            self._merge(traces, spans)
            self._send_rows(traces, spans, reset=False)

    @property
    def selected(self) -> SpanRow | TraceRow | None:
        """The row that is chosen in the page, or None."""
        chosen = list(self.selection)
        with self._lock:
            if len(chosen) == 1:
                return self._traces.get(chosen[0])
            return self._spans.get(chosen[0], {}).get(chosen[1]) if chosen else None

    def _take(self, record: Record) -> None:
        self._merge([record.row], record.rows)
        if getattr(record, "interrupted", False):
            self._interrupted |= {record.row.trace_id}

    def _merge(self, traces: Sequence[TraceRow], spans: Sequence[SpanRow]) -> None:
        for trace in traces:
            self._traces[trace.trace_id] = trace
        for span in spans:
            self._spans.setdefault(span.trace_id, {})[span.seq] = span

    def _send_rows(self, traces: Iterable[TraceRow], spans: Iterable[SpanRow], *, reset: bool) -> None:
        message = {"type": "rows", "reset": reset, "now_us": time.time_ns() // 1000, "columns": COLUMNS}
        self.send(message, [rows_json(traces, spans, self._interrupted)])

    def _on_ready(self, _message: dict[str, Any], _buffers: object) -> None:
        with self._lock:  # rows pushed meanwhile must not arrive before those that they change
            spans = [span for rows in self._spans.values() for span in rows.values()]
            self._send_rows(self._traces.values(), spans, reset=True)

    def _on_detail(self, message: dict[str, Any], _buffers: object) -> None:
        trace_id, seq = str(message["trace_id"]), int(message["seq"])
        payload = self._store.payload(trace_id, seq) if self._store is not None else {}
        self.send({"type": "detail", "trace_id": trace_id, "seq": seq, "fields": detail_fields(payload)})

    def _on_plotly(self, _message: dict[str, Any], _buffers: object) -> None:
        from plotly.offline import get_plotlyjs

        self.send({"type": "plotly"}, [get_plotlyjs().encode()])

    _requests: ClassVar[Mapping[str, Request]] = {
        "ready": _on_ready,
        "detail": _on_detail,
        "plotly": _on_plotly,
    }

    def static_forms(self) -> tuple[str, str]:
        """Return the traces as HTML without a script, and as text."""
        from nbagents.tracing.record import TraceRecord
        from nbagents.tracing.static import trace_html, trace_text

        with self._lock:
            records = [
                TraceRecord(row, tuple(self._spans.get(row.trace_id, {}).values()), self._store)
                for row in self._traces.values()
            ]
        return trace_html(records), trace_text(records)
