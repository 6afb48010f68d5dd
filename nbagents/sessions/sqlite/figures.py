"""What is known of every session without reading it again: figures that are kept, and counted anew when old.

A session is counted again when it has another number of rows, another newest row, or new steps in the edit log.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from nbagents.sessions.items.agent import agents_of
from nbagents.sessions.items.rows import decode
from nbagents.sessions.sqlite.log import last_step
from nbagents.sessions.sqlite.store import fetch_rows, known_metadata, transaction
from nbagents.sessions.table.columns import Reader
from nbagents.sessions.table.stats import opening_of, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbagents.sessions.items.rows import Item, RawRow
    from nbagents.sessions.sqlite.tables import Tables

__all__ = ["Figures", "KnownFigures", "figures_of"]

_PIECE = 500  # sessions that are read in one go


class Figures(NamedTuple):
    """A session in figures; in the order of the columns of ``nb_figures`` after its key.

    Attributes:
        rows: Its rows, corrupt ones too.
        newest: The id of its newest row, None where it has none.
        step: The last step of the file's edit log when it was counted.
        items: Its items.
        turns: Messages of the user.
        tokens: An estimate, four characters each.
        agents: JSON, the agents that its items name.
        first_us: When its oldest item was stored, in microseconds since 1970 UTC.
        last_us: When its newest item was stored.
        opening: How the user began, cut.
    """

    rows: int = 0
    newest: int | None = None
    step: int = 0
    items: int = 0
    turns: int = 0
    tokens: int = 0
    agents: str = "[]"
    first_us: int | None = None
    last_us: int | None = None
    opening: str | None = None


@dataclass(frozen=True, slots=True)
class KnownFigures:
    """The figures of the sessions of a file.

    Attributes:
        tables: The tables' checked names.
        connection: An open connection.
    """

    tables: Tables
    connection: sqlite3.Connection

    def every(self) -> dict[str, Figures]:
        """Return the figures of every session, by its name; what was counted anew is kept for the next time."""
        known = self._kept()
        edited = self._edited()
        now = self._rows()
        stale = [
            session_id
            for session_id, rows in now.items()
            if (figures := known.get(session_id)) is None
            or figures[:2] != rows
            or edited.get(session_id, 0) > figures.step
        ]
        counted: dict[str, Figures] = {}
        for start in range(0, len(stale), _PIECE):
            counted |= self._count(stale[start : start + _PIECE], now)
        self._keep(counted)
        known |= counted
        return {session_id: known[session_id] for session_id in now}

    def _rows(self) -> dict[str, tuple[int, int | None]]:
        """Return each session's number of rows and its newest; one that has none has an entry all the same."""
        found: dict[str, tuple[int, int | None]] = {
            row[0]: (0, None) for row in self.connection.execute(f"SELECT session_id FROM {self.tables.sessions}")
        }
        count = f"SELECT session_id, count(*), max(id) FROM {self.tables.messages} GROUP BY session_id"
        return found | {row[0]: (row[1], row[2]) for row in self.connection.execute(count)}

    def _kept(self) -> dict[str, Figures]:
        found = self.connection.execute(
            f"SELECT session_id, {', '.join(Figures._fields)} FROM nb_figures WHERE messages_table = ?",
            (self.tables.messages,),
        )
        return {row[0]: Figures._make(row[1:]) for row in found}

    def _edited(self) -> dict[str, int]:
        """Return the last step of each session that was ever edited."""
        found = self.connection.execute(
            "SELECT session_id, max(step) FROM nb_edit_steps WHERE messages_table = ? GROUP BY session_id",
            (self.tables.messages,),
        )
        return dict(found.fetchall())

    def _count(self, session_ids: Sequence[str], now: Mapping[str, tuple[int, int | None]]) -> dict[str, Figures]:
        """Read some sessions in one go, which takes a third of the time of one by one, and count them."""
        step = last_step(self.connection)
        metadata, join = known_metadata(self.connection, self.tables)
        select = (
            f"SELECT m.id, m.created_at, m.message_data, {metadata}, m.session_id "
            f"FROM {self.tables.messages} m {join} "
            "WHERE m.session_id IN (SELECT value FROM json_each(:sessions)) ORDER BY m.session_id, m.id"
        )
        good, items, _ = decode(fetch_rows(self.connection, select, {"sessions": json.dumps(session_ids)}))
        counted = {session_id: Figures(*now[session_id], step) for session_id in session_ids}
        start = 0
        for session_id, rows in groupby(good, itemgetter(4)):
            mine = list(rows)
            stop = start + len(mine)
            counted[session_id] = figures_of(mine, items[start:stop], counted[session_id])
            start = stop
        return counted

    def _keep(self, counted: dict[str, Figures]) -> None:
        """Keep what was counted, where the file can be written at once: it is no loss where it cannot."""
        if not counted:
            return
        patience = self.connection.execute("PRAGMA busy_timeout").fetchone()[0]
        self.connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError), transaction(self.connection):
            self.connection.executemany(
                f"INSERT OR REPLACE INTO nb_figures VALUES (?, ?, {', '.join('?' * len(Figures._fields))})",
                self._records(counted.items()),
            )
        self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _records(self, counted: Iterable[tuple[str, Figures]]) -> Iterable[tuple[object, ...]]:
        return [(self.tables.messages, session_id, *figures) for session_id, figures in counted]


def figures_of(rows: Sequence[RawRow], items: Sequence[Item], empty: Figures) -> Figures:
    """Count a session.

    Args:
        rows: The rows that hold an item, oldest first.
        items: Their items.
        empty: What is known of the session without its items.

    Example:
        >>> rows = [(7, "2026-01-01 10:00:00", "...", None)]
        >>> figures_of(rows, [{"role": "user", "content": "Hi"}], Figures(1, 7))[3:6]
        (1, 1, 1)
    """
    reader = Reader()
    reader.take(items)
    values = reader.told
    times = sorted([row[1] for row in rows if row[1]])  # all in SQLite's own form, which sorts as text
    agents = [*dict.fromkeys(filter(None, agents_of(rows, values)))]
    counted = (len(items), values["role"].count("user"), sum(values["tokens"]))
    named = json.dumps(agents) if agents else "[]"
    between = (_microseconds(times[0]), _microseconds(times[-1])) if times else (None, None)
    return Figures(*empty[:3], *counted, named, *between, opening_of(values["role"], values["text"]))


@lru_cache(maxsize=1024)  # sessions that are written one after the other share their seconds
def _microseconds(text: str) -> int | None:
    time = parse_time(text)
    return None if time is None else int(time.timestamp()) * 1_000_000
