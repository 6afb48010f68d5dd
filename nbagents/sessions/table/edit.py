"""Opening any session as an editable table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nbagents._displays import display_class

if TYPE_CHECKING:
    from agents.memory import Session

__all__ = ["Editable", "edit"]


def edit(session: Session) -> Any:  # noqa: ANN401 - a widget, of a layer above this one
    """Return a session as a table to edit in the notebook; put it on a cell's last line, or ``display`` it.

    It shows new items as a run adds them. What is edited is checked, written at once and can be undone; an edit of
    a row that somebody else changed meanwhile is refused, with both values. What the session cannot do is greyed
    out and says why. Sessions of nbagents open it when they are displayed, and by ``session.edit()``.

    Args:
        session: A session of ours or the SDK's, or your own that satisfies ``agents.memory.Session``. One that is
            bound to an event loop is asked on the loop that runs now: call it where you use the session.

    Returns:
        A ``nbagents.SessionGrid``.

    Example:
        >>> from nbagents.sessions.sqlite.session import SQLiteSession
        >>> edit(SQLiteSession("doc", ":memory:"))
        SessionGrid('doc')
    """
    return display_class("session")(session)


class Editable:
    """A session that a notebook shows as a table to edit."""

    def edit(self) -> Any:  # noqa: ANN401 - a widget, of a layer above this one
        """Return the session as a table to edit; see ``nbagents.edit``."""
        return edit(cast("Session", self))

    def _ipython_display_(self, **_options: object) -> None:
        self.edit()._ipython_display_()
