"""Where the time of a spoken turn went: stages laid end to end, from when the speech ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Stage", "stages"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a turn.

    Attributes:
        name: Such as ``"transcribed"``.
        begin: When it began, in ms after the end of the speech.
        end: When it was reached.
    """

    name: str
    begin: float
    end: float

    def facts(self) -> dict[str, Any]:
        """Return it as values for JSON."""
        return asdict(self)


def stages(reached: Mapping[str, float]) -> list[Stage]:
    """Return stages in the order in which they were reached, each from where the one before ended.

    Args:
        reached: When each was reached, in ms after the end of the speech.

    Example:
        >>> [(stage.name, stage.begin, stage.end) for stage in stages({"spoken": 700.0, "heard": 500.0})]
        [('heard', 0.0, 500.0), ('spoken', 500.0, 700.0)]
    """
    ends = sorted(reached.items(), key=lambda each: each[1])
    begins = [0.0, *(end for _, end in ends)]
    return [Stage(name, begin, end) for begin, (name, end) in zip(begins, ends, strict=False)]
