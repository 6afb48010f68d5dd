"""Who holds the write lock of a SQLite file, for the error that says that it was waited for in vain."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents._short import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["holder_of", "writers_in"]

_WRITE_BYTE = 120  # of the -shm file: SQLite locks it to write (WAL_WRITE_LOCK)
_MOST_CHARACTERS = 80
_LOCKS = Path("/proc/locks")


def holder_of(path: Path | str) -> str | None:
    """Say which process is writing to a file, as far as the system tells; None where it does not.

    Linux names the one that holds the lock. Elsewhere those are named that have the file open.
    """
    try:
        pids = list(_lock_holders(path)) if _LOCKS.exists() else [*_openers(path)]
    except OSError:
        return None
    return ", ".join(map(_shown, pids)) or None


def _lock_holders(path: Path | str) -> Iterator[int]:
    # The file is looked at by its number: opening and closing it would drop this process's own locks.
    files = {}
    for name, byte in ((f"{path}-shm", _WRITE_BYTE), (str(path), None)):
        with suppress(OSError):
            files[Path(name).stat().st_ino] = byte
    return writers_in(_LOCKS.read_text(), files)


def writers_in(locks: str, files: dict[int, int | None]) -> Iterator[int]:
    """Yield the processes that hold a write lock, from the text of ``/proc/locks``.

    Args:
        locks: The text.
        files: The byte that is locked to write, by the file's number; None is any byte.

    Example:
        >>> list(writers_in("1: POSIX  ADVISORY  WRITE 4711 08:01:42 120 120", {42: 120}))
        [4711]
    """
    for line in locks.splitlines():
        match line.split():
            case [_, _, _, "WRITE", pid, place, start, end]:
                inode = int(place.rpartition(":")[2])
                if inode in files and int(pid) > 0:
                    byte = files[inode]
                    if byte is None or int(start) <= byte <= (byte if end == "EOF" else int(end)):
                        yield int(pid)


def _openers(path: Path | str) -> Iterator[int]:
    import psutil

    wanted = os.path.realpath(path)
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and any(file.path == wanted for file in process.open_files()):
                yield process.pid


def _shown(pid: int) -> str:
    import psutil

    if pid == os.getpid():
        return f"this process ({pid}), in another connection"
    command = ""
    with suppress(psutil.Error):
        command = " ".join(psutil.Process(pid).cmdline())
    return f"process {pid} ({one_line(command, _MOST_CHARACTERS)})" if command else f"process {pid}"
