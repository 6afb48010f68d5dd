"""The time in a replay: the recording's own, so that two replays tell the same times.

A replay takes as long as it happens to take; what its traces say is how long the model took when it was recorded.
Time moves in the task that asked, by the length of the recording, and where a span or trace ends, it is at least
the end of everything inside it. So tasks that run side by side overlap, whichever of them is first this time.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReplayClock"]

_SECOND = 1_000_000  # microseconds

# A clock, the execution of a cell, and its time; a task begins with the time of the task that made it.
_now: ContextVar[tuple[object, str, int] | None] = ContextVar("nbagents_replay_now", default=None)


class ReplayClock:
    """Tells the time of a replay.

    Args:
        day: The day on which the first cell begins, at midnight, such as "2026-11-24".
        after_us: A time that it begins after in any case, in microseconds since 1970 UTC.

    Example:
        >>> clock = ReplayClock("2026-11-24")
        >>> clock.advance("e1", 250)
        >>> clock.iso("e1", ["span_1", "trace_1"])
        '2026-11-24T00:00:00.250001+00:00'
    """

    def __init__(self, day: str, after_us: int = 0) -> None:
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        self._horizon = max(int(start.timestamp()) * _SECOND, after_us)
        self._starts: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        self._lock = threading.Lock()

    def advance(self, execution: str, ms: float) -> None:
        """Let time pass for the task that calls this.

        Args:
            execution: The execution of the cell that runs.
            ms: Milliseconds.
        """
        with self._lock:
            _now.set((self, execution, self._here(execution) + round(ms * 1000)))

    def iso(self, execution: str, inside: Sequence[str]) -> str:
        """Return the time, a microsecond later each time.

        Args:
            execution: The execution of the cell that runs.
            inside: The ids of what is going on: the span, those around it, and the trace.
        """
        with self._lock:
            now = max(self._here(execution), *(self._latest.get(one, 0) for one in inside[:1]), 0) + 1
            for one in inside:
                self._latest[one] = max(self._latest.get(one, 0), now)
            self._horizon = max(self._horizon, now)
        _now.set((self, execution, now))
        return datetime.fromtimestamp(now // _SECOND, UTC).replace(microsecond=now % _SECOND).isoformat()

    def now_us(self, execution: str) -> int:
        """Return the time in microseconds since 1970 UTC, as it is.

        Args:
            execution: The execution of the cell that runs.
        """
        with self._lock:
            return self._here(execution)

    def latest_us(self) -> int:
        """Return the latest time that was told, likewise."""
        with self._lock:
            return self._horizon

    def _here(self, execution: str) -> int:
        """The task's own time; the start of the cell where this cell has not looked at the time before."""
        found = _now.get()
        if found is not None and found[0] is self and found[1] == execution:
            return found[2]
        if execution not in self._starts:  # each cell begins at a full second after all that was
            self._starts[execution] = -(-self._horizon // _SECOND) * _SECOND
        return self._starts[execution]
