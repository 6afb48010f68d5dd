"""Whether an edited frame may be written: which read it came from, and whether the history is still that one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.errors import FrameError
from nbagents.sessions.items.rows import as_rows
from nbagents.sessions.table.edits import check_unchanged, same_history
from nbagents.sessions.table.frame import TOKEN
from nbagents.sessions.table.reads import READS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.table.edited import Cells, Wanted
    from nbagents.sessions.table.reads import Owner, Read

__all__ = ["is_written", "read_of"]


def read_of(frame: pd.DataFrame, cells: Cells, owner: Owner, who: object) -> tuple[str, Read]:
    """Return the read that a frame came from, and its token.

    Args:
        frame: The frame.
        cells: Its cells.
        owner: The session that it is to be written to.
        who: That session, for the message.

    Raises:
        FrameError: It is not known what the frame was read from, or it was another session.
    """
    items = zip(cells.ids, cells.columns.get("item", cells.ids), strict=True)
    shown = {id_: item for id_, item in items if id_ is not None}
    token = frame.attrs.get(TOKEN) or READS.nearest(owner, shown)
    read = READS.get(token) if token else None
    if token is None or read is None:
        raise FrameError(
            "it is not known what this frame was read from, or that is too long ago; call to_frame() again "
            "and repeat the edit, and where pandas dropped frame.attrs (concat does) copy them from the first",
            session_id=owner[2],
        )
    if read.owner != owner:
        raise FrameError(
            f"this frame was read from session {read.owner[2]!r} in {read.owner[0]}, not from {who!r}",
            session_id=owner[2],
        )
    return token, read


def is_written(read: Read, found: Sequence[Row], wanted: Sequence[Wanted]) -> bool:
    """Tell whether a frame was written before, so that there is nothing left to do.

    Args:
        read: What the frame was read from.
        found: The history now.
        wanted: What the frame wants it to be.

    Raises:
        ConflictError: The history is not what it was.
        FrameError: The frame was written before, and was edited since.
    """
    session_id = read.owner[2]
    check_unchanged(as_rows(read.rows if read.written is None else read.written), found, session_id=session_id)
    if read.written is None:
        return False
    if not same_history(found, wanted):
        raise FrameError(
            "this frame was written before and has been edited since; call to_frame() and edit that",
            session_id=session_id,
        )
    return True
