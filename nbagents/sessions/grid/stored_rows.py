"""Single rows of a stored history, found through its index without reading the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.sessions.grid.around import item_of
from nbagents.sessions.grid.outline import names_of
from nbagents.sessions.items.item_ids import own_id
from nbagents.sessions.sqlite.store import fetch_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from nbagents.sessions.grid.outline import Outline
    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.sqlite.store import Store

__all__ = ["StoredRows"]


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows of one session, asked on its connection's thread.

    Attributes:
        store: The session's store.
        connection: Its connection.
        outline: The outline of the whole history as it is now, or None where there is none yet.
    """

    store: Store
    connection: sqlite3.Connection
    outline: Outline | None = None

    def rows(self, ids: Collection[int]) -> list[RawRow]:
        """Return the rows that have some ids, in order."""
        if not ids:
            return []
        return self._fetch("AND m.id IN (SELECT value FROM json_each(:ids)) ORDER BY m.id", ids=json.dumps([*ids]))

    def beside(self, id_: int | None, count: int, *, after: bool) -> list[RawRow]:
        """Return the rows next to an id, the nearest first; None stands for what comes after the last row."""
        if id_ is None:
            return self._fetch("ORDER BY m.id DESC LIMIT :count", count=count)
        side = "> :id ORDER BY m.id" if after else "< :id ORDER BY m.id DESC"
        return self._fetch(f"AND m.id {side} LIMIT :count", id=id_, count=count)

    def since(self, id_: int, count: int = -1) -> list[RawRow]:
        """Return rows from an id on, in order; all where no count is given."""
        return self._fetch("AND m.id >= :id ORDER BY m.id LIMIT :count", id=id_, count=count)

    def every(self) -> list[RawRow]:
        """Return the whole history."""
        return self.store.fetch(self.connection)

    def named(self, names: Collection[str]) -> list[RawRow]:
        """Return the rows whose items have one of some names, in order."""
        if not names:
            return []
        if self.outline is not None:
            return self.rows(self.outline.named(names))
        found = self.rows({id_ for name in names for id_ in self._ids_holding(name)})
        return [row for row in found if not set(names).isdisjoint(names_of(item_of(row) or {}))]

    def with_own_id(self, own: str) -> list[RawRow]:
        """Return the rows whose items have an id of the server's, in order; all texts are looked through."""
        return [row for row in self.rows(self._ids_holding(own)) if own_id(item_of(row) or {}) == own]

    def _ids_holding(self, name: str) -> list[int]:
        """Return rows whose text may hold a name: as it is, or with letters written as JSON escapes."""
        found = self.connection.execute(
            f"SELECT id FROM {self.store.tables.messages} WHERE session_id = :session AND "
            "(instr(message_data, :raw) OR instr(message_data, :escaped) OR message_data GLOB '*\\u00[0-7]*')",
            {
                "session": self.store.session_id,
                "raw": json.dumps(name, ensure_ascii=False)[1:-1],
                "escaped": json.dumps(name)[1:-1],
            },
        )
        return [row[0] for row in found]

    def position(self, id_: int) -> int:
        """Return a row's place in the history, from 1."""
        if self.outline is not None:
            return self.outline.place(id_) + 1
        return self._one("SELECT count(*) FROM {table} WHERE session_id = ? AND id <= ?", id_)

    def labels(self, rows: Sequence[RawRow]) -> dict[int, int]:
        """Return the place of each of some rows, which are in order."""
        if self.outline is not None:
            return {row[0]: self.outline.place(row[0]) + 1 for row in rows if row[0] is not None}
        places: dict[int, int] = {}
        last, place = 0, 0
        for id_ in (row[0] for row in rows if row[0] is not None):
            place += self._one(
                "SELECT count(*) FROM {table} WHERE session_id = ? AND id > ? AND id <= ?", last, id_
            )
            places[id_] = place
            last = id_
        return places

    def ids_at(self, start: int, count: int) -> list[int]:
        """Return the ids of the rows at some places, from 0."""
        if self.outline is not None:
            return self.outline.ids[start : start + count]
        table, session = self.store.tables.messages, self.store.session_id
        found = self.connection.execute(
            f"SELECT id FROM {table} WHERE session_id = ? ORDER BY id LIMIT ? OFFSET ?", (session, count, start)
        )
        return [row[0] for row in found]

    def _one(self, select: str, *values: int) -> int:
        statement = select.format(table=self.store.tables.messages)
        return int(self.connection.execute(statement, (self.store.session_id, *values)).fetchone()[0])

    def _fetch(self, rest: str, **values: object) -> list[RawRow]:
        tables = self.store.tables
        select = (
            f"SELECT m.id, m.created_at, m.message_data, d.metadata FROM {tables.messages} m {tables.metadata} "
            f"WHERE m.session_id = :session {rest}"
        )
        return fetch_rows(self.connection, select, {"session": self.store.session_id, **values})
