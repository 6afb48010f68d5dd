"""Which file is used when none is named."""

from __future__ import annotations

from pathlib import Path

from nbagents._location import current_environment, locate, store_path

__all__ = ["default_path", "set_default_path"]

_chosen: Path | None = None


def set_default_path(path: Path | str | None) -> None:
    """Name the file for the rest of the process (``enable(db=)``); None goes back to the notebook's own."""
    global _chosen  # noqa: PLW0603 - one process serves one notebook
    _chosen = None if path is None else Path(path).expanduser().absolute()


def default_path() -> Path:
    """Return the file that was named, else the one beside the notebook (see ``nbagents._location``)."""
    if _chosen is not None:
        return _chosen
    environment = current_environment()
    return store_path(locate(environment), environment.variables)
