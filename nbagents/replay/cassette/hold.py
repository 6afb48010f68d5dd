"""One process records a cassette at a time: each of two would write the file without what the other recorded.

The lock is the system's and goes with the process. Its file is not beside the cassette: it would be committed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from nbagents.errors import CassetteError

__all__ = ["hold"]


def hold(cassette: Path) -> FileLock:
    """Take a cassette for recording; released, or at the latest at the process's end, it is free for others.

    Args:
        cassette: The file, which need not be there.

    Raises:
        CassetteError: Another process, or another recording of this one, has it.
    """
    name = hashlib.sha256(os.fsencode(cassette.resolve())).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else ""  # another user's lock could not be opened
    lock = FileLock(Path(tempfile.gettempdir(), f"nbagents-{name}-{user}.lock"), thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise CassetteError(
            f"{cassette} is being recorded by another kernel or another `nbagents record`; each would write over "
            "the other's calls: wait for it, shut that kernel down, or switch its mode there: %nbagents mode live",
            path=cassette,
        ) from None
    return lock
