"""Which sheet shows which session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents._given import check_session
from nbagents.sessions.grid.any_sheet import AnySheet
from nbagents.sessions.grid.sqlite_sheet import SQLiteSheet
from nbagents.sessions.sqlite.session import SQLiteSession

if TYPE_CHECKING:
    from agents.memory import Session

    from nbagents.sessions.grid.sheet import Sheet

__all__ = ["sheet_of"]


def sheet_of(session: Session) -> Sheet:
    """Return a session as a grid sees it.

    Args:
        session: A session of ours or the SDK's, or your own that satisfies ``agents.memory.Session``.

    Example:
        >>> sheet_of(SQLiteSession("doc", ":memory:")).where
        'kept in memory'
    """
    check_session("session", session)
    return SQLiteSheet(session) if isinstance(session, SQLiteSession) else AnySheet(session)
