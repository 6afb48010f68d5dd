"""Where a request comes from: which cell, and which execution of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["NOTHING", "SCRIPT", "Before", "Executions", "Place", "Where", "label_of"]

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


class Executions:
    """Which execution of each cell is its newest; a task that an earlier one left may still ask.

    Example:
        >>> executions = Executions()
        >>> first, second = Place("c1", "e1"), Place("c1", "e2")
        >>> [executions.begins(place) for place in (first, first, second, first)]
        [True, False, True, False]
        >>> executions.is_newest(first), executions.is_newest(second)
        (False, True)
    """

    def __init__(self) -> None:
        self._newest: dict[str, str] = {}
        self._begun: set[tuple[str, str]] = set()

    def begins(self, place: Place) -> bool:
        """Tell whether this is the first that is heard of an execution."""
        key = (place.cell, place.execution)
        if key in self._begun:
            return False
        self._begun.add(key)
        self._newest[place.cell] = place.execution
        return True

    def is_newest(self, place: Place) -> bool:
        """Tell whether its cell has not begun to run again since."""
        return self._newest.get(place.cell) == place.execution


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
