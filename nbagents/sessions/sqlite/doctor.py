"""What is wrong with a stored history, and rows taken out of it into quarantine, never deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nbagents._now import now_us
from nbagents._short import short
from nbagents.errors import ItemNotFoundError
from nbagents.sessions.items.item_shape import check_shape
from nbagents.sessions.items.rows import decode
from nbagents.sessions.sqlite.author import author
from nbagents.sessions.sqlite.store import transaction
from nbagents.sessions.table.edited import unchanged_rows
from nbagents.sessions.table.edits import EditReport, Plan
from nbagents.sessions.table.orphans import lone, lost_half, settle_orphans

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.sqlite.store import Store

__all__ = ["Doctor", "Finding", "findings"]

_MOST_CHARACTERS = 80


class Finding(NamedTuple):
    """Something that is wrong.

    Attributes:
        id: The row; None where it is about the file.
        problem: ``bad UTF-8``, ``bad JSON``, ``not an object``, ``not an item``, ``orphan``, ``damaged file``.
        detail: What exactly.
        data: The beginning of what is stored.
    """

    id: int | None
    problem: str
    detail: str
    data: str


def findings(rows: Sequence[RawRow]) -> list[Finding]:
    """Tell what is wrong with the rows of a history, in their order.

    Example:
        >>> [(f.id, f.problem) for f in findings([(1, None, "42", None), (2, None, "{", None)])]
        [(1, 'not an object'), (2, 'bad JSON')]
    """
    good, items, bad = decode(rows)
    found = [_finding_of(row) for row in bad]
    for row, item in zip(good, items, strict=True):
        try:
            check_shape(item)
        except ValueError as exc:
            found.append(Finding(row[0], "not an item", str(exc), _beginning(row[2])))
    for key, place in lone(items).items():
        found.append(Finding(good[place][0], "orphan", lost_half(key), _beginning(good[place][2])))
    return sorted(found, key=lambda finding: finding.id or 0)


def _finding_of(row: RawRow) -> Finding:
    id_, _, data, _ = row
    if not isinstance(data, str):
        try:
            bytes(data).decode()
        except UnicodeDecodeError as exc:
            return Finding(id_, "bad UTF-8", f"{exc.reason} at byte {exc.start}", _beginning(data))
        return Finding(id_, "not an object", "bytes instead of text", _beginning(data))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as exc:
        return Finding(id_, "bad JSON", str(exc), _beginning(data))
    return Finding(id_, "not an object", f"it is {type(value).__name__}", _beginning(data))


def _beginning(data: str | bytes) -> str:
    text = data if isinstance(data, str) else bytes(data).decode(errors="backslashreplace")
    return short(text, _MOST_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Doctor:
    """The doctor of one session. Its methods run on the session's connection.

    Attributes:
        store: The session's store.
    """

    store: Store

    def look(self, connection: sqlite3.Connection) -> list[Finding]:
        """Return what is wrong with the session, and with the file."""
        damage = [row[0] for row in connection.execute("PRAGMA quick_check(10)") if row[0] != "ok"]
        return [
            *(Finding(None, "damaged file", text, "") for text in damage),
            *findings(self.store.fetch(connection)),
        ]

    def repair(self, connection: sqlite3.Connection, ids: Collection[int]) -> list[Finding]:
        """Move rows into quarantine, in one transaction that the edit log keeps, and look again.

        Args:
            connection: An open connection.
            ids: Rows that ``look`` found something wrong with. What would be left alone without them goes along.

        Raises:
            ItemNotFoundError: Nothing is wrong with one of them; nothing was written.
        """
        with transaction(connection):
            rows = self.store.fetch(connection)
            problems = {found.id: f"{found.problem}: {found.detail}" for found in findings(rows)}
            for id_ in ids:
                if id_ not in problems:
                    self._refuse(id_)
            gone = sorted({*ids, *self._left_alone(rows, set(ids))})
            self._quarantine(connection, ((id_, problems.get(id_, "left alone")) for id_ in gone))
            plan = Plan(gone, [], [], EditReport(0, 0, len(gone)), [])
            if plan.writes:
                self.store.write(connection, plan, origin="doctor")
        return self.look(connection)

    def _left_alone(self, rows: Sequence[RawRow], ids: set[int]) -> set[int]:
        before = unchanged_rows(rows)
        rest = [row for row in before if row.id not in ids]
        kept = settle_orphans(rest, before, "pair", session_id=self.store.session_id)
        return {row.id for row in rest if row.id is not None} - {row.id for row in kept if row.id is not None}

    def _quarantine(self, connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
        now, who, tables = now_us(), author(), self.store.tables
        connection.executemany(
            "INSERT INTO nb_quarantine (messages_table, session_id, id, created_at, data, metadata, problem, "
            "moved_us, author) SELECT ?, m.session_id, m.id, m.created_at, m.message_data, d.metadata, ?, ?, ? "
            f"FROM {tables.messages} m {tables.metadata} WHERE m.id = ?",
            [(tables.messages, problem, now, who, id_) for id_, problem in rows],
        )

    def _refuse(self, id_: int) -> None:
        raise ItemNotFoundError(
            f"doctor() finds nothing wrong with id {id_!r} of session {self.store.session_id!r}; nothing was "
            "written. Pass ids that its frame shows.",
            session_id=self.store.session_id,
            id=id_,
        )
