"""Titles and tags of sessions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.store import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from nbagents.sessions.sqlite.tables import Tables

__all__ = ["Label", "Labels", "check_tags", "check_title"]


class Label(NamedTuple):
    """What a session is called.

    Attributes:
        title: Its title, None where it was given none.
        tags: Its tags, sorted.
    """

    title: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of the sessions of a file.

    Attributes:
        tables: The tables' checked names.
        connection: An open connection.
    """

    tables: Tables
    connection: sqlite3.Connection

    def every(self) -> dict[str, Label]:
        """Return the labels of the sessions that have one."""
        found = self.connection.execute(
            "SELECT session_id, title, tags FROM nb_labels WHERE messages_table = ?", (self.tables.messages,)
        )
        return {row[0]: Label(row[1], tuple(json.loads(row[2]))) for row in found}

    def change(self, session_id: str, change: Callable[[Label], Label]) -> Label:
        """Change the label of a session, in one transaction, and return what it is then."""
        with transaction(self.connection):
            label = change(self.every().get(session_id, Label()))
            self.connection.execute(
                "INSERT OR REPLACE INTO nb_labels VALUES (?, ?, ?, ?)",
                (self.tables.messages, session_id, label.title, json.dumps(label.tags)),
            )
        return label


def check_title(title: object) -> str | None:
    """Return a title without spaces around it; None takes it away.

    Raises:
        ConfigError: It is no text, or has no letters.
    """
    if title is None:
        return None
    if not isinstance(title, str) or not title.strip():
        raise ConfigError(
            f"title={title!r} is no title; use text, or None to take it away", name="title", value=title
        )
    return title.strip()


def check_tags(tags: Sequence[object]) -> set[str]:
    """Return tags without spaces around them.

    Raises:
        ConfigError: One is no text, or has no letters.
    """
    for tag in tags:
        if not isinstance(tag, str) or not tag.strip():
            raise ConfigError(f"tag {tag!r} is no tag; use text", name="tags", value=tag)
    return {str(tag).strip() for tag in tags}
