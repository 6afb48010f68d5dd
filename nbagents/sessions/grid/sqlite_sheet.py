"""A SQLite session as a grid sees it: any page, cell or change of a long history without reading the rest."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nbagents._sqlite import default_path
from nbagents.errors import NbAgentsError
from nbagents.sessions.grid.copies import lines_of
from nbagents.sessions.grid.kept_outline import KeptOutline
from nbagents.sessions.grid.outline import Outline
from nbagents.sessions.grid.planned import Planner, stamps_of
from nbagents.sessions.grid.sheet import Figures, Page, Written
from nbagents.sessions.grid.sheet_conflicts import Shown
from nbagents.sessions.grid.sheet_rows import Place, places_of, sheet_rows, whole_cells
from nbagents.sessions.sqlite.core import MEMORY
from nbagents.sessions.sqlite.store import transaction
from nbagents.sessions.sqlite.undo import redo, undo
from nbagents.sessions.table.orphans import check_policy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from nbagents.sessions.grid.sheet import Change, Sheet
    from nbagents.sessions.grid.stored_rows import StoredRows
    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.sqlite.session import SQLiteSession
    from nbagents.sessions.sqlite.store import Store
    from nbagents.sessions.sqlite.undo import Undone
    from nbagents.sessions.table.edits import EditReport
    from nbagents.sessions.table.orphans import OnOrphan
    from nbagents.sessions.table.static import Glimpse

__all__ = ["SQLiteSheet"]

T = TypeVar("T")

_AT_ONCE = 2000  # rows that are read while the caller waits; more are read aside
_LOOK_BACK = 512  # rows before a page that tell its agents and tools while the rest is not read yet
_LOOK_AHEAD = 128


class SQLiteSheet:
    """The sheet of a ``SQLiteSession``.

    A page of a long history comes before the history was read through: its figures are then counted as far as it
    was read, and agents and partners are known from the rows near by. Once it is read the version changes, so
    that whoever polls it asks again.

    Args:
        session: The session.
    """

    loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, session: SQLiteSession) -> None:
        self._session = session
        self.session_id = session.session_id
        in_memory = session.db_path == MEMORY
        self.where = "kept in memory" if in_memory else f"saved in {Path(session.db_path).name}"
        usual = session.db_path == default_path()
        self.opened = f"SQLiteSession({session.session_id!r})" if usual else repr(session)
        self.cannot: Mapping[str, str] = {}
        self._kept = KeptOutline(session._store)  # noqa: SLF001 - two sides of one session
        self._shown = Shown(session.session_id)
        self._found: tuple[tuple[object, ...], list[int]] = ((), [])
        self._reading: asyncio.Task[None] | None = None

    async def page(self, start: int, count: int, *, search: str = "", labels: Sequence[str] = ()) -> Page:
        """Return some of the rows; see ``Sheet.page``."""
        wanted = (search, tuple(labels))
        page = None if any(wanted) else await self._run(partial(self._page, start, count, *wanted))
        while page is None:  # what fits is known once the whole history is
            await self._read_through()
            page = await self._run(partial(self._page, start, count, *wanted))
        if not self._kept.whole:
            self._read_aside()
        return page

    async def cells(self, key: str) -> Mapping[str, str | None]:
        """Return every cell of a row, whole; see ``Sheet.cells``."""
        return await self._run(partial(self._cells, key))

    async def items(self, keys: Sequence[str]) -> list[str]:
        """Return the JSON of the items of some rows; see ``Sheet.items``."""
        return await self._run(
            lambda connection: lines_of(self._named(self._look(connection), dict.fromkeys(keys)))
        )

    async def change(self, change: Change, on_orphan: OnOrphan = "error") -> Written:
        """Change the history in one transaction; see ``Sheet.change``."""
        check_policy(on_orphan)
        return await self._run(partial(self._change, change, on_orphan))

    async def undo(self) -> Written | None:
        """Take the last change back; see ``Sheet.undo``."""
        return await self._run(partial(self._walk, undo))

    async def redo(self) -> Written | None:
        """Make the change again that was taken back; see ``Sheet.redo``."""
        return await self._run(partial(self._walk, redo))

    async def branch(self, new_id: str, at: str) -> Sheet:
        """Begin a branch; see ``Sheet.branch``."""
        return SQLiteSheet(await self._session.branch(new_id, int(at)))

    def glimpse(self) -> Glimpse:
        """Return the end of the history; see ``Sheet.glimpse``."""
        return self._session._peek()  # noqa: SLF001 - two sides of one session

    async def version(self) -> str:
        """Return what changes with the history."""
        return await self._run(self._version)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._session._run(work)  # noqa: SLF001 - two sides of one session

    def _version(self, connection: sqlite3.Connection) -> str:
        self._kept.look(connection)
        return self._kept.version

    async def _read_through(self) -> None:
        """Read the rest of the history, a piece at a time, so that others get at the file in between."""
        while not await self._run(self._kept.grow):
            pass

    def _read_aside(self) -> None:
        reading = self._reading
        if reading is None or reading.done() or reading.get_loop() is not asyncio.get_running_loop():
            self._reading = asyncio.create_task(self._read_quietly())

    async def _read_quietly(self) -> None:
        with suppress(NbAgentsError):  # the next call meets the same, and tells whoever waits for it
            await self._read_through()

    def _look(self, connection: sqlite3.Connection) -> StoredRows:
        self._kept.look(connection)
        if self._kept.missing <= _AT_ONCE:
            while not self._kept.grow(connection):
                pass
        return self._kept.rows(connection)

    def _page(
        self, start: int, count: int, search: str, labels: tuple[str, ...], connection: sqlite3.Connection
    ) -> Page | None:
        stored = self._look(connection)
        start, count = max(start, 0), max(count, 0)
        kept = self._kept
        if search or labels:
            if not kept.whole:
                return None
            fitting = self._fitting(search, labels)
            ids, fits = fitting[start : start + count], len(fitting)
        else:
            ids, fits = stored.ids_at(start, count), kept.count
        rows = stored.rows(ids)
        places = self._places(stored, rows)
        self._shown.keep([place.key for place in places], rows)
        return Page(sheet_rows(rows, places), start, fits, kept.version, self._figures(connection))

    def _figures(self, connection: sqlite3.Connection) -> Figures:
        outline, log = self._kept.outline, self._kept.store.log
        return Figures(
            items=self._kept.count,
            turns=outline.turns,
            tokens=outline.tokens,
            labels=dict(outline.labels),
            whole=self._kept.whole,
            undo=log.depth(connection),
            redo=log.tops(connection).redo is not None,
        )

    def _fitting(self, search: str, labels: tuple[str, ...]) -> list[int]:
        asked = (self._kept.version, search, labels)
        if self._found[0] != asked:
            self._found = asked, self._kept.outline.fitting(search, labels)
        return self._found[1]

    def _places(self, stored: StoredRows, rows: Sequence[RawRow]) -> list[Place]:
        """Return what the rest of the history tells of some rows, or the rows near by until it was read."""
        ids = [row[0] for row in rows if row[0] is not None]
        if not ids:
            return []
        outline, first = self._kept.outline, 1
        if not self._kept.whole:
            outline = Outline()
            outline.put(stored.beside(ids[0], _LOOK_BACK, after=False))
            first = stored.position(ids[0]) - len(outline.ids)
            outline.put([*rows, *stored.beside(ids[-1], _LOOK_AHEAD, after=True)])
        return places_of(outline, ids, stored.rows, first=first)

    def _cells(self, key: str, connection: sqlite3.Connection) -> dict[str, str | None]:
        stored = self._look(connection)
        rows = self._named(stored, {key: None})
        self._shown.keep([key], rows)
        return whole_cells(rows[0], self._places(stored, rows)[0])

    def _named(self, stored: StoredRows, stamps: Mapping[str, str | None]) -> list[RawRow]:
        """Return the rows that a change names, if they are what they were."""
        rows = stored.rows({int(key) for key in stamps if key.isdecimal()})
        self._shown.check(stamps, {str(row[0]): row for row in rows})
        return rows

    def _change(self, change: Change, on_orphan: OnOrphan, connection: sqlite3.Connection) -> Written:
        with transaction(connection):
            stored = self._look(connection)
            named = self._named(stored, stamps_of(change))
            plan, touched = Planner(stored, on_orphan).plan(change, named)
            if plan.writes:
                self._kept.store.write(connection, plan, origin="grid")
                self._kept.wrote(connection, plan)
        return self._written(connection, plan.report, touched)

    def _walk(
        self, take: Callable[[Store, sqlite3.Connection], Undone | None], connection: sqlite3.Connection
    ) -> Written | None:
        done = take(self._kept.store, connection)
        self._look(connection)
        return None if done is None else self._written(connection, done.report, done.ids)

    def _written(self, connection: sqlite3.Connection, report: EditReport, ids: Sequence[int]) -> Written:
        position = self._kept.rows(connection).position(ids[0]) if ids else None
        return Written(report, [str(id_) for id_ in ids], position, self._kept.version)
