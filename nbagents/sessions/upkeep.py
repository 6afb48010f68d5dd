"""Keeping a SQLite session: titles, search, files, repair."""

from __future__ import annotations

from nbagents.sessions.core import SessionCore

__all__ = ["Upkeep"]


class Upkeep(SessionCore):
    """What ``SQLiteSession`` offers to name, search, export and repair a conversation."""
