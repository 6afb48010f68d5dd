"""What a grid was shown, and the error where a row is no longer that."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NoReturn

from nbagents.errors import Conflict, ConflictError
from nbagents.sessions.grid.sheet_rows import stamp_of
from nbagents.sessions.table.edits import short_value, shown_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbagents.sessions.items.rows import RawRow

__all__ = ["Shown"]

_MOST_ROWS = 4096
_MOST_CHARACTERS = 32_000_000


class Shown:
    """The rows that a grid was shown last, so that a conflict can tell both values.

    Args:
        session_id: For the error.
    """

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._size = 0

    def keep(self, keys: Sequence[str], rows: Iterable[RawRow]) -> None:
        """Remember rows; the oldest are forgotten."""
        for key, row in zip(keys, rows, strict=True):
            name = key, stamp_of(row)
            self._size -= len(self._texts.pop(name, ""))
            self._texts[name] = shown_value(row[2], row[3]) or ""
            self._size += len(self._texts[name])
        while len(self._texts) > _MOST_ROWS or (self._size > _MOST_CHARACTERS and len(self._texts) > 1):
            self._size -= len(self._texts.popitem(last=False)[1])

    def check(self, stamps: Mapping[str, str | None], found: Mapping[str, RawRow]) -> None:
        """Refuse where a row is gone or is not what it was when it was shown.

        Args:
            stamps: The stamp of each row when it was shown, by key; None is any.
            found: The rows that are there now, by key.

        Raises:
            ConflictError: It holds both values of each.
        """
        wrong = [
            key
            for key, stamp in stamps.items()
            if key not in found or (stamp is not None and stamp_of(found[key]) != stamp)
        ]
        if wrong:
            self._refuse(wrong, stamps, found)

    def _refuse(
        self, wrong: Sequence[str], stamps: Mapping[str, str | None], found: Mapping[str, RawRow]
    ) -> NoReturn:
        conflicts = []
        for key in wrong:
            row = found.get(key)
            now = None if row is None else shown_value(row[2], row[3])
            id_ = int(key) if key.isdecimal() else (row[0] if row else None)
            conflicts.append(Conflict(id_ or 0, self._expected(key, stamps[key]), now))
        first = conflicts[0]
        raise ConflictError(
            f"the row was changed elsewhere; nothing was written. Shown: {short_value(first.expected)}, now: "
            f"{short_value(first.found)}. Look at the row as it is now and repeat the change.",
            session_id=self._session_id,
            conflicts=conflicts,
        )

    def _expected(self, key: str, stamp: str | None) -> str | None:
        if stamp is not None:
            return self._texts.get((key, stamp))
        shown = [text for (name, _), text in self._texts.items() if name == key]
        return shown[-1] if shown else None
