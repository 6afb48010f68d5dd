"""All sessions of a file, as a table, and what was said in them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from nbagents import _sqlite
from nbagents._given import path_of
from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.core import MEMORY, open_file
from nbagents.sessions.sqlite.figures import Figures, KnownFigures
from nbagents.sessions.sqlite.labels import Label, Labels
from nbagents.sessions.sqlite.search import check_search, hits_frame
from nbagents.sessions.sqlite.search_index import SearchIndex
from nbagents.sessions.sqlite.tables import check_names
from nbagents.sessions.table.pause import collection_paused
from nbagents.sessions.table.records import TIME, frame_of_records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from nbagents.sessions.sqlite.tables import Tables

__all__ = ["list_sessions", "search_sessions"]

T = TypeVar("T")

_TYPES = {
    "session_id": "object",
    "title": "object",
    "tags": "object",
    "items": "int64",
    "turns": "int64",
    "tokens": "int64",
    "agents": "object",
    "first_time": TIME,
    "last_time": TIME,
}


async def list_sessions(
    db_path: str | Path | None = None,
    sessions_table: str = "agent_sessions",
    messages_table: str = "agent_messages",
) -> pd.DataFrame:
    """List the sessions of a file, the newest first.

    Args:
        db_path: The file; None is the one beside the notebook. It is not made where it is not there.
        sessions_table: The table of sessions.
        messages_table: The table of items.

    Returns:
        ``session_id``; ``title``, as it was set, else how the user began; ``tags``, a tuple of texts; ``items``;
        ``turns``, messages of the user; ``tokens``, an estimate at four characters each; ``agents``, a tuple of
        the names that items tell; ``first_time`` and ``last_time`` of its items (UTC). It shows itself as a table
        of the newest.

    Raises:
        ConfigError: ``":memory:"``, which only its own session knows.
        StoreError: The file cannot be read.

    Example:
        >>> import asyncio, tempfile
        >>> from nbagents.sessions.sqlite.session import SQLiteSession
        >>> async def example(folder):
        ...     async with SQLiteSession("doc", f"{folder}/a.db") as session:
        ...         await session.add_items([{"role": "user", "content": "Is my lamp on its way?"}])
        ...         await session.tag("lamps")
        ...     return await list_sessions(f"{folder}/a.db")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     asyncio.run(example(folder))[["session_id", "title", "tags", "items"]].values.tolist()
        [['doc', 'Is my lamp on its way?', ('lamps',), 1]]
    """
    tables = check_names(sessions_table, messages_table, session_id="")
    records = await _read(db_path, tables, lambda connection: _records(tables, connection))
    from nbagents.sessions.table.session_table import SessionTable

    return SessionTable(frame_of_records(_TYPES, records or []))


async def search_sessions(
    text: str,
    db_path: str | Path | None = None,
    limit: int = 100,
    sessions_table: str = "agent_sessions",
    messages_table: str = "agent_messages",
) -> pd.DataFrame:
    """Search the items of all sessions of a file; see ``SQLiteSession.search``.

    Args:
        text: Words, or phrases between double quotes.
        db_path: The file; None is the one beside the notebook. It is not made where it is not there.
        limit: The most items that are returned.
        sessions_table: The table of sessions.
        messages_table: The table of items.

    Raises:
        ConfigError: There is no word to search, or the file is ``":memory:"``.
        StoreError: The file cannot be read or written.

    Example:
        >>> import asyncio, tempfile
        >>> from nbagents.sessions.sqlite.session import SQLiteSession
        >>> async def example(folder):
        ...     async with SQLiteSession("doc", f"{folder}/a.db") as session:
        ...         await session.add_items([{"role": "user", "content": "Is my lamp on its way?"}])
        ...     return await search_sessions("lamp", f"{folder}/a.db")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     asyncio.run(example(folder))[["session_id", "where", "excerpt"]].values.tolist()
        [['doc', 'text', 'Is my lamp on its way?']]
    """
    tables = check_names(sessions_table, messages_table, session_id="")
    words = check_search(text, limit)
    index = SearchIndex(tables)

    def find(connection: sqlite3.Connection) -> pd.DataFrame:
        """Search, once the index holds all that is there."""
        while not index.grow(connection):
            pass
        hits, found = index.find(connection, words, None, limit)
        return hits_frame(hits, words, found)

    frame = await _read(db_path, tables, find)
    return hits_frame([], words, 0) if frame is None else frame


async def _read(db_path: str | Path | None, tables: Tables, work: Callable[[sqlite3.Connection], T]) -> T | None:
    """Do some work on a file apart from the event loop; None where there is no such file."""
    if str(db_path) == MEMORY:
        raise ConfigError(
            "what is in memory only its own session knows; name a file", name="db_path", value=db_path
        )

    def apart() -> T | None:
        """Work on a connection of its own, or return None where there is no file."""
        path = _sqlite.default_path() if db_path is None else path_of("db_path", db_path)
        if not path.exists():
            return None
        try:
            with closing(open_file(path, tables)) as connection:
                return work(connection)
        except sqlite3.Error as exc:
            raise _sqlite.translate(exc, path) from exc

    return await asyncio.to_thread(apart)


def _records(tables: Tables, connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    none = Label()
    with collection_paused():
        labels = Labels(tables, connection).every()
        every = KnownFigures(tables, connection).every().items()
        records = [_record(session_id, figures, labels.get(session_id, none)) for session_id, figures in every]
    return sorted(records, key=lambda record: (-(record[-1] or 0), record[0]))  # type: ignore[operator] # a time


def _record(session_id: str, figures: Figures, label: Label) -> tuple[object, ...]:
    agents = () if figures.agents == "[]" else tuple(json.loads(figures.agents))
    return (
        *(session_id, label.title or figures.opening, label.tags),
        *(figures.items, figures.turns, figures.tokens, agents, figures.first_us, figures.last_us),
    )
