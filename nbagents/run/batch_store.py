"""Finished rows in the file beside the notebook, written as they finish."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Self

from nbagents._sqlite import connect, migrate, translate
from nbagents.run.row_result import RowResult

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from nbagents.run.prompts import Prompt

__all__ = ["BatchStore"]

_FIELDS = ", ".join(RowResult._fields)
_UPSERT = f"""
    INSERT OR REPLACE INTO nb_batch_rows (batch, row, nth, ended_us, {_FIELDS})
    VALUES (?, ?, ?, ?, {", ".join("?" * len(RowResult._fields))})
"""
_SELECT = f"SELECT row, nth, {_FIELDS} FROM nb_batch_rows WHERE batch = ? AND error IS NULL"


class BatchStore:
    """Keeps the rows of one batch; a context that ends when all that was put is in the file.

    Writing happens on a thread of its own, so that no row waits for the disk: rows that finish while one
    transaction is under way share the next.

    Args:
        path: The SQLite file.
        batch: Which batch: the agent's fingerprint.

    Raises:
        StoreOpenError: The file cannot be used.
    """

    def __init__(self, path: Path, batch: str) -> None:
        self.path = path
        self._batch = batch
        self._fresh: deque[tuple[object, ...]] = deque()
        self._writing: list[Future[None]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nbagents-batch")
        with closing(connect(path)) as connection:
            migrate(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True)
        if kind is None:
            self.check()

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
        self._fresh.append((self._batch, prompt.key, prompt.nth, time.time_ns() // 1000, *result))
        self._writing = [one for one in self._writing if not one.done() or one.exception() is not None]
        self._writing.append(self._thread.submit(self._write))

    def check(self) -> None:
        """Raise what went wrong with writing, if anything did.

        Raises:
            StoreError: Rows could not be written.
        """
        for one in self._writing:
            if one.done():
                one.result()

    def _write(self) -> None:
        fresh = [self._fresh.popleft() for _ in range(len(self._fresh))]
        if not fresh:
            return  # written with another row's
        try:
            with closing(connect(self.path)) as connection, connection:
                connection.executemany(_UPSERT, fresh)
        except sqlite3.Error as exc:
            raise translate(exc, self.path) from exc
