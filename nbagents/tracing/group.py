"""Several traces on one time axis: those of a session, a batch, or any that are put together."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from nbagents.tracing.analysis import Analysis

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["TraceGroup"]


class TraceGroup(Analysis):
    """Traces that are looked at together.

    Args:
        records: The traces; they are shown in the order in which they started.
        group_id: The SDK's group that they share, or None.
    """

    def __init__(self, records: Iterable[TraceRecord], group_id: str | None = None) -> None:
        self._records = tuple(sorted(records, key=lambda record: record.row.started_us))
        self.group_id = group_id

    @property
    def records(self) -> tuple[TraceRecord, ...]:
        """The traces, in the order in which they started."""
        return self._records

    @property
    def name(self) -> str:
        """The group's id, or how many traces it has."""
        return self.group_id or f"{len(self._records)} traces"

    @cached_property
    def spans(self) -> tuple[SpanRecord, ...]:
        """The spans of all traces, trace after trace, each in tree order."""
        return tuple(chain.from_iterable(record.spans for record in self._records))

    @property
    def started_at(self) -> datetime | None:
        """When the first of them started, in UTC; None where there is none."""
        return self._records[0].started_at if self._records else None

    @property
    def duration(self) -> float:
        """From the first start to the last end, in seconds."""
        if not self._records:
            return 0.0
        return (max(record.end_us for record in self._records) - self._records[0].row.started_us) / 1e6

    @property
    def errors(self) -> int:
        """How many spans failed."""
        return sum(record.errors for record in self._records)

    def __len__(self) -> int:
        return len(self._records)
