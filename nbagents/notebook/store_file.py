"""Which SQLite file a notebook uses: the one that is named or beside it, else one where it can be written."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from pathlib import Path

from nbagents._sqlite import connect, default_path, migrate
from nbagents.errors import ConfigError

__all__ = ["usable_file"]


def usable_file(db: Path | str | None) -> Path:
    """Return the file to use, made and brought up to date.

    Args:
        db: What the user named; None is the file that is named by NBAGENTS_DB or beside the notebook.

    Raises:
        ConfigError: The name is empty.
        StoreOpenError: The file cannot be used.
        SchemaError: A newer nbagents wrote it.
    """
    if db is not None and not str(db).strip():
        raise ConfigError(
            "db is empty: name a file, or leave it out for the one beside the notebook", name="db", value=db
        )
    path = _default() if db is None else Path(db).expanduser().absolute()
    with closing(connect(path)) as connection:
        migrate(connection, path)  # now, so that the first run's spans are on disk at once
    return path


def _default() -> Path:
    """Return the file that is named or beside the notebook; in a read-only folder, one that is not kept."""
    path = default_path()
    if os.access(path.parent, os.W_OK) or not path.parent.is_dir() or os.environ.get("NBAGENTS_DB"):
        return path
    found = Path(tempfile.mkdtemp(prefix="nbagents-"), path.name)
    print(  # noqa: T201 - said where the notebook asked for it
        f"nbagents: {path.parent} is read-only, so sessions and traces go to {found} and may be gone tomorrow.\n"
        "To keep them name a file: NBAGENTS_DB, or nbagents.enable(db=...)"
    )
    return found
