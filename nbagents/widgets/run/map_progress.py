"""The progress widget: how far ``map_agent`` is, how long rows take, which failed, and each row's trace.

The protocol is written at the top of ``map_progress.js``; this side of it:

================  ================================================================================
from the page     what is done
================  ================================================================================
``ready``         everything is sent (``state`` with ``reset``, and of a report ``report``)
``rows`` (kind)   the rows that failed, were slowest or came last are sent (``rows``)
``trace`` (id)    the row's trace is opened in a view of its own, whose name is sent (``trace``)
``stop``          no more rows start
================  ================================================================================
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.run.batch.distribution import error_kinds, histogram
from nbagents.run.batch.static import SHOWN, batch_html, batch_text, failed_rows, slowest_rows
from nbagents.widgets.module import module_text
from nbagents.widgets.run.opened_traces import OpensTraces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbagents.run.batch.progress import Progress
    from nbagents.run.batch.row_result import EndedRow
    from nbagents.tracing.stored.store import TraceStore
    from nbagents.widgets.live import Request

__all__ = ["MapProgress"]

_BINS = 24
_SAID = 400  # characters of an output or an error


class MapProgress(OpensTraces):
    """How far a batch is.

    Args:
        progress: What is shown; changed by whoever runs the rows.
        store: Where traces are read from; None is the file beside the notebook.
        stop: What the stop button does; None leaves it out.
        report: Whether it shows how rows are distributed, and at first those that failed.

    Raises:
        ConfigError: An argument that does not exist.

    Example:
        >>> from nbagents.run.batch.progress import Progress
        >>> view = MapProgress(Progress("Poet", total=3))
        >>> view.static_forms()[1]
        'Poet   0 of 3 rows'
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))
    _KNOWN: ClassVar[tuple[str, ...]] = ("progress", "store", "stop", "report")

    def __init__(
        self,
        progress: Progress,
        *,
        store: TraceStore | None = None,
        stop: Callable[[], object] | None = None,
        report: bool = False,
        **unknown: object,
    ) -> None:
        self._progress = progress
        self._stop = stop
        self._report = report
        self._sent = 0
        super().__init__(unknown, store=store)

    def update(self) -> None:
        """Send what is new; the caller paces."""
        with self._lock:
            self._send_state(self._sent)

    def static_forms(self) -> tuple[str, str]:
        """Return what is left of it in a saved notebook."""
        return batch_html(self._progress, is_open=self._report), batch_text(self._progress)

    def _send_state(self, first: int) -> None:
        rows = self._progress.rows[first:]
        self._sent = first + len(rows)
        numbers = [number for row in rows for number in (row.result.seconds, row.result.error is not None)]
        figures = self._progress.figures() | {"stoppable": self._stop is not None}
        self.send(
            {"type": "state", "reset": first == 0, "figures": figures},
            [struct.pack(f"<{len(numbers)}f", *numbers)],
        )

    def _on_ready(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            self._send_state(0)
            if self._report:
                self.send({"type": "report"} | _distributions(self._progress.rows))

    def _on_rows(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        kind, rows = message["kind"], self._progress.rows
        chosen = {"failed": failed_rows, "slowest": slowest_rows, "newest": _newest}[kind](rows)
        self.send(
            {
                "type": "rows",
                "kind": kind,
                "total": len(chosen) if kind == "failed" else len(rows),
                "rows": [_cells(row) for row in chosen[:SHOWN]],
            }
        )

    def _on_stop(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self._stop is not None:
            self._stop()

    _requests: ClassVar[Mapping[str, Request]] = {
        **OpensTraces._requests,  # noqa: SLF001 - its own
        "ready": _on_ready,
        "rows": _on_rows,
        "stop": _on_stop,
    }


def _distributions(rows: list[EndedRow]) -> dict[str, Any]:
    return {
        "latency": histogram([row.result.seconds for row in rows], _BINS),
        "tokens": histogram([float(row.result.tokens) for row in rows], _BINS),
        "errors": error_kinds((row.label, row.result.error or "") for row in failed_rows(rows)),
    }


def _newest(rows: list[EndedRow]) -> list[EndedRow]:
    return rows[: -SHOWN - 1 : -1]


def _cells(row: EndedRow) -> list[Any]:
    result = row.result
    return [
        row.label,
        row.asked,
        result.said[:_SAID],
        result.error is not None,
        result.seconds,
        result.tokens,
        result.trace_id,
    ]
