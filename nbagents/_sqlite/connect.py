"""Opening a SQLite file: WAL, a patient busy timeout, and errors that say what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from nbagents._sqlite.holder import holder_of
from nbagents.errors import StoreBusyError, StoreError, StoreFullError, StoreOpenError

__all__ = ["BUSY_TIMEOUT_MS", "connect", "file_at", "translate"]

BUSY_TIMEOUT_MS = 30_000

# WAL with NORMAL syncs survives a crash of the process; only a power cut can lose the newest commits.
_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL")


def connect(
    path: Path | str, *, check_same_thread: bool = True, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """Open a SQLite file and make it when it is not there.

    Args:
        path: The file, or ``":memory:"``.
        check_same_thread: Whether SQLite refuses use from another thread; callers that pass False hold a lock.
        factory: The connection's class.

    Raises:
        StoreOpenError: The folder does not exist, the file cannot be written, or it is not SQLite's.
        StoreBusyError: Another process held it for longer than the busy timeout.
    """
    _check_folder(path)
    connection = None
    try:
        connection = sqlite3.connect(
            str(path),
            timeout=BUSY_TIMEOUT_MS / 1000,
            check_same_thread=check_same_thread,
            factory=factory,
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error as exc:
        if connection is not None:
            connection.close()
        raise translate(exc, path) from exc
    return connection


def _check_folder(path: Path | str) -> None:
    folder = Path(path).parent
    if str(path) != ":memory:" and not folder.is_dir():
        raise StoreOpenError(
            f"cannot open {path}: there is no folder {folder}; make it first, or name another file", path=path
        )
    if Path(path).is_dir():
        example = Path(path) / "nbagents.db"
        raise StoreOpenError(f"{path} is a folder; name a file in it, such as {example}", path=path)


def file_at(path: Path | str) -> tuple[int, int] | None:
    """Return which file is there now, None where there is none: SQLite goes on in one that was removed.

    Args:
        path: The file, or ``":memory:"``, which is none.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - half as long as Path's, before each use of a session
    except OSError:
        return None
    return found.st_dev, found.st_ino


def translate(exc: sqlite3.Error, path: Path | str) -> StoreError:
    """Turn SQLite's error into ours; the caller raises it from the one it caught."""
    code = getattr(exc, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        holder = holder_of(path)
        return StoreBusyError(
            f"{path} stayed locked for {BUSY_TIMEOUT_MS / 1000:g} s; {holder or 'another process'} is writing to "
            "it: let it finish or end it, then retry",
            path=path,
            holder=holder,
        )
    if code.startswith("SQLITE_NOTADB"):
        return StoreOpenError(f"{path} is not a SQLite file; name another, or move it away", path=path)
    if code.startswith("SQLITE_CANTOPEN") and _has_most_files():
        return StoreOpenError(
            f"{path} cannot be opened: this process has as many files open as it may; close() sessions that are "
            "not used any more, or raise the limit (ulimit -n)",
            path=path,
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return StoreOpenError(
            f"{path} cannot be written ({exc}); check its permissions, or name another file", path=path
        )
    if code.startswith("SQLITE_FULL"):
        return StoreFullError(
            f"the disk that holds {path} is full; nothing was written, and what was there is still there: make "
            "room, then retry",
            path=path,
        )
    return StoreError(f"{path}: {exc}", path=path)


def _has_most_files() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as exc:
        return exc.errno in {errno.EMFILE, errno.ENFILE}
    return False
