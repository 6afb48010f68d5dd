"""Undo and redo: a step of the edit log taken back, or made again, and logged as a step itself.

The rows that a step left must still be as it left them; then they are swapped for those it found, with their ids,
times and bytes. What was appended since stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from nbagents.errors import OrphanError
from nbagents.sessions.sqlite.log import Side, Tops, step_of
from nbagents.sessions.sqlite.store import transaction
from nbagents.sessions.sqlite.swap import check_swap, image_ids, swap
from nbagents.sessions.table.edits import EditReport
from nbagents.sessions.table.orphans import lone, lost_half

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from nbagents.sessions.sqlite.log import Step
    from nbagents.sessions.sqlite.store import Store
    from nbagents.sessions.table.history import History
    from nbagents.sessions.table.orphans import Key

__all__ = ["Undone", "redo", "undo"]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo or a redo did.

    Attributes:
        report: How many rows were inserted, updated, deleted and moved.
        ids: The rows that it touched and that are there now, rising.
        gone: The ids that it removed, rising.
    """

    report: EditReport
    ids: Sequence[int]
    gone: Sequence[int]


def undo(store: Store, connection: sqlite3.Connection, steps: int = 1) -> Undone | None:
    """Take back the newest steps that are not taken back yet, in one transaction.

    Args:
        store: The session.
        connection: An open connection.
        steps: How many; where there are fewer, all.

    Returns:
        What it did, None where there is nothing to undo.

    Raises:
        ConflictError: A row is not as the step left it; nothing was written.
        OrphanError: An item that was appended since would lose its other half; nothing was written.
    """
    return _Walk(store, connection, Side.BEFORE).go(steps)


def redo(store: Store, connection: sqlite3.Connection, steps: int = 1) -> Undone | None:
    """Make the steps again that were taken back last; otherwise as ``undo``."""
    return _Walk(store, connection, Side.AFTER).go(steps)


class _Walk:
    """Some steps, one after the other, to one side of each."""

    def __init__(self, store: Store, connection: sqlite3.Connection, to: Side) -> None:
        self._store = store
        self._connection = connection
        self._to = to
        self._reports: list[EditReport] = []
        self._there: dict[int, bool] = {}
        self._known: set[Key] | None = None

    def go(self, steps: int) -> Undone | None:
        """Walk some steps in one transaction; None where there was none."""
        with transaction(self._connection):
            last = None
            while len(self._reports) < steps and (step := self._next()) is not None:
                self._take(step)
                last = step
            if last is not None and self._known is not None:
                self._check_orphans(last, self._known)
        return self._undone() if last is not None else None

    def _next(self) -> Step | None:
        tops = self._store.log.tops(self._connection)
        if self._to is Side.BEFORE:
            return step_of(self._connection, tops.undo)
        taken_back = step_of(self._connection, tops.redo)
        return taken_back and step_of(self._connection, taken_back.of_step)

    def _take(self, step: Step) -> None:
        self._notice_others(step)
        check_swap(self._store, self._connection, step, self._to)
        log = self._store.log
        begun = log.begin(self._connection, "undo" if self._to is Side.BEFORE else "redo", step.step)
        away = Side.AFTER if self._to is Side.BEFORE else Side.BEFORE
        self._there |= dict.fromkeys(image_ids(self._connection, step, away), False)
        self._there |= dict.fromkeys(image_ids(self._connection, step, self._to), True)
        swap(self._store, self._connection, step, self._to)
        if step.origin == "clear" and self._to is Side.AFTER and log.newest(self._connection) is None:
            self._store.forget_entry(self._connection)
        report = _inverse(step.report) if self._to is Side.BEFORE else step.report
        self._reports.append(report)
        tops, below = self._stacks(step, begun)
        log.end(self._connection, begun, report, tops, below=below)

    def _stacks(self, step: Step, begun: Step) -> tuple[Tops, int | None]:
        """Return what comes next after a step is taken, and what lies below it on its new stack."""
        if self._to is Side.BEFORE:
            return Tops(step.below, begun.step), begun.redo_top
        taken_back = step_of(self._connection, begun.redo_top)
        return Tops(step.step, taken_back.below if taken_back else None), None

    def _notice_others(self, step: Step) -> None:
        """Look at the whole history where rows came or went beside the log: only then can an orphan be new."""
        expected = step.newest_after if self._to is Side.BEFORE else step.newest_before
        if self._known is None and self._store.log.newest(self._connection) != expected:
            self._known = set(lone(self._read().items))

    def _check_orphans(self, last: Step, known: set[Key]) -> None:
        history = self._read()
        newest = max(last.newest_before or 0, last.newest_after or 0)
        logged = sum((row[0] or 0) <= newest for row in history.rows)
        known = known | set(lone(history.items[:logged]))
        for key, place in lone(history.items).items():
            if key not in known:
                self._refuse(last, key, history.rows[place][0])

    def _read(self) -> History:
        return self._store.read(self._connection)

    def _refuse(self, step: Step, key: Key, id_: int | None) -> NoReturn:
        what = "undone" if self._to is Side.BEFORE else "made again"
        raise OrphanError(
            f"step {step.step} of the edit log cannot be {what}: what was appended since depends on it (id {id_}: "
            f"{lost_half(key)}, and the model API refuses such a history). Nothing was written. Edit the rows by "
            "to_frame() and apply_frame() instead.",
            session_id=self._store.session_id,
            row=id_,
            column="type" if key[0] == "reasoning" else "call_id",
        )

    def _undone(self) -> Undone:
        ids = sorted(self._there)
        counts = zip(*((r.inserted, r.updated, r.deleted, r.moved) for r in self._reports), strict=True)
        report = EditReport(*map(sum, counts))
        return Undone(
            report, [id_ for id_ in ids if self._there[id_]], [id_ for id_ in ids if not self._there[id_]]
        )


def _inverse(report: EditReport) -> EditReport:
    return EditReport(report.deleted, report.updated, report.inserted, report.moved)
