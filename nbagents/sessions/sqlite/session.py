"""A conversation in one SQLite file, on the SDK's own two tables."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nbagents._given import check_given
from nbagents.sessions.items.compression import refuse_compressed
from nbagents.sessions.items.encode import encode
from nbagents.sessions.items.rows import METADATA_KEY
from nbagents.sessions.sqlite.branching import Branching
from nbagents.sessions.sqlite.core import MEMORY
from nbagents.sessions.sqlite.tables import has_items
from nbagents.sessions.sqlite.undoing import Undoing
from nbagents.sessions.sqlite.upkeep import Upkeep
from nbagents.sessions.table.history import History
from nbagents.sessions.table.static import Glimpse, bundle
from nbagents.sessions.table.stats import SessionStats, stats_of

if TYPE_CHECKING:
    from agents import TResponseInputItem

__all__ = ["SQLiteSession"]

_READ_WHOLE = 2000  # items; a longer history takes more than a moment
_END = 100


class SQLiteSession(Branching, Undoing, Upkeep):
    """A conversation that ``Runner.run(..., session=)`` continues, and that you can read and edit as a table.

    The file's two tables are the SDK's: ``agents.SQLiteSession`` opens it, and this class opens a file of the
    SDK's. It may be used from any number of tasks, event loops and threads at once. Nothing is opened before first
    use. ``close()`` is optional.

    Args:
        session_id: Names the conversation; one file holds any number.
        db_path: The file; None is the one beside the notebook. ``":memory:"`` is kept as long as the object.
        sessions_table: The table of sessions.
        messages_table: The table of items.
        session_settings: The SDK's settings, or a dict of them; ``limit`` is the default of ``get_items``.
        table_name: Another word for ``messages_table``.

    Raises:
        ConfigError: ``session_id`` is not text, or empty.
        TableNameError: A table name that SQLite could misread.

    Example:
        >>> import asyncio
        >>> async def example():
        ...     async with SQLiteSession("doc", ":memory:") as session:
        ...         await session.add_items([{"role": "user", "content": "Hi"}])
        ...         return await session.get_items()
        >>> asyncio.run(example())
        [{'role': 'user', 'content': 'Hi'}]
    """

    async def get_items(
        self, limit: int | None = None, *, with_metadata: bool = False
    ) -> list[TResponseInputItem]:
        """Return the newest items, oldest first.

        A row that holds no item is passed over, does not count, and is named once in a ``CorruptRowWarning``.

        Args:
            limit: How many; None is ``session_settings.limit``, and all where that is None too. 0 gives none;
                a negative limit gives all, as in the SDK.
            with_metadata: Give each item its ``_metadata`` back. The model API does not take such items.

        Raises:
            CompressedItemError: An item is one that only ``CompressedSession`` reads.
            ConfigError: ``limit`` is not a whole number.
            SessionClosedError: After ``close()``.
            StoreError: The file cannot be read.
        """
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        check_given("limit", limit, "a whole number, or None", fits=limit is None or isinstance(limit, Integral))
        history = await self._read(limit, metadata=with_metadata)
        _settle_metadata(history, with_metadata=with_metadata)
        refuse_compressed(history.items, session_id=self.session_id)
        return cast("list[TResponseInputItem]", history.items)

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append items, all or none.

        Args:
            items: Dicts as the Responses API takes them. A ``_metadata`` key, a dict of your own, is stored apart;
                its ``"agent"`` names the item's agent in the frame.

        Raises:
            ItemError: An item cannot be stored; nothing was written.
            SessionClosedError: After ``close()``.
            StoreError: The file cannot be written.
        """
        rows = encode(items, session_id=self.session_id)
        if rows or self._desk.closed:
            await self._run(lambda connection: self._store.add(connection, rows))

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the newest item and return it, None where there is none; corrupt rows stay where they are."""
        history = await self._run(self._store.pop)
        self._warn(history.bad)
        _settle_metadata(history, with_metadata=False)
        return cast("TResponseInputItem", history.items[0]) if history.items else None

    async def clear_session(self) -> None:
        """Remove every item of this session and its entry; other sessions of the file stay."""
        await self._run(self._store.clear)

    async def get_session_stats(self) -> SessionStats:
        """Return the session in a few figures."""
        history = await self._read(None, metadata=True)
        return stats_of(self.session_id, history.rows, history.items)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ANN401, ARG002 - IPython's
        return bundle(self.session_id, self._peek)

    def _peek(self) -> Glimpse:
        """Read for a display: apart from the event loop, which is busy when IPython asks."""
        nothing = Glimpse(History([], [], []))
        if self.db_path == MEMORY:
            return self._desk.run_here(self._glimpse) or nothing
        if not Path(self.db_path).exists():
            return nothing
        with closing(_open_to_read(self.db_path)) as connection:
            return self._glimpse(connection) if has_items(connection, self._store.tables) else nothing

    def _glimpse(self, connection: sqlite3.Connection) -> Glimpse:
        """Read a short history whole, and of a long one the end."""
        count = self._store.count(connection)
        history = self._store.read(connection, None if count <= _READ_WHOLE else _END)
        return Glimpse(history, 0 if count <= _READ_WHOLE else count - len(history.rows))


def _open_to_read(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True, timeout=1.0)


def _settle_metadata(history: History, *, with_metadata: bool) -> None:
    """Give items their metadata back, or make sure that they have none, whoever wrote them."""
    if with_metadata:
        for row, item in zip(history.rows, history.items, strict=True):
            if row[3] is not None:
                item[METADATA_KEY] = json.loads(row[3])
    else:
        for item in history.items:
            if METADATA_KEY in item:  # written by a session of the SDK
                del item[METADATA_KEY]
