"""A copy of a file as an older nbagents left it, made beside it before its tables are changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

__all__ = ["backup", "backup_path"]


def backup_path(path: Path | str, schema: int) -> Path:
    """Return where the copy of a file with an older schema lies.

    Example:
        >>> backup_path("lamp.nbagents.db", 3).name
        'lamp.nbagents.db.schema-3.bak'
    """
    return Path(f"{path}.schema-{schema}.bak")


def backup(connection: sqlite3.Connection, schema: int) -> Path | None:
    """Copy the file of a connection that holds the write lock; everything that was committed is in the copy.

    Args:
        connection: In a transaction of its own, so that nobody else writes meanwhile.
        schema: The file's schema number.

    Returns:
        The copy, or None for a database in memory. A copy that is there already is kept.
    """
    file = next(
        name for _, schema_name, name in connection.execute("PRAGMA database_list") if schema_name == "main"
    )
    if not file:
        return None
    copy = backup_path(file, schema)
    if not copy.exists():
        unfinished = Path(f"{copy}.{os.getpid()}")
        try:
            with closing(sqlite3.connect(file)) as reader:
                reader.execute("VACUUM INTO ?", (str(unfinished),))
            unfinished.replace(copy)  # whole or not at all
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
    return copy
