"""Strips: what appears under a cell that ran an agent.

One for each execution of a cell, whatever number of traces it starts. A strip is drawn at its first trace, grows
while rows are committed, and leaves its static form in the notebook when the cell, or the last trace, has ended.
"""

from __future__ import annotations

import contextvars
import threading
import uuid
from typing import TYPE_CHECKING, Any

from nbagents._displays import is_quiet
from nbagents.notebook.cells import Cell, current_cell
from nbagents.notebook.painter import Painter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents._location import Frontend
    from nbagents.notebook.places import Places
    from nbagents.tracing.capture.rows import SpanRow, TraceRow
    from nbagents.tracing.stored.store import TraceStore

__all__ = ["Board", "Strip"]


class Strip:
    """The display of one execution of a cell.

    Args:
        cell: Which execution.
        store: Where the payloads of its spans are read from.
        frontend: What shows the output.
        cell_ended: Whether that execution is over already, and a task of it goes on.
    """

    def __init__(self, cell: Cell, store: TraceStore, frontend: Frontend, *, cell_ended: bool) -> None:
        self.cell = cell
        self._store = store
        self._frontend = frontend
        # Displaying in the context of the first trace puts the strip under the cell that started it.
        self._context = contextvars.copy_context()
        self._display_id = f"nbagents-{uuid.uuid4().hex}"
        # Painting reads payloads, which waits for the writer; so the writer, which merges, must never wait for it.
        self._painting = threading.Lock()
        self._merging = threading.Lock()
        self._traces: dict[str, TraceRow] = {}
        self._spans: dict[str, dict[int, SpanRow]] = {}
        self._fresh_traces: dict[str, TraceRow] = {}
        self._fresh_spans: dict[tuple[str, int], SpanRow] = {}
        self._view: Any = None
        self._shown = False
        self._stale = False
        self._cell_ended = cell_ended

    def merge(self, traces: Sequence[TraceRow], spans: Sequence[SpanRow]) -> None:
        """Take in rows that were committed; never waits for a display."""
        with self._merging:
            for trace in traces:
                self._traces[trace.trace_id] = self._fresh_traces[trace.trace_id] = trace
            for span in spans:
                self._spans.setdefault(span.trace_id, {})[span.seq] = span
                self._fresh_spans[span.trace_id, span.seq] = span
            self._stale = True

    def paint(self) -> None:
        """Show what is new; once the cell and all its traces have ended, leave the static form too."""
        with self._painting:
            self._draw()
            if self._cell_ended and not self.running:
                self._settle()

    def end_cell(self) -> None:
        """Leave the static form: the cell has ended, though a background run may go on and settle later."""
        with self._painting:
            self._cell_ended = True
            self._draw()
            self._settle()

    @property
    def running(self) -> bool:
        """Whether any of its traces has not ended."""
        with self._merging:
            return any(trace.ended_us is None for trace in self._traces.values())

    def close(self) -> None:
        """Let go of the widget: its cell is being run again, or displays were turned off."""
        with self._painting:
            if self._view is not None:
                self._view.close()
                self._view = None

    def _draw(self) -> None:
        with self._merging:
            traces, spans = list(self._fresh_traces.values()), list(self._fresh_spans.values())
            self._fresh_traces.clear()
            self._fresh_spans.clear()
        if not self._shown and traces:
            self._show()
        elif self._view is not None and (traces or spans):
            self._view.push(traces, spans)

    def _show(self) -> None:
        if self._frontend in ("lab", "vscode", "colab"):
            from nbagents._displays import display_class

            self._view = display_class("trace")(self._records(), store=self._store)
        self._context.run(self._publish, update=False)
        self._shown = True

    def _settle(self) -> None:
        if self._shown and self._stale:
            self._publish(update=True)

    def _records(self) -> list[Any]:
        from nbagents.tracing.record import TraceRecord

        with self._merging:
            self._stale = False
            rows = [
                (trace, tuple(self._spans.get(trace.trace_id, {}).values())) for trace in self._traces.values()
            ]
        return [TraceRecord(trace, spans, self._store) for trace, spans in rows]

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        from nbagents.tracing.static.trace import static_forms
        from nbagents.widgets.bundle import mime_bundle

        records = self._records()
        data = mime_bundle(self._view, *static_forms(records), self._frontend)
        publish_display_data(  # type: ignore[no-untyped-call]  # IPython's
            data, transient={"display_id": self._display_id}, update=update
        )


