"""Items that are copied into a history which may hold them already: from a row of it, or from elsewhere."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from typing import TYPE_CHECKING

from nbagents.errors import FrameError
from nbagents.sessions.grid.around import item_of
from nbagents.sessions.grid.changes import inserted_row
from nbagents.sessions.items.edit_item import parse_items
from nbagents.sessions.items.rows import METADATA_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbagents.sessions.items.rows import Item, RawRow
    from nbagents.sessions.table.edited import Wanted

__all__ = ["copied", "lines_of"]


def lines_of(rows: Iterable[RawRow]) -> list[str]:
    """Return the JSON of the items that some rows hold, as it is stored, with their metadata in it.

    Example:
        >>> lines_of([(1, None, '{"role": "user", "content": "Hi"}', None), (2, None, "42", None)])
        ['{"role": "user", "content": "Hi"}']
    """
    found = []
    for row in rows:
        item = item_of(row)
        if item is not None and row[3] is not None:
            found.append(json.dumps({**item, METADATA_KEY: json.loads(row[3])}))
        elif item is not None:
            found.append(str(row[2]))
    return found


def copied(text: str, *, session_id: str) -> list[Wanted]:
    """Return rows for items, without what the model API takes once only.

    Ids of the server's are left out, calls get call ids of their own, and their outputs the same. Reasoning, which
    belongs to what the model made of it, is left out too.

    Args:
        text: The JSON of an item, of a list of items, or of one on each line.
        session_id: For the error.

    Raises:
        FrameError: It is none of these, an item cannot stand in a history, or nothing but reasoning is there.
    """
    try:
        items = parse_items(text)
    except ValueError as exc:
        raise FrameError(f"this is no item: {exc}. Nothing was written.", session_id=session_id) from exc
    copies = [item for item in items if item.get("type") != "reasoning"]
    if not copies:
        why = (
            "reasoning belongs to what the model made of it; it cannot be copied" if items else "no item is there"
        )
        raise FrameError(f"{why}. Nothing was written.", session_id=session_id)
    call_ids: Mapping[object, str] = defaultdict(lambda: f"call_{secrets.token_hex(12)}")
    return [inserted_row(_cells(item, call_ids), session_id=session_id) for item in copies]


def _cells(item: Item, call_ids: Mapping[object, str]) -> dict[str, str | None]:
    metadata = item.get(METADATA_KEY)
    item = {key: value for key, value in item.items() if key not in {"id", METADATA_KEY}}
    if isinstance(item.get("call_id"), str):
        item["call_id"] = call_ids[item["call_id"]]
    return {"item": json.dumps(item), "metadata": None if metadata is None else json.dumps(metadata)}
