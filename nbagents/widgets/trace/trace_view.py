"""The trace widget: a strip that opens into a tree and a Gantt chart which share rows.

The protocol is written at the top of ``trace_view.js``; this side of it:

===========================  =====================================================================
from the page                what is done
===========================  =====================================================================
``ready``                    every row is sent (``rows`` with ``reset``), and the comparison if any
``detail`` (trace_id, seq)   the payload is read from the store and its beginning sent (``detail``)
``session`` (trace_id, seq)  the session that keeps what the span made is opened as a grid (``session``)
``path``                     the critical path of every trace is worked out (``path``)
``cost``                     what the model calls cost is looked up (``cost``)
``others``                   the traces that it can be compared with are listed (``others``)
``compare`` (trace_id)       it is compared with that trace; without one no more (``compare``)
``export`` (suffix)          they are written beside the notebook (``exported``)
``plotly``                   plotly.js is sent, once per page
===========================  =====================================================================

How a request that fails is answered is in ``live.py``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import traitlets

from nbagents._given import check_given
from nbagents.errors import ConfigError, MissingExtraError
from nbagents.tracing.stored.uncollected import uncollected
from nbagents.widgets.live import LiveWidget
from nbagents.widgets.module import module_text
from nbagents.widgets.trace.columns import Columns
from nbagents.widgets.trace.follow import follow
from nbagents.widgets.trace.span_detail import span_detail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.tracing.capture.rows import SpanRow, TraceRow
    from nbagents.tracing.comparison.compare import TraceComparison
    from nbagents.tracing.group import TraceGroup
    from nbagents.tracing.record import SpanRecord, TraceRecord
    from nbagents.widgets.live import Request
    from nbagents.widgets.session.session_grid import SessionGrid
    from nbagents.widgets.trace.session_items import SessionItems

__all__ = ["PayloadStore", "Record", "TraceView"]

_OTHERS = 30  # traces to choose from


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
        records: Traces with their spans, or one; several share one time axis.
        store: Where payloads are read from when a span is chosen, and what can be compared; without one, only
            what the rows hold is shown.
        expanded: Whether it starts open; None leaves it as a closed strip.

    Raises:
        ConfigError: An argument that does not exist, or a record that is none.

    Example:
        >>> from nbagents.tracing.capture.rows import SpanRow, TraceRow
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
        records: Iterable[Record] | Record = (),
        *,
        store: PayloadStore | None = None,
        expanded: bool | None = None,
        **unknown: object,
    ) -> None:
        self._store: Any = store
        self._traces: dict[str, TraceRow] = {}
        self._spans: dict[str, dict[int, SpanRow]] = {}
        self._interrupted: frozenset[str] = frozenset()
        self._known: dict[str, TraceRecord] = {}  # made of the rows as they are
        self._columns = Columns()
        self._comparison: TraceComparison | None = None
        self._grids: dict[tuple[object, ...], SessionGrid] = {}
        with uncollected():
            for record in records if isinstance(records, Iterable) else [records]:
                check_given("records", record, "traces, such as [last_trace()]", fits=hasattr(record, "row"))
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
            by_trace: dict[str, list[SpanRow]] = {}
            for span in spans:
                by_trace.setdefault(span.trace_id, []).append(span)
            self._send_rows(traces, by_trace, reset=False)

    def follow(self) -> None:
        """Keep up with traces that still run: they are read from the store again, up to four times a second."""
        for record in self.records:
            if record.row.ended_us is None and record.writer_alive and self._store is not None:
                follow(record, self._store, self._take_newer)

    @property
    def records(self) -> list[TraceRecord]:
        """The traces that are shown, with what is known of them so far."""
        from nbagents.tracing.record import TraceRecord

        with self._lock:
            for trace_id, row in self._traces.items():
                if trace_id not in self._known:
                    spans = tuple(self._spans.get(trace_id, {}).values())
                    self._known[trace_id] = TraceRecord(row, spans, self._store)
            return [self._known[trace_id] for trace_id in self._traces]

    @property
    def selected(self) -> SpanRecord | TraceRecord | None:
        """The span that is chosen in the page (a trace where its own row is), or None."""
        chosen = list(self.selection)
        found = next((record for record in self.records if chosen and record.trace_id == chosen[0]), None)
        if found is None or len(chosen) == 1:
            return found
        return next((span for span in found.spans if span.row.seq == chosen[1]), None)

    def compare(self, other: TraceRecord | str | None) -> TraceComparison | None:
        """Show the trace beside another, aligned by place in the tree and name; None ends that.

        Args:
            other: The other trace, or the id of one in the store.

        Returns:
            What ``record.compare(other)`` gives: differences are the other's figures minus those of this one.

        Raises:
            ConfigError: The view shows no trace or several, or has no store to find an id in.
            TraceNotFoundError: The store has no trace with that id.
        """
        comparison = None if other is None else self._only().compare(self._found(other))
        with self._lock:
            self._comparison = comparison
            self._send_comparison()
        return comparison

    def close(self) -> None:
        """Let go of it and of the sessions that were opened in it."""
        for grid in vars(self).get("_grids", {}).values():  # none where an argument was wrong
            grid.close()
        super().close()

    def static_forms(self) -> tuple[str, str]:
        """Return the traces, or what they are compared with, as HTML without a script, and as text."""
        from nbagents.tracing.comparison.static import comparison_forms
        from nbagents.tracing.static.trace import static_forms

        if self._comparison is not None:
            return comparison_forms(self._comparison)
        with uncollected():
            return static_forms(self.records)

    def _take_newer(self, record: TraceRecord) -> bool:
        """Show what has changed since; whether anybody may still look."""
        known = self._spans.get(record.trace_id, {})
        spans = [span for span in record.rows if known.get(span.seq) != span]
        with self._lock:
            if record.interrupted:
                self._interrupted |= {record.trace_id}
        if spans or record.interrupted or record.row != self._traces[record.trace_id]:
            self.push([record.row], spans)
        return self.comm is not None

    def _only(self) -> TraceRecord:
        records = self.records
        if len(records) != 1:
            raise ConfigError(
                f"a view of {len(records)} traces has no one trace to compare", name="other", value=len(records)
            )
        return records[0]

    def _found(self, other: TraceRecord | str) -> TraceRecord:
        if not isinstance(other, str):
            return other
        if self._store is None:
            raise ConfigError(
                "the view has no store to find a trace in; give the trace itself", name="other", value=other
            )
        found: TraceRecord = self._store.get(other)
        return found

    def _take(self, record: Record) -> None:
        from nbagents.tracing.record import TraceRecord

        self._traces[record.row.trace_id] = record.row
        self._spans[record.row.trace_id] = {span.seq: span for span in record.rows}
        if isinstance(record, TraceRecord):
            self._known[record.trace_id] = record
        if getattr(record, "interrupted", False):
            self._interrupted |= {record.row.trace_id}

    def _merge(self, traces: Sequence[TraceRow], spans: Sequence[SpanRow]) -> None:
        for trace in traces:
            self._traces[trace.trace_id] = trace
            self._known.pop(trace.trace_id, None)
        for span in spans:
            self._spans.setdefault(span.trace_id, {})[span.seq] = span
            self._known.pop(span.trace_id, None)

    def _send_rows(
        self, traces: Iterable[TraceRow], spans: Mapping[str, Sequence[SpanRow]], *, reset: bool
    ) -> None:
        message = {"type": "rows", "reset": reset, "now_us": time.time_ns() // 1000}
        self.send(message, self._columns.buffers(traces, spans, self._interrupted))

    def _send_comparison(self) -> None:
        from nbagents.widgets.trace.pairs import pairs_message

        self.send(
            {"type": "compare", **(pairs_message(self._comparison) if self._comparison else {"pairs": None})}
        )

    def _on_ready(self, _message: dict[str, Any], _buffers: object) -> None:
        with self._lock, uncollected():  # rows pushed meanwhile must not arrive before those that they change
            self._columns = Columns()
            spans = {trace_id: list(rows.values()) for trace_id, rows in self._spans.items()}
            self._send_rows(self._traces.values(), spans, reset=True)
            if self._comparison is not None:
                self._send_comparison()

    def _on_detail(self, message: dict[str, Any], _buffers: object) -> None:
        trace_id, seq = str(message["trace_id"]), int(message["seq"])
        payload = self._store.payload(trace_id, seq) if self._store is not None else {}
        span = self._spans.get(trace_id, {}).get(seq)
        self.send({"type": "detail", "trace_id": trace_id, "seq": seq, **span_detail(span, payload)})

    def _on_session(self, message: dict[str, Any], _buffers: object) -> None:
        from nbagents.widgets.trace.session_items import items_of_span

        trace_id, seq = str(message["trace_id"]), int(message["seq"])
        record = next(record for record in self.records if record.trace_id == trace_id)
        path: Path | None = getattr(self._store, "path", None)
        items = items_of_span(record, seq, path)
        found = None if items is None else {**asdict(items), "view_id": self._grid(items, path).view_id}
        self.send({"type": "session", "trace_id": trace_id, "seq": seq, "found": found})

    def _grid(self, items: SessionItems, path: Path | None) -> SessionGrid:
        """Return the table of a session, which stays open with this view."""
        from nbagents.sessions.sqlite.session import SQLiteSession
        from nbagents.widgets.session.session_grid import SessionGrid

        named = (items.session_id, path, items.sessions_table, items.messages_table)
        with self._lock:
            if named not in self._grids:
                self._grids[named] = SessionGrid(SQLiteSession(*named))
            return self._grids[named]

    def _on_path(self, _message: dict[str, Any], _buffers: object) -> None:
        from nbagents.widgets.trace.path_columns import path_message

        content, buffer = path_message(self.records)
        self.send({"type": "path", **content}, [buffer])

    def _on_cost(self, _message: dict[str, Any], _buffers: object) -> None:
        from nbagents.tracing.measure.cost import total_cost
        from nbagents.tracing.measure.layout import MODEL

        calls = [row for record in self.records for row in record.rows if row.type in MODEL]
        try:
            cost = total_cost(calls)
        except MissingExtraError as exc:
            self.send({"type": "cost", "usd": None, "text": str(exc), "calls": len(calls)})
        else:
            self.send({"type": "cost", "usd": cost.usd, "text": str(cost), "calls": len(calls)})

    def _on_others(self, _message: dict[str, Any], _buffers: object) -> None:
        records: list[TraceRecord] = [] if self._store is None else self._store.records(_OTHERS)
        listed = [
            {
                "trace_id": record.trace_id,
                "name": record.name,
                "started_us": record.row.started_us,
                "took": record.end_us - record.row.started_us,
                "spans": len(record.rows),
                "errors": record.errors,
            }
            for record in records
            if record.trace_id not in self._traces
        ]
        self.send({"type": "others", "traces": listed})

    def _on_compare(self, message: dict[str, Any], _buffers: object) -> None:
        self.compare(message.get("trace_id"))

    def _on_export(self, message: dict[str, Any], _buffers: object) -> None:
        from nbagents.tracing.group import TraceGroup

        group = TraceGroup(self.records)
        path = group.export(Path(f"{_file_name(group)}.{message['suffix']}").absolute())
        self.send({"type": "exported", "path": path.name})

    def _on_plotly(self, _message: dict[str, Any], _buffers: object) -> None:
        from plotly.offline import get_plotlyjs

        self.send({"type": "plotly"}, [get_plotlyjs().encode()])

    _requests: ClassVar[Mapping[str, Request]] = {
        "ready": _on_ready,
        "detail": _on_detail,
        "session": _on_session,
        "path": _on_path,
        "cost": _on_cost,
        "others": _on_others,
        "compare": _on_compare,
        "export": _on_export,
        "plotly": _on_plotly,
    }


def _file_name(group: TraceGroup) -> str:
    """Return a plain name for a file: what is exported, and enough of an id to tell it from others."""
    first = group.records[0]
    name = re.sub(r"[^A-Za-z0-9]+", "-", first.name).strip("-").lower()[:40] or "trace"
    several = f"-and-{len(group) - 1}-more" if len(group) > 1 else ""
    return f"{name}{several}-{first.trace_id.removeprefix('trace_')[:8]}"
