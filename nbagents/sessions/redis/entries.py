"""The entries of a session's list in Redis as rows of a table, and back. No I/O."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbagents.sessions.items.rows import METADATA_KEY, Row, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.items.rows import Item
    from nbagents.sessions.table.edited import Wanted

__all__ = ["edited_entries", "row_of"]


def edited_entries(stored: Sequence[Row], found: Sequence[Row], after: Sequence[Wanted]) -> list[str | bytes]:
    """Return the entries of an edited list; those that were not edited stay to the byte.

    Args:
        stored: The entries.
        found: Their rows.
        after: What is wanted.
    """
    texts = {row.id: entry.data for entry, row in zip(stored, found, strict=True)}
    was = {row.id: (row.data, row.metadata) for row in found}
    return [
        texts[row.id] if was.get(row.id) == (row.data, row.metadata) else _entry(row.data, row.metadata)
        for row in after
    ]


def _entry(data: str | bytes, metadata: str | None) -> str:
    item: Item = json.loads(data)
    if metadata is not None:
        item[METADATA_KEY] = json.loads(metadata)
    return json.dumps(item, separators=(",", ":"))


def row_of(entry: Row) -> Row:
    """Turn an entry into a row: metadata apart, and the JSON spaced as everywhere.

    Example:
        >>> row_of(Row(1, None, '{"role":"user","_metadata":{"agent":"a"}}'))[2:]
        ('{"role": "user"}', '{"agent": "a"}')
    """
    items = decode([entry])[1]
    if not items:
        return entry
    item = items[0]
    metadata = item.pop(METADATA_KEY, None)
    return Row(entry.id, None, json.dumps(item), None if metadata is None else json.dumps(metadata))