class Board:
    """All strips of a kernel; tells the tracing processor which cell a trace belongs to.

    It is the processor's observer: ``trace_started`` on the agent's thread, ``committed`` on the writer's.

    Args:
        shell: IPython's shell.
        store: Where traces are stored.
        frontend: What shows the output.
        places: Tells the id of the cell that runs, also where the front end names none.
        calm: Whether strips appear only when their cell has ended. Nobody watches a notebook that a program runs,
            and a strip that appears in between has its place among the cell's outputs by chance.

    Attributes:
        shown: Whether strips are displayed at all.
    """

    def __init__(
        self,
        shell: Any,  # noqa: ANN401 - untyped
        store: TraceStore,
        frontend: Frontend,
        places: Places,
        *,
        calm: bool,
    ) -> None:
        self.shown = True
        self._calm = calm
        self._shell = shell
        self._store = store
        self._frontend = frontend
        self._places = places
        self._painter = Painter()
        self._lock = threading.Lock()
        self._by_execution: dict[str, Strip] = {}
        self._by_trace: dict[str, Strip] = {}
        cell = current_cell(shell)
        self._executing = None if cell is None else cell.execution

    def trace_started(self, trace_id: str, name: str) -> str | None:  # noqa: ARG002 - the observer's signature
        """Note which cell started a trace, on the agent's own thread, and return the cell's id."""
        cell = current_cell(self._shell)
        if cell is None:
            return None
        if self.shown and not is_quiet():
            with self._lock:
                strip = self._by_execution.get(cell.execution)
                if strip is None:
                    over = cell.execution != self._executing
                    strip = Strip(cell, self._store, self._frontend, cell_ended=over)
                    self._by_execution[cell.execution] = strip
                self._by_trace[trace_id] = strip
        return self._places().cell

    def committed(self, traces: Sequence[TraceRow], spans: Sequence[SpanRow]) -> None:
        """Hand rows to the strips they belong to, on the writer's thread."""
        of_trace = self._by_trace
        started = {trace.trace_id for trace in traces} | {span.trace_id for span in spans}
        for strip in {of_trace[trace_id] for trace_id in started & of_trace.keys()}:
            strip.merge(
                [trace for trace in traces if of_trace.get(trace.trace_id) is strip],
                [span for span in spans if of_trace.get(span.trace_id) is strip],
            )
            if not self._calm or strip.cell.execution != self._executing:
                self._painter.mark(strip)

    def cell_started(self) -> None:
        """Note which cell runs now, and let go of the strip that its last execution left."""
        cell = current_cell(self._shell)
        self._executing = None if cell is None else cell.execution
        with self._lock:
            old = [s for s in self._by_execution.values() if cell is not None and s.cell.id == cell.id]
        for strip in old:
            self._forget(strip)

    def cell_ended(self) -> None:
        """Leave the static form of this cell's strip; a run that goes on in the background settles later."""
        execution, self._executing = self._executing, None
        strip = self._by_execution.get(execution or "")
        if strip is not None:
            strip.end_cell()

    def close(self) -> None:
        """Settle and let go of everything."""
        self._painter.stop()
        for strip in list(self._by_execution.values()):
            strip.end_cell()
            self._forget(strip)

    def _forget(self, strip: Strip) -> None:
        strip.close()
        with self._lock:
            self._by_execution.pop(strip.cell.execution, None)
            for trace_id in [t for t, s in self._by_trace.items() if s is strip]:
                del self._by_trace[trace_id]
