"""Traces that are opened inside another widget, each in a view of its own.

The page's side is ``opened_traces.js``: it asks with ``trace`` (trace_id) and is told ``trace`` (trace_id,
view_id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.widgets.live import LiveWidget
from nbagents.widgets.trace.trace_view import TraceView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.tracing.stored.store import TraceStore
    from nbagents.widgets.live import Request

__all__ = ["OpensTraces"]


class OpensTraces(LiveWidget):
    """A widget in which traces are opened.

    Args:
        unknown: Keyword arguments that the widget does not have.
        store: Where traces are read from; None is the file beside the notebook.
    """

    def __init__(self, unknown: Mapping[str, object] | None = None, *, store: TraceStore | None = None) -> None:
        self._store = store
        self._opened: dict[str, TraceView] = {}
        super().__init__(unknown)

    def close(self) -> None:
        """Let go of it and of the traces that were opened in it."""
        for view in vars(self).get("_opened", {}).values():  # none where it was never made
            view.close()
        super().close()

    def _on_trace(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        trace_id = str(message["trace_id"])
        with self._lock:
            if trace_id not in self._opened:
                from nbagents.tracing.stored.store import TraceStore

                store = self._store or TraceStore()
                self._opened[trace_id] = TraceView([store.get(trace_id)], store=store, expanded=True)
            view_id = self._opened[trace_id].view_id
        self.send({"type": "trace", "trace_id": trace_id, "view_id": view_id})

    _requests: ClassVar[Mapping[str, Request]] = {"trace": _on_trace}
