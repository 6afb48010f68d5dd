"""Writing an edited frame back to any session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.sessions.table.any_session import AnySession

if TYPE_CHECKING:
    import pandas as pd
    from agents.memory import Session

    from nbagents.sessions.table.edits import EditReport
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["apply_frame"]


async def apply_frame(session: Session, frame: pd.DataFrame, on_orphan: OnOrphan = "error") -> EditReport:
    """Make any session's history what an edited frame shows.

    Edit, remove, reorder and add rows as in ``SQLiteSession.apply_frame``. Where the session keeps no ids the
    column ``position`` names the rows: keep it, and leave it empty for new ones.

    ``SQLiteSession`` and ``RedisSession`` write it in one transaction. By the SDK's protocol alone it takes two,
    clear and add: times are those of the edit, whatever else the session keeps beside its items is gone, expired
    items of an ``EncryptedSession`` too, and somebody else's write in between is lost. Rows that are only added at
    the end are added.

    Args:
        session: A session of ours or the SDK's, or your own that satisfies ``agents.memory.Session``.
        frame: What ``to_frame(session)`` gave, edited.
        on_orphan: What to do where the edit leaves a tool call without its output, an output without its call, or
            reasoning without what it led to: ``"error"``; ``"pair"`` removes both; ``"stub"`` gives a call an
            output that says it was removed.

    Returns:
        How many rows were inserted, updated, deleted and moved.

    Raises:
        ConfigError: ``session`` is no session, ``frame`` no DataFrame, or ``on_orphan`` does not exist.
        FrameError: The frame is not a history; nothing was written.
        ConflictError: The history changed since the frame was read; nothing was written.
        RewriteError: The new history could not be written; it says whether the old one is back, and holds it.
        UnsupportedError: Clearing the session would take more than the history with it; nothing was written.

    Example:
        >>> import asyncio, agents
        >>> from nbagents.sessions.table.frame import to_frame
        >>> async def example():
        ...     session = agents.SQLiteSession("doc")
        ...     await session.add_items([{"role": "user", "content": "Is my lmap on its way?"}])
        ...     frame = await to_frame(session)
        ...     frame.loc[0, "text"] = "Is my lamp on its way?"
        ...     report = await apply_frame(session, frame)
        ...     session.close()
        ...     return report
        >>> asyncio.run(example())
        EditReport(inserted=0, updated=1, deleted=0, moved=0)
    """
    # On the type: the SDK's wrappers hand attributes on, and what they wrap holds ciphertext.
    own: Any = getattr(type(session), "apply_frame", None)
    if own is not None:
        report: EditReport = await own(session, frame, on_orphan)
        return report
    return await AnySession(session).apply_frame(frame, on_orphan)
