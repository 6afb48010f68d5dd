"""Branches of a SQLite session."""

from __future__ import annotations

from nbagents.sessions.core import SessionCore

__all__ = ["Branching"]


class Branching(SessionCore):
    """What ``SQLiteSession`` offers to branch a conversation and go on elsewhere."""
