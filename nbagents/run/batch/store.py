"""Finished rows in the file beside the notebook, written as they finish."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Self

from nbagents._now import now_us
from nbagents._sqlite import connect, migrate, translate
from nbagents.errors import StoreError
from nbagents.run.batch.row_result import RowResult
from nbagents.tracing.capture.writer import flush

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from nbagents.run.batch.prompts import Prompt

__all__ = ["BatchStore"]

_GATHER_S = 0.05  # rows that end in this time share a transaction
_TRACES_WAIT_S = 30.0
_BEHIND = 100  # rows that wait to be written before the next one starts

_FIELDS = ", ".join(RowResult._fields)
_UPSERT = f"""
    INSERT OR REPLACE INTO nb_batch_rows (batch, row, nth, ended_us, {_FIELDS})
    VALUES (?, ?, ?, ?, {", ".join("?" * len(RowResult._fields))})
"""
_SELECT = f"SELECT row, nth, {_FIELDS} FROM nb_batch_rows WHERE batch = ? AND error IS NULL"


class BatchStore:
    """Keeps the rows of one batch; a context that ends when all that was put is in the file, or could not be.

    Writing happens on a thread of its own, so that no row waits for the disk: rows that finish while one
    transaction is under way share the next.

    Args:
        path: The SQLite file.
        batch: Which batch: the agent's fingerprint.

    Attributes:
        trouble: Why rows could not be written, or None; the rows themselves are not lost by it.

    Raises:
        StoreOpenError: The file cannot be used.
    """

    def __init__(self, path: Path, batch: str) -> None:
        self.path = path
        self._batch = batch
        self._fresh: deque[tuple[object, ...]] = deque()
        self._put = self._written = 0
        self.trouble: StoreError | None = None
        self._ending = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nbagents-batch")
        with closing(connect(path)) as connection:
            migrate(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.submit(self._write)  # what could not be written until now
        self._thread.shutdown(wait=True)

    def finished(self) -> dict[tuple[str, int], RowResult]:
        """Return the rows that have ended well, by their prompt's key and number."""
        try:
            with closing(connect(self.path)) as connection:
                found = connection.execute(_SELECT, (self._batch,)).fetchall()
        except sqlite3.Error as exc:
            raise translate(exc, self.path) from exc
        return {(row, nth): RowResult(*values) for row, nth, *values in found}

    def put(self, prompt: Prompt, result: RowResult) -> None:
        """Have a finished row written; never waits."""
        self._put += 1
        self._fresh.append((self._batch, prompt.key, prompt.nth, now_us(), *result))
        self._thread.submit(self._write)

    async def keep_up(self) -> None:
        """Wait while many rows are not written: a busy event loop leaves the threads that write no time."""
        if self._put - self._written > _BEHIND:
            await asyncio.wrap_future(self._thread.submit(self._write))

    def _write(self) -> None:
        if not self._fresh:
            return  # written with another row's
        self._ending.wait(_GATHER_S)
        fresh = [self._fresh.popleft() for _ in range(len(self._fresh))]
        if not flush(self.path, _TRACES_WAIT_S) and not self._ending.is_set():
            self._fresh.extendleft(reversed(fresh))  # a row that is kept has its trace, whatever ends this process
            return
        try:
            with closing(connect(self.path)) as connection, connection:
                connection.executemany(_UPSERT, fresh)
            self._written += len(fresh)
        except (sqlite3.Error, StoreError) as exc:
            self.trouble = translate(exc, self.path) if isinstance(exc, sqlite3.Error) else exc
            self._fresh.extend(fresh)  # the next row that ends is another try
