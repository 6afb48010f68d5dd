"""The critical path on its way to a page: which span was waited for, from when until when."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from nbagents.tracing.measure.critical_path import critical_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.record import TraceRecord

__all__ = ["path_message"]


def path_message(records: Sequence[TraceRecord]) -> tuple[dict[str, Any], bytes]:
    """Return the critical paths of traces: the facts of ``TraceRecord.critical_path``.

    Args:
        records: The traces.

    Returns:
        ``traces``, a list of each trace's id and how many steps it has; and the steps, one after the other, each
        three doubles: the span's ``seq``, its start and its end in microseconds.
    """
    traces, numbers = [], array("d")
    for record in records:
        steps = [s for s in critical_path(record.row, record.nodes, record.end_us) if s.node is not None]
        traces.append([record.trace_id, len(steps)])
        for step in steps:
            numbers.extend((step.node.span.seq, step.start_us, step.end_us))  # type: ignore[union-attr] # chosen above
    return {"traces": traces}, numbers.tobytes()
