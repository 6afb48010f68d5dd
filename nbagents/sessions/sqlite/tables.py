"""The SDK's two session tables: which names they may have, how they are made, and whether a file's are theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.errors import SchemaError, TableNameError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Tables", "check_names", "create_tables"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Words that SQLite reads as grammar where the SDK writes a table name without quotes.
# fmt: off
_RESERVED = frozenset({
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "check", "collate", "commit",
    "constraint", "create", "default", "deferrable", "delete", "distinct", "drop", "else", "escape",
    "except", "exists", "foreign", "from", "group", "having", "in", "index", "insert", "intersect", "into",
    "is", "isnull", "join", "limit", "not", "nothing", "notnull", "null", "on", "or", "order", "primary",
    "references", "returning", "select", "set", "table", "then", "to", "transaction", "union", "unique",
    "update", "using", "values", "when", "where",
})
# fmt: on

_SESSION_COLUMNS = ("session_id", "created_at", "updated_at")
_MESSAGE_COLUMNS = ("id", "session_id", "message_data", "created_at")


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the two tables, checked by ``check_names``."""

    sessions: str
    messages: str

    @property
    def metadata(self) -> str:
        """The join that gives a row ``m`` of the messages table its metadata, in a row ``d``."""
        return f"LEFT JOIN nb_item_metadata d ON d.messages_table = '{self.messages}' AND d.message_id = m.id"


def check_names(sessions: object, messages: object, *, session_id: str) -> Tables:
    """Return both names when SQLite reads them as nothing but names.

    Args:
        sessions: The table of sessions.
        messages: The table of items.
        session_id: For the error.

    Raises:
        TableNameError: A name that is not plain, is reserved, or is used twice.

    Example:
        >>> check_names("agent_sessions", "agent_messages", session_id="s").messages
        'agent_messages'
    """
    tables = Tables(_checked(sessions, session_id), _checked(messages, session_id))
    if tables.sessions.lower() == tables.messages.lower():
        raise TableNameError(
            f"sessions and items cannot share the table {tables.messages!r}; give each its own",
            session_id=session_id,
            name=messages,
        )
    return tables


def _checked(name: object, session_id: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problem = "is not a plain name; use letters, digits and _, and begin with a letter or _"
    elif name.lower() in _RESERVED:
        problem = "is a word of SQL; name the table differently"
    elif name.lower().startswith(("nb_", "sqlite_")):
        problem = "begins with nb_ or sqlite_, which belong to nbagents and SQLite; name the table differently"
    else:
        return name
    raise TableNameError(f"table name {name!r} {problem}", session_id=session_id, name=name)


def create_tables(connection: sqlite3.Connection, tables: Tables, path: object) -> None:
    """Make the tables the way the SDK makes them, where they are not there yet.

    Raises:
        SchemaError: A table of that name has other columns; nothing was written.
    """
    sessions = _columns(connection, tables.sessions)
    messages = _columns(connection, tables.messages)
    _check_columns(tables.sessions, sessions, _SESSION_COLUMNS, path)
    _check_columns(tables.messages, messages, _MESSAGE_COLUMNS, path)
    if not sessions or not messages or not _has_index(connection, tables):
        for statement in _statements(tables):
            connection.execute(statement)
        connection.commit()


def has_items(connection: sqlite3.Connection, tables: Tables) -> bool:
    """Tell whether a file has the table of items: one that only traces were written to has not."""
    return bool(_columns(connection, tables.messages))


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    return tuple(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))


def _check_columns(table: str, found: tuple[str, ...], needed: tuple[str, ...], path: object) -> None:
    missing = [name for name in needed if name not in found]
    if found and missing:
        raise SchemaError(
            f"{path}: the table {table} holds something else: it has no column {', '.join(missing)}; "
            "name another table or another file",
            path=str(path),
        )


def _has_index(connection: sqlite3.Connection, tables: Tables) -> bool:
    name = f"idx_{tables.messages}_session_id"
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", (name,))
    return found.fetchone() is not None


def _statements(tables: Tables) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE IF NOT EXISTS {tables.sessions} (
                session_id TEXT PRIMARY KEY,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
            )""",
        f"""CREATE TABLE IF NOT EXISTS {tables.messages} (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                session_id TEXT NOT NULL,
                message_data TEXT NOT NULL,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                FOREIGN KEY (session_id) REFERENCES {tables.sessions} (session_id)
                    ON DELETE CASCADE
            )""",
        f"""CREATE INDEX IF NOT EXISTS idx_{tables.messages}_session_id
            ON {tables.messages} (session_id, id)""",
    )
