"""Which file is a notebook's cassette, and what records it again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents._location import Location

__all__ = ["ENDING", "cassette_path", "record_command"]

ENDING = ".cassette.jsonl"


def cassette_path(location: Location, variables: Mapping[str, str]) -> Path:
    """Return the cassette that belongs to a location.

    Args:
        location: Where code runs.
        variables: Environment variables; ``NBAGENTS_CASSETTE`` names the file where it is set.

    Example:
        >>> from nbagents._location import Location
        >>> cassette_path(Location("lab", Path("/home/ada/lamp.ipynb"), Path("/home/ada")), {}).as_posix()
        '/home/ada/lamp.cassette.jsonl'
    """
    named = variables.get("NBAGENTS_CASSETTE")
    if named:
        return location.folder / Path(named).expanduser()
    notebook = location.source or location.notebook
    if notebook is None:
        return location.folder / f"nbagents{ENDING}"
    return notebook.with_suffix(ENDING)


def record_command(cassette: Path) -> str:
    """Return the command that records a cassette again, from the folder that it is in.

    Example:
        >>> record_command(Path("course/my lamp.cassette.jsonl"))
        "nbagents record 'my lamp.ipynb'"
    """
    name = cassette.name.removesuffix(ENDING) if cassette.name.endswith(ENDING) else "NOTEBOOK"
    return shlex.join(["nbagents", "record", f"{name}.ipynb"])
