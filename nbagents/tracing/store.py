"""Reading traces back. A read first waits for what this process has queued: what was run is what is shown."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents._sqlite import connect, default_path, migrate, translate
from nbagents.errors import ConfigError, StoreError, TraceNotFoundError
from nbagents.tracing.group import TraceGroup
from nbagents.tracing.record import TraceRecord
from nbagents.tracing.rows import SpanRow, TraceRow
from nbagents.tracing.writer import flush

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TraceStore", "last_trace", "traces"]

_TRACE, _SPAN = ", ".join(TraceRow._fields), ", ".join(SpanRow._fields)
_FLUSH_WAIT_S = 30.0


class TraceStore:
    """The traces of one SQLite file; may be used from any thread.

    Args:
        path: The file; None is the one beside the notebook.

    Example:
        >>> TraceStore("empty.db").traces().empty
        True
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = default_path() if path is None else Path(path).expanduser().absolute()

    def flush(self) -> None:
        """Wait until what this process has run so far is in the file."""
        flush(self.path, _FLUSH_WAIT_S)

    def traces(self, limit: int | None = None, *, group_id: str | None = None) -> pd.DataFrame:
        """Return the traces, newest first, one row each; ``nbagents.tracing.columns`` lists the columns.

        Args:
            limit: How many at most; None is all.
            group_id: Only those of this group of the SDK's; None is all.

        Raises:
            StoreError: The file cannot be read.
        """
        from nbagents.tracing.frame import trace_frame

        return trace_frame(self.records(limit, group_id=group_id))

    def records(self, limit: int | None = None, *, group_id: str | None = None) -> list[TraceRecord]:
        """Return the traces with their spans, newest first.

        Args:
            limit: How many at most; None is all.
            group_id: Only those of this group of the SDK's; None is all.

        Raises:
            ConfigError: ``limit`` is negative.
        """
        if limit is not None and limit < 0:
            raise ConfigError(
                f"limit is {limit}; it must be 0 or more, or None for all", name="limit", value=limit
            )
        newest = "WHERE ? IS NULL OR group_id = ? ORDER BY started_us DESC, rowid DESC LIMIT ?"
        values = (group_id, group_id, -1 if limit is None else limit)
        traces = self._read(f"SELECT {_TRACE} FROM nb_traces {newest}", *values)
        wanted = f"(SELECT trace_id FROM nb_traces {newest})"
        spans = self._read(f"SELECT {_SPAN} FROM nb_spans WHERE trace_id IN {wanted}", *values)
        by_trace: dict[str, list[SpanRow]] = {}
        for span in spans:
            by_trace.setdefault(span[0], []).append(SpanRow(*span))
        return [TraceRecord(TraceRow(*row), by_trace.get(row[0], ()), self) for row in traces]

    def group(self, group_id: str) -> TraceGroup:
        """Return the traces of one group of the SDK's, to be looked at on one time axis.

        Args:
            group_id: What the traces were given as ``group_id``: of a session, a conversation, a batch.

        Raises:
            TraceNotFoundError: No trace has it.
        """
        found = self.records(group_id=group_id)
        if not found:
            raise TraceNotFoundError(
                f"there is no trace of group {group_id!r} in {self.path}; traces()['group_id'] lists them",
                trace_id=None,
            )
        return TraceGroup(found, group_id)

    def get(self, trace_id: str) -> TraceRecord:
        """Return one trace.

        Args:
            trace_id: Its id, or the beginning of one that no other trace shares.

        Raises:
            TraceNotFoundError: There is none, or more than one.
        """
        found = self._read(f"SELECT {_TRACE} FROM nb_traces WHERE trace_id = ?", trace_id) or self._read(
            f"SELECT {_TRACE} FROM nb_traces WHERE substr(trace_id, 1, ?) = ? LIMIT 2", len(trace_id), trace_id
        )
        if len(found) != 1:
            count = "more than one trace begins with" if found else "there is no trace"
            raise TraceNotFoundError(
                f"{count} {trace_id!r} in {self.path}; traces() lists them", trace_id=trace_id
            )
        return self._record(found[0])

    def last(self) -> TraceRecord:
        """Return the newest trace.

        Raises:
            TraceNotFoundError: There is none yet.
        """
        found = self._read(f"SELECT {_TRACE} FROM nb_traces ORDER BY started_us DESC, rowid DESC LIMIT 1")
        if not found:
            raise TraceNotFoundError(
                f"there are no traces yet in {self.path}; run an agent after %load_ext nbagents or enable()",
                trace_id=None,
            )
        return self._record(found[0])

    def payload(self, trace_id: str, seq: int) -> dict[str, Any]:
        """Return what a span kept: ``input``, ``output``, ``data`` and ``error``; empty while it runs.

        Args:
            trace_id: The trace's whole id.
            seq: The span's place in the order of starting.

        Raises:
            TraceNotFoundError: There is no such span.
            StoreError: What is stored is not JSON.
        """
        found = self._read("SELECT payload FROM nb_spans WHERE trace_id = ? AND seq = ?", trace_id, seq)
        if not found:
            raise TraceNotFoundError(
                f"trace {trace_id!r} has no span number {seq} in {self.path}", trace_id=trace_id
            )
        try:
            return json.loads(found[0][0]) if found[0][0] else {}
        except ValueError as exc:
            raise StoreError(
                f"the payload of span number {seq} of trace {trace_id!r} in {self.path} is not JSON ({exc}); "
                "something else has changed it",
                path=self.path,
            ) from exc

    def __repr__(self) -> str:
        return f"TraceStore({str(self.path)!r})"

    def _record(self, row: tuple[Any, ...]) -> TraceRecord:
        spans = self._read(f"SELECT {_SPAN} FROM nb_spans WHERE trace_id = ? ORDER BY seq", row[0])
        return TraceRecord(TraceRow(*row), [SpanRow(*span) for span in spans], self)

    def _read(self, select: str, *values: object) -> list[tuple[Any, ...]]:
        self.flush()
        if not self.path.exists():
            return []
        try:
            with closing(connect(self.path)) as connection:
                migrate(connection, self.path)
                return connection.execute(select, values).fetchall()
        except sqlite3.Error as exc:
            raise translate(exc, self.path) from exc


def traces(limit: int | None = None, *, group_id: str | None = None) -> pd.DataFrame:
    """Return the traces of the file beside the notebook, newest first, one row each.

    Args:
        limit: How many at most; None is all.
        group_id: Only those of this group of the SDK's; None is all.

    Example:
        >>> list(traces().columns[:3])
        ['name', 'started_at', 'duration']
    """
    return TraceStore().traces(limit, group_id=group_id)


def last_trace() -> TraceRecord:
    """Return the newest trace of the file beside the notebook.

    Raises:
        TraceNotFoundError: There is none yet.
    """
    return TraceStore().last()
