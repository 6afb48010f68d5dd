"""The ids that a server gave items: the model API takes each once in a history."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nbagents.errors import FrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.table.edited import Wanted

__all__ = ["check_ids"]


def check_ids(wanted: Sequence[Wanted], before: Sequence[Wanted], *, session_id: str) -> None:
    """Refuse an edit that gives two items one id of the server's, as a copied row does.

    Args:
        wanted: The edited history.
        before: The history before the edit; what was there twice may go on so.
        session_id: For the error.

    Raises:
        FrameError: It names the second row.
    """
    known = {id_ for id_, count in Counter(map(_own_id, before)).items() if count > 1}
    seen: dict[str | None, Wanted] = {}
    for row in wanted:
        id_ = _own_id(row)
        if id_ is not None and id_ not in known and (first := seen.setdefault(id_, row)) is not row:
            raise FrameError(
                f"row {row.label!r}: its item has the id {id_!r} of row {first.label!r}, and the model API takes "
                "each id once. Nothing was written. Take the id out of the item of the new row.",
                session_id=session_id,
                row=row.label,
                column="item",
            )


def _own_id(row: Wanted) -> str | None:
    id_ = row.item.get("id")
    return id_ if isinstance(id_, str) and id_ else None
