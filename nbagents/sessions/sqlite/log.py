"""The edit log: one step for each transaction that changed stored rows, with every row before and after.

Steps are added and never changed. Undo and redo are steps as well; they name the step that they take back or make
again, and hold no rows of their own. What can be undone is a stack, and so is what can be redone: every step says
what is on top of both once it is made (``undo_top``, ``redo_top``), and what lies below it. So the newest step
tells all, however long the log is.

Rows are copied by SQLite itself, so that bytes that are no UTF-8 come back as they were.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from nbagents._now import now_us
from nbagents.sessions.sqlite.author import author
from nbagents.sessions.table.edits import EditReport

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from nbagents.sessions.sqlite.tables import Tables
    from nbagents.sessions.table.edits import Plan

__all__ = ["Log", "Side", "Step", "Tops", "last_step", "step_of", "touched_since"]


class Side(IntEnum):
    """Which of its two images of the rows a step is asked for."""

    BEFORE = 0
    AFTER = 1


class Tops(NamedTuple):
    """What is on top of the two stacks, and so comes next.

    Attributes:
        undo: The step on top of those that can be undone, None where there is none.
        redo: The undo step on top of those that can be taken back, None where there is none.
    """

    undo: int | None
    redo: int | None


class Step(NamedTuple):
    """One step, as it is stored; its columns in the table's order."""

    step: int
    messages_table: str
    session_id: str
    at_us: int
    author: str
    origin: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    moved: int = 0
    newest_before: int | None = None
    newest_after: int | None = None
    began_at: str | None = None
    of_step: int | None = None
    below: int | None = None
    undo_top: int | None = None
    redo_top: int | None = None

    @property
    def report(self) -> EditReport:
        """What the step did."""
        return EditReport(self.inserted, self.updated, self.deleted, self.moved)


