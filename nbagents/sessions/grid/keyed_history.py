"""A history that is read whole, with a key for each row that stays while the row does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nbagents.sessions.grid.kept_steps import KeptRow
from nbagents.sessions.grid.outline import Outline
from nbagents.sessions.grid.row_keys import followed
from nbagents.sessions.grid.sheet_rows import Place, places_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nbagents.sessions.items.rows import Row

__all__ = ["KeyedHistory"]


class KeyedHistory:
    """The rows of a history, their keys and their outline.

    Attributes:
        rows: The rows, their ids rising.
        keys: Their keys.
        outline: Their outline.
        changes: How often it changed.

    Example:
        >>> from nbagents.sessions.items.rows import Row
        >>> history = KeyedHistory()
        >>> history.look([Row(1, None, '{"role": "user"}')])
        >>> history.look([Row(1, None, '{"role": "system"}'), Row(2, None, '{"role": "user"}')])
        >>> history.keys, history.changes
        (['r2', 'r1'], 2)
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.keys: list[str] = []
        self.outline = Outline()
        self.changes = 0
        self._numbers = itertools.count(1)

    def new_key(self) -> str:
        """Make a key that no row ever had."""
        return f"r{next(self._numbers)}"

    def look(self, rows: list[Row]) -> None:
        """Take in the history as it is now; rows that are known keep their keys."""
        if rows != self.rows or not self.changes:
            was, now = ([row[2:] for row in each] for each in (self.rows, rows))
            self.take(rows, followed(was, self.keys, now, self.new_key))

    def take(self, rows: list[Row], keys: list[str]) -> None:
        """Take in the history as it is now, where the keys are known."""
        known = len(self.rows)
        if rows[:known] != self.rows:
            self.outline, known = Outline(), 0
        self.outline.put(rows[known:])
        self.rows, self.keys = rows, keys
        self.changes += 1

    def with_ids(self, ids: Collection[int]) -> list[Row]:
        """Return the rows that have some ids, in order."""
        return [self.rows[self.outline.place(id_)] for id_ in sorted(ids)]

    def places(self, ids: Sequence[int]) -> list[Place]:
        """Return what the history tells of some rows."""
        return places_of(self.outline, ids, self.with_ids, key=lambda id_: self.keys[self.outline.place(id_)])

    def by_key(self) -> dict[str, Row]:
        """Return the rows by key."""
        return dict(zip(self.keys, self.rows, strict=True))

    def kept(self) -> list[KeptRow]:
        """Return the rows as undo keeps them."""
        return [KeptRow(key, row.data, row.metadata) for key, row in zip(self.keys, self.rows, strict=True)]
