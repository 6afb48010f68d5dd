"""Traces taken out of a store: those that are named, and those that are too many or too old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nbagents._given import check_given, check_least
from nbagents.errors import ConfigError, TraceRunningError
from nbagents.tracing.capture.process import alive

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["check_retention", "delete_traces", "outdated"]

_TABLES = ("nb_spans", "nb_notes", "nb_traces")


def delete_traces(connection: sqlite3.Connection, trace_ids: Iterable[str]) -> int:
    """Delete traces with their spans and notes.

    Returns:
        How many there were.

    Raises:
        TraceRunningError: One of them is running; none is deleted.
    """
    ids = list(dict.fromkeys(trace_ids))
    for trace_id in ids:
        if _running(connection, trace_id):
            raise TraceRunningError(
                f"trace {trace_id!r} is still running; delete it when it has ended", trace_id=trace_id
            )
    for table in _TABLES:
        deleted = connection.executemany(f"DELETE FROM {table} WHERE trace_id = ?", [(one,) for one in ids])
    return deleted.rowcount


def outdated(
    connection: sqlite3.Connection, *, keep: int | None, older_than: timedelta | None, now_us: int
) -> list[str]:
    """Return the ids of traces that are not to be kept; never one that is running.

    Args:
        connection: Of the store.
        keep: How many of the newest to keep; None is all.
        older_than: Those that started longer ago than this go; None is none.
        now_us: The time it is.
    """
    since = None if older_than is None else now_us - round(older_than.total_seconds() * 1e6)
    found = connection.execute(
        "SELECT trace_id FROM (SELECT trace_id, started_us, row_number() OVER "
        "(ORDER BY started_us DESC, rowid DESC) AS place FROM nb_traces) "
        "WHERE place > coalesce(?, place) OR started_us < coalesce(?, started_us)",
        (keep, since),
    )
    return [trace_id for (trace_id,) in found.fetchall() if not _running(connection, trace_id)]


def check_retention(keep: int | None, older_than: timedelta | None) -> None:
    """Refuse what would be a mistake.

    Raises:
        ConfigError: Neither is given, or one is negative.
    """
    if keep is None and older_than is None:
        raise ConfigError("give keep, older_than or both; else nothing is too old", name="keep", value=None)
    if keep is not None:
        check_least(0, keep=keep)
    if older_than is not None:
        check_given(
            "older_than", older_than, "a datetime.timedelta, or None", fits=isinstance(older_than, timedelta)
        )
        if older_than < timedelta(0):
            raise ConfigError(
                f"older_than is {older_than}; it must not be negative", name="older_than", value=older_than
            )


def _running(connection: sqlite3.Connection, trace_id: str) -> bool:
    select = "SELECT writer FROM nb_traces WHERE trace_id = ? AND ended_us IS NULL"
    row = connection.execute(select, (trace_id,)).fetchone()
    return row is not None and alive(row[0])