@dataclass(frozen=True, slots=True)
class Log:
    """The steps of one session. Its methods run in the caller's transaction.

    Attributes:
        tables: The tables' checked names.
        session_id: The session.
    """

    tables: Tables
    session_id: str

    @contextmanager
    def edit(self, connection: sqlite3.Connection, plan: Plan, origin: str) -> Iterator[None]:
        """Log what is written in the block.

        Args:
            connection: An open connection, in a transaction.
            plan: What is written.
            origin: What asked for it: ``"frame"``, ``"grid"``, ``"pop"``, ``"clear"``, ...
        """
        begun = self.begin(connection, origin)
        updated = [row.id for row in plan.updated]
        self._copy(connection, begun.step, Side.BEFORE, [(id_, None) for id_ in [*plan.deleted, *updated]])
        yield
        was = {new: old for old, new in plan.moved.items()} | dict(zip(updated, updated, strict=True))
        written = [row.id for row in [*plan.inserted, *plan.updated]]
        self._copy(connection, begun.step, Side.AFTER, [(id_, was.get(id_)) for id_ in written])
        tops = Tops(begun.step, None)  # an edit after undos leaves nothing to redo
        self.end(connection, begun, plan.report, tops, below=begun.undo_top)

    def begin(self, connection: sqlite3.Connection, origin: str, of_step: int | None = None) -> Step:
        """Return the step that is about to be made, with what is known before; nothing is written.

        Args:
            connection: An open connection, in a transaction.
            origin: What asks for it.
            of_step: The step that it takes back or makes again.
        """
        undo, redo = self.tops(connection)
        return Step(
            step=last_step(connection) + 1,
            messages_table=self.tables.messages,
            session_id=self.session_id,
            at_us=now_us(),
            author=author(),
            origin=origin,
            newest_before=self.newest(connection),
            began_at=self._began_at(connection),
            of_step=of_step,
            undo_top=undo,
            redo_top=redo,
        )

    def end(
        self, connection: sqlite3.Connection, begun: Step, report: EditReport, tops: Tops, *, below: int | None
    ) -> None:
        """Write a step down, once it is made.

        Args:
            connection: An open connection, in the same transaction.
            begun: What ``begin`` returned.
            report: What it did.
            tops: What comes next after it.
            below: What was on top of the stack that it is put on.
        """
        made = begun._replace(
            inserted=report.inserted,
            updated=report.updated,
            deleted=report.deleted,
            moved=report.moved,
            newest_after=self.newest(connection),
            below=below,
            undo_top=tops.undo,
            redo_top=tops.redo,
        )
        connection.execute(f"INSERT INTO nb_edit_steps VALUES ({', '.join('?' * len(made))})", made)

    def tops(self, connection: sqlite3.Connection) -> Tops:
        """Return what can be undone and redone next."""
        found = connection.execute(
            "SELECT undo_top, redo_top FROM nb_edit_steps WHERE messages_table = ? AND session_id = ? "
            "ORDER BY step DESC LIMIT 1",
            (self.tables.messages, self.session_id),
        )
        row = found.fetchone()
        return Tops(*row) if row else Tops(None, None)

    def depth(self, connection: sqlite3.Connection) -> int:
        """Return how many steps can be undone: each edit and redo adds one, and each undo takes one."""
        found = connection.execute(
            "SELECT total(CASE origin WHEN 'undo' THEN -1 ELSE 1 END) FROM nb_edit_steps "
            "WHERE messages_table = ? AND session_id = ?",
            (self.tables.messages, self.session_id),
        )
        return int(found.fetchone()[0])

    def newest(self, connection: sqlite3.Connection) -> int | None:
        """Return the id of the session's newest row, None where it has none."""
        found = connection.execute(
            f"SELECT max(id) FROM {self.tables.messages} WHERE session_id = ?", (self.session_id,)
        )
        newest: int | None = found.fetchone()[0]
        return newest

    def reserved(self, connection: sqlite3.Connection, low: int, high: int) -> list[int]:
        """Return ids from low to high that rows of other sessions may take again when these undo or redo."""
        found = connection.execute(
            "SELECT DISTINCT id FROM nb_edit_rows JOIN nb_edit_steps USING (step) "
            "WHERE id BETWEEN ? AND ? AND messages_table = ? AND session_id <> ?",
            (low, high, self.tables.messages, self.session_id),
        )
        return [row[0] for row in found]

    def _began_at(self, connection: sqlite3.Connection) -> str | None:
        found = connection.execute(
            f"SELECT created_at FROM {self.tables.sessions} WHERE session_id = ?", (self.session_id,)
        )
        row = found.fetchone()
        return row[0] if row else None

    def _copy(
        self,
        connection: sqlite3.Connection,
        step: int,
        side: Side,
        ids: Iterable[tuple[int | None, int | None]],
    ) -> None:
        """Copy rows into the log as they are now; each with the id that it had before the step."""
        connection.executemany(
            "INSERT INTO nb_edit_rows (step, side, id, was_id, created_at, data, metadata) "
            "SELECT ?, ?, m.id, ?, m.created_at, m.message_data, d.metadata "
            f"FROM {self.tables.messages} m {self.tables.metadata} WHERE m.id = ?",
            [(step, side, was, id_) for id_, was in ids],
        )


def step_of(connection: sqlite3.Connection, number: int | None) -> Step | None:
    """Return a step by its number, None where there is none."""
    row = connection.execute("SELECT * FROM nb_edit_steps WHERE step = ?", (number,)).fetchone()
    return Step._make(row) if row else None


def last_step(connection: sqlite3.Connection) -> int:
    """Return the number of the newest step of the file, of any session; 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'nb_edit_steps'").fetchone()
    return int(row[0]) if row else 0


def touched_since(connection: sqlite3.Connection, step: int, messages_table: str) -> set[int]:
    """Return the ids of the rows that steps after one touched, for what keeps something beside the rows.

    Args:
        connection: An open connection.
        step: The last step that is known, as ``last_step`` gave it.
        messages_table: The table.

    Returns:
        The ids, of rows that are there and of rows that are gone.
    """
    later = "SELECT coalesce(of_step, step) FROM nb_edit_steps WHERE step > :step AND messages_table = :table"
    values = {"step": step, "table": messages_table}
    return {row[0] for row in connection.execute(f"SELECT id FROM nb_edit_rows WHERE step IN ({later})", values)}
