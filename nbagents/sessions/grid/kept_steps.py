"""Undo and redo in memory, for sessions that keep no edit log: what stood between two rows, before and after."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from nbagents.sessions.grid.row_keys import common_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["KeptRow", "KeptStep", "KeptSteps", "step_between"]

_MOST_STEPS = 1000


class KeptRow(NamedTuple):
    """One row of a history.

    Attributes:
        key: Names it.
        data: The item as JSON text.
        metadata: The metadata as JSON text, or None.
    """

    key: str
    data: str | bytes
    metadata: str | None


@dataclass(frozen=True, slots=True)
class KeptStep:
    """One change of a history.

    Attributes:
        above: The key of the row before what changed, None at the beginning.
        was: What stood there.
        now: What stands there since.
    """

    above: str | None
    was: Sequence[KeptRow]
    now: Sequence[KeptRow]


def step_between(was: Sequence[KeptRow], now: Sequence[KeptRow]) -> KeptStep:
    """Return the step that leads from one history to another.

    Example:
        >>> a, b = KeptRow("1", "{}", None), KeptRow("2", "[]", None)
        >>> step_between([a, b], [a]) == KeptStep("1", [b], [])
        True
    """
    head, tail = common_ends(was, now)
    above = was[head - 1].key if head else None
    return KeptStep(above, was[head : len(was) - tail], now[head : len(now) - tail])


@dataclass
class KeptSteps:
    """The steps of one session that can be undone and redone, the newest thousand."""

    undo: deque[KeptStep] = field(default_factory=lambda: deque(maxlen=_MOST_STEPS))
    redo: deque[KeptStep] = field(default_factory=lambda: deque(maxlen=_MOST_STEPS))

    def made(self, step: KeptStep) -> None:
        """Note an edit; what was undone before it can no longer be redone."""
        self.undo.append(step)
        self.redo.clear()

    def stored_as(self, stored: Mapping[KeptRow, KeptRow]) -> None:
        """Note that rows were stored as others than they were given: a server may complete items."""
        if any(given != row for given, row in stored.items()):
            for steps in (self.undo, self.redo):
                steps.extend([_renamed(steps.popleft(), stored.get) for _ in range(len(steps))])


def _renamed(step: KeptStep, get: Callable[[KeptRow, KeptRow], KeptRow]) -> KeptStep:
    return replace(step, was=[get(row, row) for row in step.was], now=[get(row, row) for row in step.now])
