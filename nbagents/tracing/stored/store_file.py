"""The SQLite file of a store: every read first waits for what is queued, every write is one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from nbagents._given import path_of
from nbagents._sqlite import connect, default_path, migrate, translate
from nbagents.tracing.capture.writer import flush

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["StoreFile"]

_FLUSH_WAIT_S = 30.0


class StoreFile:
    """A file with our tables; may be used from any thread.

    Args:
        path: The file; None is the one beside the notebook.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = default_path() if path is None else path_of("path", path)

    def flush(self) -> None:
        """Wait until what this process has run so far is in the file."""
        flush(self.path, _FLUSH_WAIT_S)

    def rows(self, select: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT; of a file that is not there, none, and it is not made."""
        self.flush()
        if not self.path.exists():
            return []
        with self._open() as connection:
            return connection.execute(select, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction, which is kept when the block ends well."""
        self.flush()
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def vacuum(self) -> int:
        """Give the space of deleted rows back to the disk.

        Returns:
            How many bytes smaller the file is.

        Raises:
            StoreError: The file cannot be written, or the disk has no room for the smaller copy.
        """
        self.flush()
        if not self.path.exists():
            return 0
        with self._open() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = self.path.stat().st_size
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before - self.path.stat().st_size

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self.path)) as connection:
                migrate(connection, self.path)
                yield connection
        except sqlite3.Error as exc:
            raise translate(exc, self.path) from exc
