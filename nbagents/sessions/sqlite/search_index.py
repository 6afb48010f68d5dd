"""The full-text index of a table of items (FTS5), brought up to date when something is searched, not at every add.

What was appended is found by its id, what was edited by the edit log. The index is called ``nb_search_`` and the
table's name; its row ids are those of the items.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nbagents.sessions.items.rows import decode
from nbagents.sessions.sqlite.log import last_step, touched_since
from nbagents.sessions.sqlite.store import Store, fetch_rows, transaction
from nbagents.sessions.table.columns import read_columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.sqlite.tables import Tables

__all__ = ["SEARCHED", "Hit", "SearchIndex", "words_of"]

_PIECE = 2000  # rows indexed in one transaction, so that others can write in between
_SEEN = ("text", "tool", "arguments", "output")

SEARCHED = (*_SEEN, "item")
"""What is searched: columns of the frame, and the whole item where it has nothing to read in them."""

# Scripts that are written without spaces: FTS5 takes a run of them for one word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


class Hit(NamedTuple):
    """An item that was found; its columns are those of ``SEARCHED``."""

    session_id: str
    id: int
    created_at: str | None
    type: str
    role: str | None
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """The index of one table of items.

    Attributes:
        tables: The tables' checked names.
    """

    tables: Tables

    def grow(self, connection: sqlite3.Connection) -> bool:
        """Index some of what is new or changed; True when there is nothing left."""
        if self._state(connection) == self._now(connection):
            return True
        with transaction(connection):
            self._create(connection)
            last_id, step = self._state(connection) or (0, 0)
            self._take_edits(connection, last_id, step)
            rows = self._rows(connection, "id > :last ORDER BY id LIMIT :piece", last=last_id, piece=_PIECE)
            self._put(connection, rows)
            newest, step = self._now(connection)
            reached = rows[-1][1] if len(rows) == _PIECE else newest
            connection.execute(
                "INSERT OR REPLACE INTO nb_search_state VALUES (?, ?, ?)", (self.tables.messages, reached, step)
            )
        return reached == newest

    def find(
        self, connection: sqlite3.Connection, words: Sequence[str], session_id: str | None, limit: int
    ) -> tuple[list[Hit], int]:
        """Return the newest items that hold all of some words, newest first, and how many there are.

        Args:
            connection: An open connection; the index is up to date.
            words: Words or phrases (``words_of``); a word also finds longer ones that begin with it.
            session_id: Where to search; None is every session of the table.
            limit: The most that are returned.
        """
        where, values = _where(self._name, words, session_id)
        hits = f"FROM {self._name} f JOIN {self.tables.messages} m ON m.id = f.rowid WHERE {' AND '.join(where)}"
        select = f"SELECT m.session_id, m.id, m.created_at, f.type, f.role, {', '.join(SEARCHED)} {hits}"
        found = connection.execute(f"{select} ORDER BY f.rowid DESC LIMIT ?", (*values, limit)).fetchall()
        count = len(found)
        if count == limit:
            count = connection.execute(f"SELECT count(*) {hits}", values).fetchone()[0]
        return [Hit._make((*row[:5], row[5:])) for row in found], count

    @property
    def _name(self) -> str:
        return f"nb_search_{self.tables.messages}"

    def _create(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._name} USING fts5 ({', '.join(SEARCHED)}, session, "
            "type UNINDEXED, role UNINDEXED, tokenize = 'unicode61 remove_diacritics 2')"
        )

    def _state(self, connection: sqlite3.Connection) -> tuple[int, int] | None:
        """Return the last id and the last step that are in the index."""
        found = connection.execute(
            "SELECT last_id, last_step FROM nb_search_state WHERE messages_table = ?", (self.tables.messages,)
        )
        row: tuple[int, int] | None = found.fetchone()
        return row

    def _now(self, connection: sqlite3.Connection) -> tuple[int, int]:
        return Store(self.tables, "").last_id(connection), last_step(connection)

    def _take_edits(self, connection: sqlite3.Connection, last_id: int, step: int) -> None:
        ids = [id_ for id_ in touched_since(connection, step, self.tables.messages) if id_ <= last_id]
        connection.executemany(f"DELETE FROM {self._name} WHERE rowid = ?", [(id_,) for id_ in ids])
        for id_ in ids:
            self._put(connection, self._rows(connection, "id = :id", id=id_))

    def _rows(self, connection: sqlite3.Connection, which: str, **values: object) -> list[Any]:
        select = f"SELECT session_id, id, created_at, message_data FROM {self.tables.messages} WHERE {which}"
        return fetch_rows(connection, select, values)

    def _put(self, connection: sqlite3.Connection, rows: Sequence[Any]) -> None:
        sessions = {row[1]: row[0] for row in rows}
        good, items, _ = decode([(row[1], row[2], row[3], None) for row in rows])
        values = read_columns(good, items)
        marks = ", ".join("?" * (len(SEARCHED) + 4))
        connection.executemany(
            f"INSERT INTO {self._name} (rowid, {', '.join(SEARCHED)}, session, type, role) VALUES ({marks})",
            [
                (row[0], *_searched(row, seen), _token(sessions[row[0]]), kind or "unknown", role)
                for row, kind, role, *seen in zip(
                    good, values["type"], values["role"], *(values[name] for name in _SEEN), strict=True
                )
            ],
        )


def _searched(row: RawRow, seen: Sequence[str | None]) -> list[str]:
    text, tool, arguments, output = (value or "" for value in seen)
    return [text, tool, arguments, output, "" if text or arguments or output else str(row[2])]


def _token(session_id: str) -> str:
    """Return a word that stands for a session, whatever its name holds."""
    return f"s{hashlib.sha256(session_id.encode(errors='surrogatepass')).hexdigest()[:20]}"


def words_of(text: str) -> list[str]:
    """Split what is searched into words; what stands between double quotes is one phrase and keeps them.

    Example:
        >>> words_of('lamp "order A-1043"')
        ['lamp', '"order A-1043"']
    """
    return [word for word in re.findall(r'"[^"\0]+"|[^\s"\0]+', text) if re.search(r"\w|[^\x00-\x7f]", word)]


def _where(index: str, words: Collection[str], session_id: str | None) -> tuple[list[str], list[object]]:
    """Return the conditions of a search, and what they are about."""
    spaced = [word for word in words if re.search(r"\w", word) and not _UNSPACED.search(word)]
    unspaced = [word.strip('"') for word in words if word not in spaced]  # emoji too are no words to FTS5
    terms = [word if word.startswith('"') else f'"{word}"*' for word in spaced]
    match = [f"{{{' '.join(SEARCHED)}}} : ({' AND '.join(terms)})"] if terms else []
    if session_id is not None:
        match.append(f"session : {_token(session_id)}")
    every = " || char(10) || ".join(SEARCHED)
    where = [f"{index} MATCH ?"] * bool(match) + [f"instr(lower({every}), lower(?))"] * len(unspaced)
    return where, [*([" AND ".join(match)] if match else []), *unspaced]
