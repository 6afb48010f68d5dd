"""A history as it was read: its items, and the rows that hold none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.items.rows import Item, RawRow, Row

__all__ = ["History"]


@dataclass(frozen=True, slots=True)
class History:
    """What was read.

    Attributes:
        rows: The rows that hold an item, oldest first.
        items: Their items.
        bad: The rows that hold none.
    """

    rows: Sequence[RawRow]
    items: Sequence[Item]
    bad: list[Row]
