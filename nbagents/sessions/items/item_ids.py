"""The ids that name items: a history has each of a server's once, and each call id in one call."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nbagents.errors import FrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.items.rows import Item
    from nbagents.sessions.table.edited import Wanted

__all__ = ["check_ids", "own_id"]


def own_id(item: Item) -> str | None:
    """Return the id that a server gave an item, None where it has none.

    Example:
        >>> own_id({"id": "msg_1"}), own_id({"role": "user"})
        ('msg_1', None)
    """
    id_ = item.get("id")
    return id_ if isinstance(id_, str) and id_ else None


def check_ids(wanted: Sequence[Wanted], before: Sequence[Wanted], *, session_id: str) -> None:
    """Refuse an edit that gives two items one id, or two calls one call id, as a copied row does.

    Args:
        wanted: The edited history.
        before: The history before the edit; what was there twice may go on so.
        session_id: For the error.

    Raises:
        FrameError: It names the row that the edit brought or changed.
    """
    had = [(row.id, name) for row in before for name in _names(row.item)]
    known = {name for name, count in Counter(name for _, name in had).items() if count > 1}
    old = set(had)
    seen: dict[tuple[str, str], Wanted] = {}
    for row in wanted:
        for name in _names(row.item):
            other = seen.setdefault(name, row)
            if other is not row and name not in known:
                new, there = (other, row) if (row.id, name) in old else (row, other)
                _refuse(new, there, name, session_id)


def _names(item: Item) -> list[tuple[str, str]]:
    """Return what names this item alone: the key, and what it holds."""
    names = [] if (id_ := own_id(item)) is None else [("id", id_)]
    call_id = item.get("call_id")
    if isinstance(call_id, str) and str(item.get("type")).endswith("_call"):
        names.append(("call_id", call_id))
    return names


def _refuse(row: Wanted, other: Wanted, name: tuple[str, str], session_id: str) -> None:
    key, value = name
    of = "row" if key == "id" else "the call in row"
    cure = "leave it out of this one" if key == "id" else "give this one another, and its output too"
    raise FrameError(
        f"row {row.label!r}, column 'item': {key} {value!r} is that of {of} {other.label!r}, and the model API "
        f"takes each once; {cure}. Nothing was written.",
        session_id=session_id,
        row=row.label,
        column="item",
    )
