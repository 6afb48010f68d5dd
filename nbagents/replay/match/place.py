"""Where a request comes from: which cell, and which execution of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["NOTHING", "SCRIPT", "Before", "Place", "Where", "label_of"]

_LABEL = 40  # characters


@dataclass(frozen=True, slots=True)
class Place:
    """One execution of one cell.

    Attributes:
        cell: The cell's id, or "script" outside a notebook.
        execution: Another one each time that the cell runs.
        source: The cell's first line of code, for a reader.
    """

    cell: str
    execution: str
    source: str = ""

    def __str__(self) -> str:
        return f"cell {self.cell} ({self.source})" if self.source else f"cell {self.cell}"


@dataclass(frozen=True, slots=True)
class Before:
    """What was traced into the same file before a replay, whose own traces must be others and come after it.

    Attributes:
        traces: A number that each trace makes larger.
        until_us: When the newest began or ended, in microseconds since 1970 UTC.
    """

    traces: int = 0
    until_us: int = 0


def label_of(code: str) -> str:
    r"""Return what a cell is called for a reader: its first line that says something, cut where it is long.

    Example:
        >>> label_of("\n  ask()\nprint()")
        'ask()'
    """
    line = code.strip().partition("\n")[0].rstrip()
    return line if len(line) <= _LABEL else f"{line[:_LABEL]}…"


NOTHING = Before()
SCRIPT = Place("script", "script")

Where = Callable[[], Place]
