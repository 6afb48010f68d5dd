"""How one row ended."""

from __future__ import annotations

import json
from typing import NamedTuple

__all__ = ["EndedRow", "RowResult"]


class RowResult(NamedTuple):
    """How one row ended; its fields are the columns in SQL's order.

    Attributes:
        output: The agent's final output as JSON text, or None where there is none.
        error: What went wrong, or None.
        attempts: How often it was tried: 1, and 1 for each call or run that was tried again.
        seconds: How long it took.
        tokens: Input and output tokens.
        cost: US dollars, or None where a price is not known.
        trace_id: The SDK's id of its trace.
    """

    output: str | None
    error: str | None
    attempts: int
    seconds: float
    tokens: int
    cost: float | None
    trace_id: str | None

    @property
    def said(self) -> str:
        """What a display says of it: the error, or the output, text as such and anything else as JSON."""
        if self.error is not None or self.output is None:
            return self.error or ""
        output = json.loads(self.output)
        return output if isinstance(output, str) else self.output


class EndedRow(NamedTuple):
    """A row that has ended, as a display shows it.

    Attributes:
        label: Its label in the frame's index.
        asked: The beginning of what it asked.
        result: How it ended.
    """

    label: str
    asked: str
    result: RowResult
