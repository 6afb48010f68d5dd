"""How far a batch is: counts, rate, remaining time, and what it has used."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbagents._now import overall_seconds
from nbagents.tracing.measure.layout import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.run.batch.row_result import EndedRow

__all__ = ["Progress", "progress_text"]

_FIGURES = (
    *("name", "total", "before", "done", "failed", "tokens", "cost"),
    *("stopped", "ended", "seconds", "rate", "remaining"),
)
_RECENT = 200  # rows from whose pace the remaining time is told


@dataclass
class Progress:
    """The state of one batch; changed in one thread, read in any.

    Attributes:
        name: The agent's name.
        total: How many rows there are.
        before: How many were finished by an earlier call.
        done: How many have ended, those of before among them.
        failed: How many of them with an error.
        tokens: What this call has used.
        cost: US dollars it has used, or None when a price was not known.
        stopped: Why it ended early, or None.
        ended: Whether it has ended.
        rows: The rows that this call ran, in order of ending.
        clock: Seconds, from any beginning.
    """

    name: str
    total: int
    before: int = 0
    done: int = 0
    failed: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    stopped: str | None = None
    ended: bool = False
    rows: list[EndedRow] = field(default_factory=list)
    clock: Callable[[], float] = overall_seconds
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _began: float = 0.0
    _took: float | None = None

    def __post_init__(self) -> None:
        self._began = self.clock()

    def finish(self, row: EndedRow) -> None:
        """Count a row that has ended."""
        self.done += 1
        self.failed += row.result.error is not None
        self.rows.append(row)
        self._recent.append(self.clock())

    def spend(self, tokens: int, cost: float | None) -> None:
        """Count what a model call has used."""
        self.tokens += tokens
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    def end(self, stopped: str | None, took: float | None = None) -> None:
        """Note that no more rows will come.

        Args:
            stopped: Why some are missing, or None.
            took: Seconds it took; None is since it began.
        """
        self.stopped, self.ended = stopped, True
        self._took = self.clock() - self._began if took is None else took

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return self.clock() - self._began if self._took is None else self._took

    @property
    def rate(self) -> float:
        """Rows a second: of late while it runs, of the whole when it has ended."""
        if self.ended or len(self._recent) < self._recent.maxlen:  # type: ignore[operator]  # it has one
            return len(self.rows) / self.seconds if self.seconds > 0 else 0.0
        return len(self._recent) / max(self.clock() - self._recent[0], 1e-9)

    @property
    def remaining(self) -> float | None:
        """Seconds until the end at this rate, or None where that cannot be told."""
        left = self.total - self.done
        return left / self.rate if self.rate > 0 else None

    def figures(self) -> dict[str, Any]:
        """Return everything but the rows, as JSON values."""
        return {name: getattr(self, name) for name in _FIGURES}


def progress_text(figures: dict[str, Any]) -> str:
    """Say in one line how far a batch is.

    Args:
        figures: What ``Progress.figures`` returns.

    Example:
        >>> progress_text(Progress("Poet", 2_000, done=500, tokens=1_200, cost=None).figures())
        'Poet   500 of 2,000 rows   1,200 tokens'
    """
    parts = [f"{figures['name']}   {figures['done']:,} of {figures['total']:,} rows"]
    if figures["before"]:
        parts.append(f"{figures['before']:,} from before")
    if figures["rate"]:
        parts.append(f"{figures['rate']:.1f} rows/s")
    if figures["ended"] and figures["seconds"]:
        parts.append(seconds(round(figures["seconds"] * 1e6)))
    if figures["tokens"]:
        parts.append(f"{figures['tokens']:,} tokens")
    if figures["cost"]:
        parts.append(f"${figures['cost']:.4f}")
    if figures["failed"]:
        parts.append(f"{figures['failed']:,} failed")
    if figures["stopped"]:
        parts.append(f"stopped: {figures['stopped']}")
    return "   ".join(parts)
