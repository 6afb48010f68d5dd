"""The one thread that writes traces of a file; everything else only puts events into its queue."""

from __future__ import annotations

import atexit
import os
import queue
import sqlite3
import threading
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from nbagents._sqlite import connect, migrate, translate
from nbagents.errors import StoreError
from nbagents.tracing.clean import cleaned
from nbagents.tracing.ledger import Batch, Known, Ledger
from nbagents.tracing.process import this_process
from nbagents.tracing.redact import Redactor
from nbagents.tracing.rows import SpanRow, TraceRow

if TYPE_CHECKING:
    from pathlib import Path

    from nbagents.tracing.ledger import Event
    from nbagents.tracing.observer import TraceObserver

__all__ = ["MAX_UNWRITTEN", "TraceWarning", "TraceWriter", "flush", "writer_of"]

MAX_UNWRITTEN = 100_000  # rows kept in memory while the file cannot be written
_MAX_BATCH = 2_000  # events; a commit waits for no more
_EXIT_WAIT_S = 30.0
# Between an event and its commit, unless somebody waits: a span's start and end become one row, and the agent's
# thread is not interrupted for each event.
_GATHER_S = 0.02

_UPSERT_TRACE = f"""
    INSERT INTO nb_traces ({", ".join(TraceRow._fields)})
    VALUES ({", ".join("?" * len(TraceRow._fields))})
    ON CONFLICT (trace_id) DO UPDATE SET
        name = excluded.name, ended_us = excluded.ended_us, writer = excluded.writer,
        group_id = coalesce(excluded.group_id, group_id), metadata = coalesce(excluded.metadata, metadata),
        cell_id = coalesce(cell_id, excluded.cell_id)
"""
_UPSERT_SPAN = f"""
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


class TraceWarning(UserWarning):
    """Something about tracing went wrong; the agent's run went on."""


