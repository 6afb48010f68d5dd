"""Keeping up with a trace that still runs, in this process or another: its rows are read from the file again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from nbagents.errors import NbAgentsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.tracing.record import TraceRecord

__all__ = ["PAUSE_S", "RecordSource", "follow"]

PAUSE_S = 0.25  # between two reads
_SHARE = 4  # reading takes at most a quarter of the time


class RecordSource(Protocol):
    """Where traces are read from again: a ``TraceStore``."""

    def get(self, trace_id: str) -> TraceRecord:
        """Return a trace as it is now."""


def follow(record: TraceRecord, store: RecordSource, show: Callable[[TraceRecord], bool]) -> threading.Thread:
    """Show a trace again and again until it has ended, is gone, or nobody looks, on a thread that is returned.

    Args:
        record: The trace as it is known.
        store: Where it is read from.
        show: Takes each new state, and says whether to go on.
    """
    thread = threading.Thread(
        target=_run, args=(record.trace_id, store, show), name="nbagents-follow", daemon=True
    )
    thread.start()
    return thread


def _run(trace_id: str, store: RecordSource, show: Callable[[TraceRecord], bool]) -> None:
    pause = PAUSE_S
    while True:
        time.sleep(pause)
        began = time.monotonic()
        try:
            record = store.get(trace_id)
        except NbAgentsError:
            return  # the trace, or its file, was deleted
        if not show(record) or record.row.ended_us is not None or not record.writer_alive:
            return
        pause = max(PAUSE_S, _SHARE * (time.monotonic() - began))
