"""The outline of a stored history, kept between calls and brought up to date piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbagents.sessions.grid.outline import Outline
from nbagents.sessions.grid.stored_rows import StoredRows
from nbagents.sessions.sqlite.log import last_step, touched_since

if TYPE_CHECKING:
    import sqlite3

    from nbagents.sessions.sqlite.store import Store
    from nbagents.sessions.table.edits import Plan

__all__ = ["KeptOutline"]

_PIECE = 500  # rows; some milliseconds, so that nobody waits long for the connection


class _Size(NamedTuple):
    """What tells whether a history changed, at the cost of one pass that parses nothing."""

    rows: int = 0
    last: int = 0
    bytes: int = 0


class KeptOutline:
    """What is known of one session's history; used on its connection's thread alone.

    Changes are known from the edit log. What was written past it, by plain SQL, in place and without a change of
    length, is not seen here; a row is always shown as it is stored, and edits are checked against what is stored.

    Args:
        store: The session's store.

    Attributes:
        outline: The outline of the first rows, as many as were read.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outline = Outline()
        self._size = _Size()
        self._gate: tuple[sqlite3.Connection, int, int] | None = None
        self._step = 0
        self._changes = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._size.rows

    @property
    def missing(self) -> int:
        """How many rows the outline lacks."""
        return self._size.rows - len(self.outline.ids)

    @property
    def version(self) -> str:
        """What changes with the history, and once more when its outline is whole."""
        return f"{self._changes}.{'.'.join(map(str, self._size))}{'' if self.whole else '+'}"

    @property
    def whole(self) -> bool:
        """Whether the outline has all rows."""
        return self.missing == 0

    def rows(self, connection: sqlite3.Connection) -> StoredRows:
        """Return how single rows are found."""
        return StoredRows(self.store, connection, self.outline if self.whole else None)

    def look(self, connection: sqlite3.Connection) -> None:
        """See whether the history changed since the last look."""
        gate = _gate(connection)
        if gate == self._gate:
            return
        size = self._measure(connection)
        same = self._gate is None or self._gate[0] is connection  # else the file was removed or replaced
        touched = touched_since(connection, self._step, self.store.tables.messages) if same else None
        if size != self._size or touched is None or touched:
            self._changes += 1
            self._refresh(connection, size, touched)
        self._gate, self._size, self._step = gate, size, last_step(connection)

    def _refresh(self, connection: sqlite3.Connection, size: _Size, touched: set[int] | None) -> None:
        """Bring the rows of the outline up to date; where nobody says what changed, begin anew."""
        if touched is None:
            self.outline = Outline()
            return
        read_through = self._read_through
        self.outline.drop(touched)
        self.outline.put(StoredRows(self.store, connection).rows({id_ for id_ in touched if id_ <= read_through}))
        known = _Size(len(self.outline.ids), self._read_through, self.outline.size)
        if known != size and known != self._measure(connection, through=read_through):
            self.outline = Outline()

    @property
    def _read_through(self) -> int:
        return self.outline.ids[-1] if self.outline.ids else 0

    def grow(self, connection: sqlite3.Connection) -> bool:
        """Read some more rows into the outline; True when it has them all."""
        self.look(connection)
        if not self.whole:
            self.outline.put(StoredRows(self.store, connection).since(self._read_through + 1, _PIECE))
        return self.whole

    def wrote(self, connection: sqlite3.Connection, plan: Plan) -> None:
        """Take over what this session just wrote.

        Args:
            connection: The connection, still in the transaction in which it looked, so that nobody else wrote.
            plan: What was written.
        """
        if not self.whole:
            self.look(connection)
            return
        self.outline.drop(plan.deleted)
        self.outline.put([*plan.updated, *plan.inserted])
        self._size = _Size(len(self.outline.ids), self._read_through, self.outline.size)
        self._gate, self._step = _gate(connection), last_step(connection)
        self._changes += 1

    def _measure(self, connection: sqlite3.Connection, through: int | None = None) -> _Size:
        found = connection.execute(
            "SELECT count(*), coalesce(max(id), 0), coalesce(sum(length(CAST(message_data AS BLOB))), 0) "
            f"FROM {self.store.tables.messages} WHERE session_id = ?{'' if through is None else ' AND id <= ?'}",
            (self.store.session_id,) if through is None else (self.store.session_id, through),
        )
        return _Size(*found.fetchone())


def _gate(connection: sqlite3.Connection) -> tuple[sqlite3.Connection, int, int]:
    """Return what changes with every write to the file, by whomever, and with the file."""
    return connection, connection.execute("PRAGMA data_version").fetchone()[0], connection.total_changes
