"""What is known of every session without reading it again: figures that are kept, and counted anew when old.

A session is counted again when it has another number of rows, another newest row, or new steps in the edit log.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nbagents.sessions.log import last_step
from nbagents.sessions.stats import stats_of
from nbagents.sessions.store import Store, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nbagents.sessions.tables import Tables

__all__ = ["Figures", "KnownFigures"]


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
        stale = {
            session_id: (rows, newest)
            for session_id, (rows, newest) in now.items()
            if (figures := known.get(session_id)) is None
            or figures[:2] != (rows, newest)
            or edited.get(session_id, 0) > figures.step
        }
        counted = {session_id: self._count(session_id, *figures) for session_id, figures in stale.items()}
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

    def _count(self, session_id: str, rows: int, newest: int | None) -> Figures:
        step = last_step(self.connection)
        history = Store(self.tables, session_id).read(self.connection, metadata=True)
        stats = stats_of(session_id, history.rows, history.items)
        return Figures(
            rows=rows,
            newest=newest,
            step=step,
            items=stats.item_count,
            turns=stats.turns,
            tokens=stats.tokens,
            agents=json.dumps(stats.agents),
            first_us=_microseconds(stats.first_item_time),
            last_us=_microseconds(stats.last_item_time),
            opening=stats.opening,
        )

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


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp()) * 1_000_000
