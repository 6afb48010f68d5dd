"""What may watch traces while they are written: the notebook's strips do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.capture.rows import SpanRow, TraceRow

__all__ = ["TraceObserver"]


class TraceObserver(Protocol):
    """Told of every trace; must be quick, and may raise without harm."""

    def trace_started(self, trace_id: str, name: str) -> str | None:
        """Return the id of the cell that starts a trace, or None; on the agent's thread and in its context."""

    def committed(self, traces: Sequence[TraceRow], spans: Sequence[SpanRow]) -> None:
        """Take rows that are new or changed; called on the writer's thread after they are in the file."""