class TraceWriter:
    """A queue and the thread behind it.

    The thread starts with the first event and is a daemon; ``flush`` at exit is what loses nothing. While the file
    cannot be written, rows wait in memory (at most ``MAX_UNWRITTEN``) and every next event is another try.

    Args:
        path: The SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.redactor = Redactor()
        self.observers: tuple[TraceObserver, ...] = ()
        self._start = threading.Lock()
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        self._queue: queue.SimpleQueue[Event | threading.Event] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._unwritten = Batch()
        self._dropped = 0
        self._warned = False
        self._ledger = Ledger(this_process(), self._look_up)

    def put(self, event: Event) -> None:
        """Hand over an event; never waits."""
        self._queue.put(event)
        if self._thread is None:
            self._start_thread()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything handed over so far is in the file, or could not be.

        Args:
            timeout: Seconds to wait at most; None waits as long as it takes.

        Returns:
            Whether that was reached in time.
        """
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return True
        reached = threading.Event()
        self._queue.put(reached)
        self._hurry.set()
        return reached.wait(timeout)

    def _start_thread(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbagents-traces", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            events, reached = self._next()
            batch = self._unwritten
            for event in events:
                self._take(event, batch)
            if batch:
                self._write(batch)
            for waiting in reached:
                waiting.set()

    def _next(self) -> tuple[list[Event], list[threading.Event]]:
        events: list[Event] = []
        reached: list[threading.Event] = []
        item = self._queue.get()
        self._hurry.wait(_GATHER_S)
        self._hurry.clear()
        while True:
            if isinstance(item, threading.Event):
                reached.append(item)
            else:
                events.append(item)
            if len(events) >= _MAX_BATCH:
                return events, reached
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return events, reached

    def _take(self, event: Event, batch: Batch) -> None:
        try:
            self._ledger.take(cleaned(event, self.redactor), batch)
        except Exception as exc:  # noqa: BLE001 - one event that cannot be read must not end the thread
            self._warn(f"an event of trace {event.trace_id} could not be read and is lost: {exc!r}")

    def _write(self, batch: Batch) -> None:
        try:
            try:
                self._upsert(batch)
            except _ONE_ROW_S_FAULT:
                self._upsert_singly(batch)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the thread goes on and the rows are tried again
            self._failed(exc)
            return
        self._unwritten = Batch()
        self._tell(list(batch.traces.values()), list(batch.spans.values()))

    def _upsert(self, batch: Batch) -> None:
        spans = _span_values(batch)
        with self._open() as connection:
            connection.executemany(_UPSERT_TRACE, batch.traces.values())
            if connection.executemany(_UPSERT_SPAN, spans).rowcount < len(spans):
                self._make_room(connection, batch)
                connection.executemany(_UPSERT_SPAN, _span_values(batch))

    def _make_room(self, connection: sqlite3.Connection, batch: Batch) -> None:
        """Move spans whose place another process, a forked child say, has given to a span of the same trace."""
        for key, row in list(batch.spans.items()):
            found = connection.execute(
                "SELECT span_id FROM nb_spans WHERE trace_id = ? AND seq = ?", key
            ).fetchone()
            if found is not None and found[0] != row.span_id:
                (last,) = connection.execute(_LAST_SEQ, key[:1]).fetchone()
                self._ledger.move(key, last + 1, batch)

    def _upsert_singly(self, batch: Batch) -> None:
        """Write what can be written where one row of many cannot, and say which."""
        rows = [(_UPSERT_TRACE, row) for row in batch.traces.values()]
        for statement, values in rows + [(_UPSERT_SPAN, values) for values in _span_values(batch)]:
            try:
                with self._open() as connection:
                    connection.execute(statement, values)
            except _ONE_ROW_S_FAULT as exc:
                self._warn(f"a row of trace {values[0]!r} cannot be stored and is lost: {exc!r}")

    def _failed(self, exc: Exception) -> None:
        error = translate(exc, self.path) if isinstance(exc, sqlite3.Error) else exc
        self._close()
        spans = self._unwritten.spans
        surplus = len(self._unwritten) - MAX_UNWRITTEN
        for key in list(spans)[: max(0, surplus)]:
            del spans[key]
            self._unwritten.payloads.pop(key, None)
            self._dropped += 1
        lost = f"; {self._dropped:,} spans were dropped" if self._dropped else ""
        self._warn(f"traces are not being stored: {error}{lost}. The newest are kept in memory and tried again.")

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and not self.path.exists():
            self._close()  # removed by somebody to start afresh: what comes next belongs in a new file
        if self._connection is None:
            connection = connect(self.path)
            try:
                migrate(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
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

    def _tell(self, traces: list[TraceRow], spans: list[SpanRow]) -> None:
        for observer in self.observers:
            try:
                observer.committed(traces, spans)
            except Exception as exc:  # noqa: BLE001 - a display that fails must not end the writing
                self._warn(f"a display of traces failed: {exc!r}")

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            with suppress(TraceWarning):  # a filter may make an error of it, which would end the thread
                warnings.warn(f"nbagents: {text}", TraceWarning, stacklevel=1)


def _span_values(batch: Batch) -> list[tuple[object, ...]]:
    return [(*row, batch.payloads.get(key)) for key, row in batch.spans.items()]


_writers: weakref.WeakSet[TraceWriter] = weakref.WeakSet()
_by_path: dict[Path, TraceWriter] = {}
_by_path_lock = threading.Lock()
_inherited: list[sqlite3.Connection | None] = []


def writer_of(path: Path) -> TraceWriter:
    """Return the writer of a file; there is one in a process."""
    key = path.expanduser().resolve()
    with _by_path_lock:
        writer = _by_path.get(key)
        if writer is None:
            writer = _by_path[key] = TraceWriter(path)
        return writer


def flush(path: Path, timeout: float | None = None) -> bool:
    """Wait until what this process has handed over for a file is in it; at once where there is nothing."""
    writer = _by_path.get(path.expanduser().resolve())
    return writer is None or writer.flush(timeout)


def _leave() -> None:
    for writer in list(_writers):
        writer.flush(_EXIT_WAIT_S)


def _forget_parent() -> None:
    """In a forked child: the threads are the parent's, and what they had queued is theirs to write."""
    for writer in list(_writers):
        # SQLite forbids a child even to close a connection that it inherited.
        _inherited.append(writer._connection)  # noqa: SLF001 - this module's own class
        writer._start = threading.Lock()  # noqa: SLF001 - this module's own class
        writer._reset()  # noqa: SLF001 - likewise


atexit.register(_leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
