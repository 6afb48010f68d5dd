"""Any session as a grid sees it: read whole and written whole, by the SDK's protocol or as a table of ours."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, NoReturn

from nbagents.errors import FrameError
from nbagents.sessions.grid.changes import check_slots, laid_out, settled_slots
from nbagents.sessions.grid.copies import lines_of
from nbagents.sessions.grid.kept_steps import KeptRow, KeptSteps, step_between
from nbagents.sessions.grid.keyed_history import KeyedHistory
from nbagents.sessions.grid.planned import news_of, stamps_of
from nbagents.sessions.grid.sheet import Delete, Figures, Insert, Move, Page, SetCell, Written
from nbagents.sessions.grid.sheet_conflicts import Shown
from nbagents.sessions.grid.sheet_rows import sheet_rows, stamp_of, whole_cells
from nbagents.sessions.items.rows import decode
from nbagents.sessions.loops.background import BACKGROUND, DISPLAY_WAIT_S
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.table.any_session import AnySession, serves_any_loop
from nbagents.sessions.table.edited import Wanted, unchanged_rows
from nbagents.sessions.table.edits import EditReport
from nbagents.sessions.table.history import History
from nbagents.sessions.table.orphans import check_policy, settle_orphans
from nbagents.sessions.table.static import Glimpse
from nbagents.sessions.table.tabular import Tabular, report_of

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping, Sequence

    from agents.memory import Session

    from nbagents.sessions.grid.kept_steps import KeptStep
    from nbagents.sessions.grid.sheet import Change, Sheet
    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["AnySheet"]


class AnySheet:
    """The sheet of any session but ``SQLiteSession``.

    Each look reads the history whole. Changes can be undone for as long as the sheet is there. A session that is
    bound to an event loop is asked on the one that ran when the sheet was made.

    Args:
        session: The session.
    """

    def __init__(self, session: Session) -> None:
        self._table = session if isinstance(session, Tabular) else AnySession(session)
        kind = type(session)
        name = f"{kind.__module__.split('.')[0]}.{kind.__name__}".removeprefix("__main__.")
        self.where = f"kept by {name}"
        self.opened = repr(session)
        self.loop = None if serves_any_loop(session) else _running_loop()
        self.cannot: Mapping[str, str] = {}
        self._no_branch = f"{name} keeps one history; nbagents.SQLiteSession can branch"
        self._lock = asyncio.Lock()
        self._history = KeyedHistory()
        self._shown = Shown(self.session_id)
        self._steps = KeptSteps()
        self._own = 0  # the number of changes when this sheet wrote last

    @property
    def session_id(self) -> str:
        """The session."""
        try:
            return self._table.session_id
        except ValueError:  # OpenAI gives a conversation its id at first use
            return "(not begun)"

    async def page(self, start: int, count: int, *, search: str = "", labels: Sequence[str] = ()) -> Page:
        """Return some of the rows; see ``Sheet.page``."""
        async with self._lock:
            await self._look()
            history = self._history
            ids = history.outline.fitting(search, labels)
            start = max(start, 0)
            some = ids[start : start + max(count, 0)]
            rows, places = history.with_ids(some), history.places(some)
            self._shown.keep([place.key for place in places], rows)
            return Page(sheet_rows(rows, places), start, len(ids), str(history.changes), self._figures())

    async def cells(self, key: str) -> Mapping[str, str | None]:
        """Return every cell of a row, whole; see ``Sheet.cells``."""
        async with self._lock:
            await self._look()
            row = self._named({key: None})[key]
            self._shown.keep([key], [row])
            return whole_cells(row, self._history.places([row.id or 0])[0])

    async def items(self, keys: Sequence[str]) -> list[str]:
        """Return the JSON of the items of some rows; see ``Sheet.items``."""
        async with self._lock:
            await self._look()
            return lines_of(self._named(dict.fromkeys(keys)).values())

    async def change(self, change: Change, on_orphan: OnOrphan = "error") -> Written:
        """Change the history; see ``Sheet.change``."""
        check_policy(on_orphan)
        async with self._lock:
            await self._look()
            wanted = self._wanted(change, self._named(stamps_of(change)), on_orphan)
            known = {row.id: key for key, row in self._history.by_key().items()}
            keys = [known.get(row.id) or self._history.new_key() for row in wanted]
            report, step = await self._write(wanted, keys)
            if step.was != step.now:
                self._steps.made(step)
            new = set(keys).difference(known.values())
            return self._written(report, [key for key in keys if key in new or key in _touched(change)])

    async def undo(self) -> Written | None:
        """Take the last change back; see ``Sheet.undo``."""
        return await self._walk(self._steps.undo, self._steps.redo)

    async def redo(self) -> Written | None:
        """Make the change again that was taken back; see ``Sheet.redo``."""
        return await self._walk(self._steps.redo, self._steps.undo)

    async def branch(self, new_id: str, at: str) -> Sheet:  # noqa: ARG002 - the protocol's
        """Refuse, and say why."""
        self._refuse(self._no_branch)

    def glimpse(self) -> Glimpse | None:
        """Return the history as it was read last; see ``Sheet.glimpse``."""
        if not self._history.changes and self.loop is not None:
            return None
        if not self._history.changes:
            BACKGROUND.submit(self.version()).result(DISPLAY_WAIT_S)
        rows, items, bad = decode(self._history.rows)
        return Glimpse(History(rows, items, bad))

    async def version(self) -> str:
        """Return what changes with the history."""
        async with self._lock:
            await self._look()
            return str(self._history.changes)

    async def _look(self) -> None:
        known = self._history.changes
        self._history.look(await self._table._rows())  # noqa: SLF001 - two sides of one session
        if self._history.changes != known:
            self.cannot = {**await self._table._limits(), "branch": self._no_branch}  # noqa: SLF001 - likewise

    def _named(self, stamps: Mapping[str, str | None]) -> dict[str, Row]:
        """Return the rows that a change names, if they are what they were."""
        found = self._history.by_key()
        self._shown.check(stamps, found)
        return {key: found[key] for key in stamps}

    def _figures(self) -> Figures:
        outline, steps = self._history.outline, self._steps
        return Figures(
            items=len(self._history.rows),
            turns=outline.turns,
            tokens=outline.tokens,
            labels=dict(outline.labels),
            whole=True,
            undo=len(steps.undo),
            redo=bool(steps.redo),
        )

    def _wanted(self, change: Change, named: Mapping[str, Row], on_orphan: OnOrphan) -> list[Wanted]:
        """Return the history that a change leads to."""
        history, session_id = self._history, self.session_id
        self._table._check_sound(history.rows)  # noqa: SLF001 - two sides of one session
        ids = {key: row.id or 0 for key, row in named.items()}
        labels = {row.id or 0: place for place, row in enumerate(history.rows, 1)}
        change = _by_id(change, {key: str(id_) for key, id_ in ids.items()})
        by_id = {str(row.id): row for row in named.values()}
        label = labels.get(next(iter(ids.values()), 0))
        news = news_of(change, by_id, label, session_id=session_id)
        if isinstance(change, Insert) and change.copies and "metadata" in self.cannot:
            news = [dataclasses.replace(row, metadata=None) for row in news]
        slots = laid_out(history.rows, labels, change, news)
        check_slots(slots, history.rows, session_id=session_id)
        slots = settled_slots(slots, history.rows, on_orphan, session_id=session_id)
        return [slot.row for slot in slots if slot.row is not None]

    async def _write(self, wanted: Sequence[Wanted], keys: Sequence[str]) -> tuple[EditReport, KeptStep]:
        """Make the history what is wanted, its rows under the given keys; return what was done."""
        plain = [self._table._plain(row) for row in wanted]  # noqa: SLF001 - two sides of one session
        was = self._history.kept()
        report = report_of(self._history.rows, plain)
        if report != EditReport(0, 0, 0):
            await settled(self._table._replace(self._history.rows, plain))
            given = [KeptRow(key, row.data, row.metadata) for key, row in zip(keys, plain, strict=True)]
            stored = await self._look_after(given)
            self._steps.stored_as(stored)
            was = [stored.get(row, row) for row in was]
        return report, step_between(was, self._history.kept())

    async def _look_after(self, given: Sequence[KeptRow]) -> dict[KeptRow, KeptRow]:
        """Read again, and return what became of each row: a server may complete items and give them new ids."""
        rows = await self._table._rows()  # noqa: SLF001 - two sides of one session
        stored: dict[KeptRow, KeptRow] = {}
        if len(rows) == len(given):
            self._history.take(rows, [row.key for row in given])
            stored = dict(zip(given, self._history.kept(), strict=True))
        else:
            self._history.look(rows)
        self._own = self._history.changes
        self._shown.keep(self._history.keys, rows)
        return stored

    async def _walk(self, steps: deque[KeptStep], back: deque[KeptStep]) -> Written | None:
        """Take the newest step back, and put what makes it again on the other stack."""
        async with self._lock:
            await self._look()
            if not steps:
                return None
            rows = self._without(steps[-1])
            ids = {key: row.id for key, row in self._history.by_key().items()}
            wanted = [Wanted(None, ids.get(row.key), *row[1:], json.loads(row.data)) for row in rows]
            if self._history.changes != self._own:
                before = unchanged_rows(self._history.rows)
                wanted = settle_orphans(wanted, before, "error", session_id=self.session_id)
            report, step = await self._write(wanted, [row.key for row in rows])
            taken = steps.pop()
            back.append(step)
            return self._written(report, [row.key for row in taken.was])

    def _without(self, step: KeptStep) -> list[KeptRow]:
        """Return the history without a step, if its rows are as it left them."""
        rows = self._history.kept()
        keys = [row.key for row in rows]
        self._shown.check({row.key: stamp_of((None, None, *row[1:])) for row in step.now}, self._history.by_key())
        start = keys.index(step.above) + 1 if step.above in keys else 0
        stop = start + len(step.now)
        if keys[start:stop] != [row.key for row in step.now] or (step.above is not None and not start):
            self._refuse("rows were moved or removed since, and it is not clear where these belong")
        return [*rows[:start], *step.was, *rows[stop:]]

    def _refuse(self, problem: str) -> NoReturn:
        raise FrameError(f"{problem}. Nothing was written.", session_id=self.session_id)

    def _written(self, report: EditReport, keys: Sequence[str]) -> Written:
        places = {key: place for place, key in enumerate(self._history.keys, 1)}
        there = [key for key in keys if key in places]
        return Written(report, there, places[there[0]] if there else None, str(self._history.changes))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _by_id(change: Change, ids: Mapping[str, str]) -> Change:
    """Return a change that names rows by id."""
    if isinstance(change, SetCell):
        return dataclasses.replace(change, key=ids[change.key])
    if isinstance(change, Delete):
        return dataclasses.replace(change, keys=[ids[key] for key in change.keys])
    before = None if change.before is None else ids[change.before]
    if isinstance(change, Move):
        return dataclasses.replace(change, keys=[ids[key] for key in change.keys], before=before)
    return dataclasses.replace(change, before=before)


def _touched(change: Change) -> Sequence[str]:
    return [change.key] if isinstance(change, SetCell) else change.keys if isinstance(change, Move) else []
