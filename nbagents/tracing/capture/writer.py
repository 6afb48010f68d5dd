"""The one writer of a SQLite file of traces."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

from nbagents._sqlite import connect, file_at, migrate, translate
from nbagents.errors import StoreError
from nbagents.tracing.capture.ledger import Batch, Known
from nbagents.tracing.capture.queue_writer import QueueWriter
from nbagents.tracing.capture.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from pathlib import Path

    from nbagents.tracing.capture.observer import TraceObserver

__all__ = ["UPSERT_SPAN", "UPSERT_TRACE", "TraceWriter", "flush", "writer_of"]

UPSERT_TRACE = f"""
    INSERT INTO nb_traces ({", ".join(TraceRow._fields)})
    VALUES ({", ".join("?" * len(TraceRow._fields))})
    ON CONFLICT (trace_id) DO UPDATE SET
        name = excluded.name, ended_us = excluded.ended_us, writer = excluded.writer,
        group_id = coalesce(excluded.group_id, group_id), metadata = coalesce(excluded.metadata, metadata),
        cell_id = coalesce(cell_id, excluded.cell_id)
"""
UPSERT_SPAN = f"""
    INSERT INTO nb_spans ({", ".join(SpanRow._fields)}, payload)
    VALUES ({", ".join("?" * len(SpanRow._fields))}, ?)
    ON CONFLICT (trace_id, seq) DO UPDATE SET
        name = excluded.name, ended_us = excluded.ended_us, agent = excluded.agent, model = excluded.model,
        input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
        cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
        error = excluded.error, first_token_us = excluded.first_token_us, payload = excluded.payload
    WHERE span_id = excluded.span_id
"""
_SELECT_TRACE = f"SELECT {', '.join(TraceRow._fields)} FROM nb_traces WHERE trace_id = ?"
_SPAN_THERE = "SELECT span_id FROM nb_spans WHERE trace_id = ? AND seq = ?"
_LAST_SEQ = "SELECT max(seq) FROM nb_spans WHERE trace_id = ?"

# What SQLite cannot take, whatever the state of the file: text that is not Unicode, a number of more than 64 bits.
_ONE_ROW_S_FAULT = (
    UnicodeError,
    OverflowError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


class TraceWriter(QueueWriter):
    """Writes traces to a SQLite file, and tells those who watch.

    Args:
        path: The SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self.observers: tuple[TraceObserver, ...] = ()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        super().__init__(path)

    def _reset(self) -> None:
        if self._connection is not None:  # SQLite forbids a forked child even to close what it inherited
            _inherited.append(self._connection)
        self._connection = None
        super()._reset()

    def _run(self) -> None:
        super()._run()
        self._close()  # here, as SQLite wants it: on the thread that opened it

    def _store(self, batch: Batch) -> None:
        try:
            self._upsert(batch)
        except _ONE_ROW_S_FAULT:
            self._upsert_singly(batch)
        self._tell(batch)

    def _tell(self, batch: Batch) -> None:
        traces, spans = list(batch.traces.values()), list(batch.spans.values())
        for observer in self.observers:
            try:
                observer.committed(traces, spans)
            except Exception as exc:  # noqa: BLE001 - a display that fails must not end the writing
                self._warn(f"a display of traces failed: {exc!r}")

    def _failed(self, exc: Exception) -> None:
        self._close()
        super()._failed(translate(exc, self.path) if isinstance(exc, sqlite3.Error) else exc)

    def _upsert(self, batch: Batch) -> None:
        spans = _span_values(batch)
        with self._open() as connection:
            connection.executemany(UPSERT_TRACE, batch.traces.values())
            if connection.executemany(UPSERT_SPAN, spans).rowcount < len(spans):
                self._make_room(connection, batch)
                connection.executemany(UPSERT_SPAN, _span_values(batch))

    def _make_room(self, connection: sqlite3.Connection, batch: Batch) -> None:
        """Move spans whose place another process, a forked child say, has given to a span of the same trace."""
        for key, row in list(batch.spans.items()):
            found = connection.execute(_SPAN_THERE, key).fetchone()
            if found is not None and found[0] != row.span_id:
                (last,) = connection.execute(_LAST_SEQ, key[:1]).fetchone()
                self._ledger.move(key, last + 1, batch)

    def _upsert_singly(self, batch: Batch) -> None:
        """Write what can be written where one row of many cannot, and say which."""
        rows = [(UPSERT_TRACE, row) for row in batch.traces.values()]
        for statement, values in rows + [(UPSERT_SPAN, values) for values in _span_values(batch)]:
            try:
                with self._open() as connection:
                    connection.execute(statement, values)
            except _ONE_ROW_S_FAULT as exc:
                self._warn(f"a row of trace {values[0]!r} cannot be stored and is lost: {exc!r}")

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and file_at(self.path) != self._file:
            self._close()  # removed by somebody to start afresh: what comes next belongs in a new file
        if self._connection is None:
            connection = connect(self.path)
            try:
                migrate(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection, self._file = connection, file_at(self.path)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look_up(self, trace_id: str) -> Known:
        try:
            connection = self._open()
            row = connection.execute(_SELECT_TRACE, (trace_id,)).fetchone()
            if row is None:
                return Known()
            (last,) = connection.execute(_LAST_SEQ, (trace_id,)).fetchone()
        except (StoreError, sqlite3.Error):
            return Known()  # the write that follows says what is wrong with the file
        return Known(TraceRow(*row), 0 if last is None else last + 1)


def _span_values(batch: Batch) -> list[tuple[object, ...]]:
    return [(*row, batch.payloads.get(key)) for key, row in batch.spans.items()]


_by_path: dict[Path, TraceWriter] = {}
_by_path_lock = threading.Lock()
_inherited: list[sqlite3.Connection] = []


def writer_of(path: Path) -> TraceWriter:
    """Return the writer of a file; there is one in a process."""
    key = path.expanduser().resolve()
    with _by_path_lock:
        writer = _by_path.get(key)
        if writer is None:
            writer = _by_path[key] = TraceWriter(path)
        return writer


def flush(path: Path, timeout: float | None = None) -> bool:
    """Wait until what this process has handed over for a file is in it, and tell whether it is."""
    writer = _by_path.get(path.expanduser().resolve())
    return writer is None or writer.flush(timeout)
