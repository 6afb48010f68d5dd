"""Which SQLite file a notebook uses: the one that is named or beside it, else one that is not kept.

A replay begins empty with each kernel: what a session kept from the last one would be asked along, and nothing
recorded would match.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from nbagents._given import path_of
from nbagents._sqlite import connect, default_path, migrate
from nbagents.errors import ConfigError

__all__ = ["usable_file"]

_EXIT_WAIT_S = 5
_PREFIX, _OWNER = "nbagents-", "owner"


def usable_file(db: Path | str | None, *, replayed: bool = False) -> Path:
    """Return the file to use, made and brought up to date.

    Args:
        db: What the user named; None is the file that is named by NBAGENTS_DB or beside the notebook.
        replayed: Whether a replay begins, which has a file of its own where none is named.

    Raises:
        ConfigError: The name is empty.
        StoreOpenError: The file cannot be used.
        SchemaError: A newer nbagents wrote it.
    """
    if db is not None and not str(db).strip():
        raise ConfigError(
            "db is empty: name a file, or leave it out for the one beside the notebook", name="db", value=db
        )
    path = _default(replayed=replayed) if db is None else path_of("db", db)
    with closing(connect(path)) as connection:
        migrate(connection, path)  # now, so that the first run's spans are on disk at once
    return path


def _default(*, replayed: bool) -> Path:
    path = default_path()
    if os.environ.get("NBAGENTS_DB"):
        return path
    if replayed:
        return _temporary(path.name)
    if os.access(path.parent, os.W_OK) or not path.parent.is_dir():
        return path
    found = _temporary(path.name)
    print(  # noqa: T201 - said where the notebook asked for it
        f"nbagents: {path.parent} is read-only, so sessions and traces go to {found}\n"
        "and are gone with this kernel. To keep them name a file: NBAGENTS_DB, or nbagents.enable(db=...)"
    )
    return found


def _temporary(name: str) -> Path:
    """Return a file that this process deletes at its end; where it is killed, a later one does."""
    from nbagents.tracing.capture.process import this_process

    _remove_left()
    path = Path(tempfile.mkdtemp(prefix=_PREFIX), name)
    path.with_name(_OWNER).write_text(this_process())
    atexit.register(_remove, path)
    return path


def _remove_left() -> None:
    """Delete what processes have left that were killed: programs that run notebooks end their kernels so."""
    from nbagents.tracing.capture.process import ended

    for owner in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_OWNER}"):
        with suppress(OSError, UnicodeError):  # another user's, or just being deleted
            if ended(owner.read_text()):
                shutil.rmtree(owner.parent, ignore_errors=True)


def _remove(path: Path) -> None:
    from nbagents.tracing.capture.writer import flush

    flush(path, _EXIT_WAIT_S)  # what is written after its folder is gone would make another
    shutil.rmtree(path.parent, ignore_errors=True)
