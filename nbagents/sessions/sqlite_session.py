"""A conversation in one SQLite file, on the SDK's own two tables."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from nbagents import _sqlite
from nbagents.errors import FrameError, SessionClosedError
from nbagents.sessions.connection import ClosedError, Desk, WorkConnection
from nbagents.sessions.edited import read_cells, unchanged_rows, wanted_rows
from nbagents.sessions.edits import EditReport, KnownIds, Plan, check_unchanged, make_plan, same_history
from nbagents.sessions.encode import encode
from nbagents.sessions.frame import TOKEN, frame_of
from nbagents.sessions.orphans import check_policy, settle_orphans
from nbagents.sessions.reads import READS, Read
from nbagents.sessions.rows import METADATA_KEY, as_rows, warn_of
from nbagents.sessions.static import bundle
from nbagents.sessions.stats import SessionStats, stats_of
from nbagents.sessions.store import History, Store
from nbagents.sessions.tables import check_names, create_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import pandas as pd
    from agents import TResponseInputItem
    from agents.memory import SessionSettings

    from nbagents.sessions.edited import Wanted
    from nbagents.sessions.orphans import OnOrphan
    from nbagents.sessions.rows import Row

__all__ = ["SQLiteSession"]

T = TypeVar("T")

MEMORY = ":memory:"


class SQLiteSession:
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

    session_settings: SessionSettings | None

    def __init__(  # noqa: PLR0913 - the SDK's own parameters, in its order
        self,
        session_id: str,
        db_path: str | Path | None = None,
        sessions_table: str = "agent_sessions",
        messages_table: str = "agent_messages",
        session_settings: SessionSettings | dict[str, Any] | None = None,
        *,
        table_name: str | None = None,
    ) -> None:
        tables = check_names(sessions_table, table_name or messages_table, session_id=session_id)
        self.session_id = session_id
        self.session_settings = _settings(session_settings)
        self.db_path: Path | str = _path(db_path)
        self.sessions_table = tables.sessions
        self.messages_table = tables.messages
        self._store = Store(tables, session_id)
        self._desk = Desk(partial(_open, self.db_path, self._store))
        place = str(self.db_path) if self.db_path != MEMORY else f"{MEMORY}{id(self)}"
        self._owner = (place, tables.messages, session_id)
        self._named: set[int | None] = set()

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
            SessionClosedError: After ``close()``.
            StoreError: The file cannot be read.
        """
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        history = await self._read(limit, metadata=with_metadata)
        _settle_metadata(history, with_metadata=with_metadata)
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
        history = await self._read(None)
        return stats_of(self.session_id, history.rows, history.items)

    async def to_frame(self) -> pd.DataFrame:
        """Return the whole history as a DataFrame; see ``nbagents.to_frame`` for its columns."""
        frame, rows, bad = await self._run(lambda connection: frame_of(self._store.fetch(connection)))
        self._warn(bad)
        frame.attrs[TOKEN] = READS.keep(Read(self._owner, rows))
        return frame

    async def apply_frame(self, frame: pd.DataFrame, on_orphan: OnOrphan = "error") -> EditReport:
        """Make the history what an edited frame shows, in one transaction.

        Edit ``text``, ``role``, ``tool``, ``arguments``, ``output``, ``call_id`` and ``metadata``, or the exact
        JSON in ``item``. Remove rows, change their order, and add rows with an empty ``id``: they need ``item``,
        or ``role`` and ``text``, or what their ``type`` has. Rows that are not edited keep id and time. A text of
        several parts can be edited in one part at a time.

        A frame is written once. Written again it is found to be in place already, or refused: call ``to_frame()``
        again for the next edit.

        Args:
            frame: What ``to_frame()`` of this session gave, edited.
            on_orphan: What to do where the edit leaves a tool call without its output, an output without its call,
                or reasoning without what it led to: ``"error"``; ``"pair"`` removes both; ``"stub"`` gives a call
                an output that says it was removed.

        Returns:
            How many rows were inserted, updated, deleted and moved.

        Raises:
            FrameError: The frame is not a history; it names row and column, and nothing was written.
            ConflictError: Rows changed, came or went since the frame was read; nothing was written.
        """
        check_policy(on_orphan)
        cells = read_cells(frame, session_id=self.session_id)
        shown = dict(zip(cells.ids, cells.columns.get("item", cells.ids), strict=True))
        token, read = self._read_of(frame, {id_: item for id_, item in shown.items() if id_ is not None})
        wanted = wanted_rows(cells, read.rows, session_id=self.session_id)
        wanted = settle_orphans(wanted, unchanged_rows(read.rows), on_orphan, session_id=self.session_id)
        return await self._run(lambda connection: self._apply(connection, token, read, wanted))

    def _read_of(self, frame: pd.DataFrame, shown: dict[int, object]) -> tuple[str, Read]:
        token = frame.attrs.get(TOKEN) or READS.nearest(self._owner, shown)
        read = READS.get(token) if token else None
        if token is None or read is None:
            raise FrameError(
                "it is not known what this frame was read from, or that is too long ago; call to_frame() again "
                "and repeat the edit, and where pandas dropped frame.attrs (concat does) copy them from the first",
                session_id=self.session_id,
            )
        if read.owner != self._owner:
            raise FrameError(
                f"this frame was read from session {read.owner[2]!r} in {read.owner[0]}, not from {self!r}",
                session_id=self.session_id,
            )
        return token, read

    def _apply(
        self, connection: sqlite3.Connection, token: str, read: Read, wanted: Sequence[Wanted]
    ) -> EditReport:
        """Run on the connection's thread, whole: what is known of the frame changes with the file."""

        def planned(rows: Sequence[Row], ids: KnownIds) -> Plan:
            check_unchanged(
                as_rows(read.rows if read.written is None else read.written), rows, session_id=self.session_id
            )
            if read.written is not None and not same_history(rows, wanted):
                raise FrameError(
                    "this frame was written before and has been edited since; call to_frame() and edit that",
                    session_id=self.session_id,
                )
            if read.written is not None:
                return Plan([], [], [], EditReport(0, 0, 0), list(rows))
            return make_plan(rows, wanted, ids)

        plan = self._store.replace(connection, planned)
        if plan.writes:
            READS.keep(Read(read.owner, read.rows, plan.rows), token)
        return plan.report

    async def close(self) -> None:
        """Close the file; what was begun is finished first. Closing twice is nothing."""
        await self._desk.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"SQLiteSession({self.session_id!r}, {str(self.db_path)!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ANN401, ARG002 - IPython's
        return bundle(self.session_id, self._peek)

    def _peek(self) -> History:
        """Read for a display: apart from the event loop, which is busy when IPython asks."""
        if self.db_path == MEMORY:
            return self._desk.run_here(self._store.read) or History([], [], [])
        if not Path(self.db_path).exists():
            return History([], [], [])
        with closing(_open_to_read(self.db_path)) as connection:
            return self._store.read(connection)

    async def _read(self, limit: int | None, *, metadata: bool = False) -> History:
        history = await self._run(lambda connection: self._store.read(connection, limit, metadata=metadata))
        self._warn(history.bad)
        return history

    def _warn(self, bad: Sequence[Row]) -> None:
        warn_of(bad, session_id=self.session_id, where=self.db_path, named=self._named)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._desk.run(work)
        except ClosedError as exc:
            raise SessionClosedError(
                f"session {self.session_id!r} is closed; make another SQLiteSession for it",
                session_id=self.session_id,
            ) from exc
        except sqlite3.Error as exc:
            raise _sqlite.translate(exc, self.db_path) from exc


def _settings(settings: SessionSettings | dict[str, Any] | None) -> SessionSettings | None:
    if not isinstance(settings, dict):
        return settings
    from agents.memory import SessionSettings

    return SessionSettings(**settings)


def _path(db_path: str | Path | None) -> Path | str:
    if db_path is None:
        return _sqlite.default_path()
    return MEMORY if str(db_path) == MEMORY else Path(db_path).expanduser().absolute()


def _open(path: Path | str, store: Store) -> WorkConnection:
    """Open the file and make what it lacks; runs on the connection's own thread."""
    connection = cast("WorkConnection", _sqlite.connect(path, factory=WorkConnection))
    try:
        create_tables(connection, store.tables, path)
        _sqlite.migrate(connection, path)
    except sqlite3.Error as exc:
        connection.close()
        raise _sqlite.translate(exc, path) from exc
    except BaseException:
        connection.close()
        raise
    return connection


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
