"""Rows of the messages table, and which of them hold an item."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["METADATA_KEY", "CorruptRowWarning", "Item", "RawRow", "Row", "as_rows", "decode", "warn_of"]

Item = dict[str, Any]

# A row as SQLite hands it over. Long histories stay like this where speed counts; a Row is one with names.
RawRow = tuple[int | None, str | None, str | bytes, str | None]

METADATA_KEY = "_metadata"


class CorruptRowWarning(UserWarning):
    """A row that holds no item was passed over; it stays in the file."""


class Row(NamedTuple):
    """One stored item.

    Attributes:
        id: The row's id, or None where a session has none.
        created_at: UTC, ``YYYY-MM-DD HH:MM:SS``, or None.
        data: The item as exact JSON text; bytes where it is not UTF-8.
        metadata: The metadata as JSON text, or None.
    """

    id: int | None
    created_at: str | None
    data: str | bytes
    metadata: str | None = None


def as_rows(rows: Iterable[RawRow]) -> list[Row]:
    """Give rows their names."""
    return [Row._make(row) for row in rows]


def decode(rows: Iterable[RawRow]) -> tuple[list[RawRow], list[Item], list[Row]]:
    """Tell the rows that hold an item from those that do not.

    Args:
        rows: Any rows.

    Returns:
        The good rows, their items in the same order, and the corrupt rows.

    Example:
        >>> good, items, bad = decode([Row(1, None, '{"role": "user"}'), Row(2, None, "42"), Row(3, None, "{")])
        >>> items, [row.id for row in bad]
        ([{'role': 'user'}], [2, 3])
    """
    from jiter import from_json

    good: list[RawRow] = []
    items: list[Item] = []
    bad: list[Row] = []
    for row in rows:
        data = row[2]
        try:
            item = from_json(data.encode())  # type: ignore[union-attr] # bytes are told by what is raised
        except (AttributeError, ValueError):
            item = _decode_slowly(data)
        if type(item) is dict:
            good.append(row)
            items.append(item)
        else:
            bad.append(Row._make(row[:4]))  # others read more columns beside it
    return good, items, bad


def _decode_slowly(data: object) -> object:
    """Read what jiter refuses and Python does not: half a surrogate pair, objects in 200 objects."""
    try:
        return json.loads(data) if isinstance(data, str) else None
    except (ValueError, RecursionError):
        return None


def warn_of(bad: Sequence[Row], *, session_id: str, where: object, named: set[int | None]) -> None:
    """Name corrupt rows in one warning, each row once.

    Args:
        bad: The corrupt rows.
        session_id: Their session.
        where: The file, for the message.
        named: Ids that were named before; the new ones are added.
    """
    ids = sorted(row.id for row in bad if row.id is not None and row.id not in named)
    if ids:
        named.update(ids)
        noun, verb = ("row", "holds") if len(ids) == 1 else ("rows", "hold")
        warnings.warn(
            f"session {session_id!r} in {where}: {noun} {', '.join(map(str, ids))} {verb} no item "
            "(not the JSON of an object); passed over, and kept",
            CorruptRowWarning,
            stacklevel=2,
        )
