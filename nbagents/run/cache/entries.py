"""The entries of a cache: least recently used goes first, the old go when their time is over.

They live in SQLite either way: in memory, or in the file beside the notebook.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from nbagents._sqlite import connect, migrate, translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Entries", "Entry"]


class Entry(NamedTuple):
    """One answer.

    Attributes:
        answer: JSON text (see ``frozen.py``).
        model: The model that gave it, or None.
        input_tokens: What it took.
        cached_tokens: Of these, those the API had cached.
        output_tokens: What it gave.
    """

    answer: str
    model: str | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


_FIELDS = ", ".join(Entry._fields)
_SELECT = f"SELECT {_FIELDS}, created_us FROM nb_cache WHERE cache = ? AND key = ?"
_UPSERT = f"""
    INSERT OR REPLACE INTO nb_cache (cache, key, created_us, used_ns, {_FIELDS})
    VALUES (?, ?, ?, ?, {", ".join("?" * len(Entry._fields))})
"""
_OLDEST = "SELECT key FROM nb_cache WHERE cache = ? ORDER BY used_ns DESC LIMIT -1 OFFSET ?"


class Entries:
    """A bounded mapping from keys to entries; may be used from any thread.

    Args:
        name: Which cache; several share a file.
        size: How many entries it holds at most.
        ttl: Seconds an entry lives; None is for ever.
        path: The SQLite file; None keeps them in memory.
        clock: Seconds since 1970.

    Raises:
        StoreOpenError: The file cannot be used.

    Example:
        >>> entries = Entries("demo", size=2)
        >>> for key in "abc":
        ...     entries.put(key, Entry(key.upper()))
        >>> entries.get("a"), entries.get("c").answer, len(entries)
        (None, 'C', 2)
    """

    def __init__(
        self,
        name: str,
        *,
        size: int,
        ttl: float | None = None,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._size = size
        self._ttl = ttl
        self._clock = clock
        self._path: Path | str = ":memory:" if path is None else path
        self._lock = threading.Lock()
        self._used_ns = 0
        self._connection = connect(self._path, check_same_thread=False)
        migrate(self._connection, self._path)

    def get(self, key: str) -> Entry | None:
        """Return an entry and note that it was used; None where it is not there, or too old.

        Raises:
            StoreError: The file cannot be read.
        """
        found = self._run(_SELECT, self._name, key)
        if not found:
            return None
        *values, created_us = found[0]
        if self._ttl is not None and self._clock() - created_us / 1e6 >= self._ttl:
            self.drop(key)
            return None
        self._run("UPDATE nb_cache SET used_ns = ? WHERE cache = ? AND key = ?", self._now_ns(), self._name, key)
        return Entry(*values)

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, in place of one that has the same key, and let the least recently used go.

        Raises:
            StoreError: The file cannot be written.
        """
        self._run(_UPSERT, self._name, key, round(self._clock() * 1e6), self._now_ns(), *entry)
        for (old,) in self._run(_OLDEST, self._name, self._size):
            self.drop(old)

    def drop(self, key: str) -> None:
        """Remove an entry, where it is there."""
        self._run("DELETE FROM nb_cache WHERE cache = ? AND key = ?", self._name, key)

    def clear(self) -> None:
        """Remove every entry of this cache."""
        self._run("DELETE FROM nb_cache WHERE cache = ?", self._name)

    def __len__(self) -> int:
        return int(self._run("SELECT count(*) FROM nb_cache WHERE cache = ?", self._name)[0][0])

    def _now_ns(self) -> int:
        self._used_ns = max(self._used_ns + 1, time.time_ns())  # each use is later than the one before
        return self._used_ns

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock, self._connection:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as exc:
            raise translate(exc, self._path) from exc

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
