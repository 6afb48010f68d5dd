"""Rows of the messages table, and which of them hold an item."""

from __future__ import annotations

import json
import secrets
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["METADATA_KEY", "CorruptRowWarning", "Item", "RawRow", "Row", "as_rows", "decode", "warn_of"]

Item = dict[str, Any]

# A row as SQLite hands it over. Long histories stay like this where speed counts; a Row is one with names.
RawRow = tuple[int | None, str | None, str | bytes, str | None]

METADATA_KEY = "_metadata"

# Between rows, so that they parse in one call and none can hide where it ends: nobody can write what is random.
_MARK = secrets.token_hex(8)
_SEPARATOR = f',"{_MARK}",'


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


def decode(rows: Sequence[RawRow]) -> tuple[Sequence[RawRow], list[Item], list[Row]]:
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
    items = _decode_together(rows)
    if items is not None:
        return rows, items, []
    good: list[RawRow] = []
    items = []
    bad: list[Row] = []
    for row in rows:
        item = _decode_one(row[2])
        if item is None:
            bad.append(Row._make(row))
        else:
            good.append(row)
            items.append(item)
    return good, items, bad


def _decode_together(rows: Sequence[RawRow]) -> list[Item] | None:
    """Parse all rows in one call, three times as fast as one by one; None where any row is not a sound item."""
    try:
        parsed = json.loads(f"[{_SEPARATOR.join([row[2] for row in rows])}]")  # type: ignore[misc] # bytes raise
    except (TypeError, ValueError, RecursionError):
        return None
    items = parsed[::2]
    sound = len(parsed) == max(2 * len(rows) - 1, 0) and parsed[1::2] == [_MARK] * (len(rows) - 1)
    return items if sound and all([type(item) is dict for item in items]) else None  # noqa: C419 - a list is faster


def _decode_one(data: object) -> Item | None:
    if not isinstance(data, str):
        return None
    try:
        item = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return item if isinstance(item, dict) else None


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
            "(not the JSON of an object); passed over and kept in the file",
            CorruptRowWarning,
            stacklevel=2,
        )
