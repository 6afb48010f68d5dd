"""The trace widget: a strip that opens into a tree and a Gantt chart which share rows.

The protocol is written at the top of ``trace_view.js``; this side of it:

==========================  =====================================================================
from the page               what is done
==========================  =====================================================================
``ready``                   every row is sent (``rows`` with ``reset``)
``detail`` (trace_id, seq)  the payload is read from the store and its beginning sent (``detail``)
``plotly``                  plotly.js is sent, once per page
==========================  =====================================================================

A request that fails is answered with ``error`` and the request, so that the page can say so where it was made.
"""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import anywidget
import traitlets

from nbagents._location import current_environment, locate
from nbagents.errors import ConfigError
from nbagents.widgets.bundle import mime_bundle
from nbagents.widgets.wire import COLUMNS, detail_fields, rows_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbagents.tracing.rows import SpanRow, TraceRow

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


class TraceView(anywidget.AnyWidget):
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

    _esm = Path(__file__).with_suffix(".js")

    view_id = traitlets.Unicode().tag(sync=True)
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
        for name, value in unknown.items():
            known = ", ".join(self._KNOWN)
            raise ConfigError(f"TraceView has no argument {name!r}; it has: {known}", name=name, value=value)
        self._lock = threading.RLock()
        self._store = store
        self._traces: dict[str, TraceRow] = {}
        self._spans: dict[str, dict[int, SpanRow]] = {}
        self._interrupted: frozenset[str] = frozenset()
        for record in records:
            self._take(record)
        super().__init__(view_id=uuid.uuid4().hex, expanded=bool(expanded))
        _answer_in_blocked_cells(self.comm)
        self.on_msg(self._receive)

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

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        try:
            self._requests[message["type"]](self, message)
        except Exception as exc:  # noqa: BLE001 - what fails is said in the page; a handler has nobody to raise to
            self.send({"type": "error", "about": message, "text": f"{type(exc).__name__}: {exc}"})

    def _on_ready(self, _message: dict[str, Any]) -> None:
        with self._lock:  # rows pushed meanwhile must not arrive before those that they change
            spans = [span for rows in self._spans.values() for span in rows.values()]
            self._send_rows(self._traces.values(), spans, reset=True)

    def _on_detail(self, message: dict[str, Any]) -> None:
        trace_id, seq = str(message["trace_id"]), int(message["seq"])
        payload = self._store.payload(trace_id, seq) if self._store is not None else {}
        self.send({"type": "detail", "trace_id": trace_id, "seq": seq, "fields": detail_fields(payload)})

    def _on_plotly(self, _message: dict[str, Any]) -> None:
        from plotly.offline import get_plotlyjs

        self.send({"type": "plotly"}, [get_plotlyjs().encode()])

    _requests: ClassVar[dict[str, Callable[[Any, dict[str, Any]], None]]] = {
        "ready": _on_ready,
        "detail": _on_detail,
        "plotly": _on_plotly,
    }

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        from nbagents.tracing.record import TraceRecord
        from nbagents.tracing.static import trace_html, trace_text

        with self._lock:
            records = [
                TraceRecord(row, tuple(self._spans.get(row.trace_id, {}).values()), self._store)
                for row in self._traces.values()
            ]
        frontend = locate(current_environment()).frontend
        return mime_bundle(self, trace_html(records), trace_text(records), frontend), {}


def _answer_in_blocked_cells(comm: Any) -> None:  # noqa: ANN401 - whatever kind of comm this kernel has
    """Keep requests where they were sent: ipykernel 7.4 else moves them to a thread that a cell may block."""
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 - there is no public way
