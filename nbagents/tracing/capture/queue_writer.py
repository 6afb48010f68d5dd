"""A queue of events and the one thread behind it; where they are kept is the sink's to say."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import warnings
import weakref
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

from nbagents.tracing.capture.clean import cleaned
from nbagents.tracing.capture.ledger import Batch, Known, Ledger
from nbagents.tracing.capture.process import this_process
from nbagents.tracing.capture.redact import Redactor

if TYPE_CHECKING:
    from pathlib import Path

    from nbagents.tracing.capture.ledger import Event

__all__ = ["MAX_UNWRITTEN", "QueueWriter", "TraceWarning"]

MAX_UNWRITTEN = 100_000  # rows kept in memory while the file cannot be written
_MAX_BATCH = 2_000  # events; a commit waits for no more
_EXIT_WAIT_S = 30.0
# Between an event and its commit, unless somebody waits: a span's start and end become one row, and the agent's
# thread is not interrupted for each event.
_GATHER_S = 0.02


class TraceWarning(UserWarning):
    """Something about tracing went wrong; the agent's run went on."""


class QueueWriter(ABC):
    """Turns events into rows without secrets and keeps them, all in a thread of its own.

    The thread starts with the first event and is a daemon; ``flush`` at exit is what loses nothing. While the file
    cannot be written, rows wait in memory (at most ``MAX_UNWRITTEN``) and every next event is another try.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.redactor = Redactor()
        self._start = threading.Lock()
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        """Begin anew, also in a forked child: the threads are the parent's, and what they had queued is theirs."""
        self._queue: queue.SimpleQueue[Event | threading.Event | None] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._unwritten = Batch()
        self._failing = False
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
            Whether it is in the file.
        """
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return True
        reached = threading.Event()
        self._queue.put(reached)
        self._hurry.set()
        return reached.wait(timeout) and not self._failing

    def close(self, timeout: float | None = None) -> bool:
        """Write what is left, and end the thread; a next event begins another.

        Args:
            timeout: Seconds to wait at most, for the writing and for the end each.

        Returns:
            Whether everything was written in time.
        """
        kept = self.flush(timeout)
        with self._start:  # nobody begins another thread meanwhile
            thread = self._thread
            if thread is not None and thread is not threading.current_thread():
                self._queue.put(None)
                thread.join(timeout)
                self._thread = thread if thread.is_alive() else None
        if not self._queue.empty():  # an event that came while it ended
            self._start_thread()
        return kept

    def _start_thread(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbagents-traces", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        going = True
        while going:
            events, reached, going = self._next()
            batch = self._unwritten
            for event in events:
                self._take(event, batch)
            if batch:
                self._write(batch)
            for waiting in reached:
                waiting.set()

    def _next(self) -> tuple[list[Event], list[threading.Event], bool]:
        """Wait for events; give them, those who wait for them, and whether there is more to come."""
        events: list[Event] = []
        reached: list[threading.Event] = []
        item = self._queue.get()
        self._hurry.wait(_GATHER_S)
        self._hurry.clear()
        while True:
            if item is None:
                return events, reached, False
            if isinstance(item, threading.Event):
                reached.append(item)
            else:
                events.append(item)
            if len(events) >= _MAX_BATCH:
                return events, reached, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return events, reached, True

    def _take(self, event: Event, batch: Batch) -> None:
        try:
            self._ledger.take(cleaned(event, self.redactor), batch)
        except Exception as exc:  # noqa: BLE001 - one event that cannot be read must not end the thread
            self._warn(f"an event of trace {event.trace_id} could not be read and is lost: {exc!r}")

    def _write(self, batch: Batch) -> None:
        try:
            self._store(batch)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the thread goes on and the rows are tried again
            self._failing = True
            self._failed(exc)
            return
        self._failing = False
        self._unwritten = Batch()

    @abstractmethod
    def _store(self, batch: Batch) -> None:
        """Keep rows, or raise; then they come again with the next."""

    def _look_up(self, trace_id: str) -> Known:  # noqa: ARG002 - what a sink that can be read back asks for
        """Return what is kept already of a trace whose start was not seen."""
        return Known()

    def _failed(self, exc: Exception) -> None:
        spans = self._unwritten.spans
        surplus = len(self._unwritten) - MAX_UNWRITTEN
        for key in list(spans)[: max(0, surplus)]:
            del spans[key]
            self._unwritten.payloads.pop(key, None)
            self._dropped += 1
        lost = f"; {self._dropped:,} spans were dropped" if self._dropped else ""
        self._warn(f"traces are not being stored: {exc}{lost}. The newest are kept in memory and tried again.")

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            with suppress(TraceWarning):  # a filter may make an error of it, which would end the thread
                warnings.warn(f"nbagents: {text}", TraceWarning, stacklevel=1)


_writers: weakref.WeakSet[QueueWriter] = weakref.WeakSet()


def _leave() -> None:
    for writer in list(_writers):
        writer.flush(_EXIT_WAIT_S)


def _forget_parent() -> None:
    for writer in list(_writers):
        writer._start = threading.Lock()  # noqa: SLF001 - this module's own class
        writer._reset()  # noqa: SLF001 - likewise


atexit.register(_leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
