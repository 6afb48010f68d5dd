"""A SQLite session as a table: read whole, edited, written back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.sessions.sqlite.core import SessionCore
from nbagents.sessions.table.edited import check_frame, read_cells
from nbagents.sessions.table.edits import EditReport, KnownIds, Plan, make_plan
from nbagents.sessions.table.frame import TOKEN, frame_of
from nbagents.sessions.table.freshness import is_written, read_of
from nbagents.sessions.table.orphans import check_policy, settled_history
from nbagents.sessions.table.reads import READS, Read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.table.edited import Wanted
    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["Editing"]


class Editing(SessionCore):
    """What ``SQLiteSession`` offers to read and edit its history as a table."""

    async def to_frame(self) -> pd.DataFrame:
        """Return the whole history as a DataFrame; see ``nbagents.to_frame`` for its columns."""
        frame, rows, bad = await self._run(lambda connection: frame_of(self._store.fetch(connection)))
        self._warn(bad)
        frame.attrs[TOKEN] = READS.keep(Read(self._owner, rows))
        return frame

    async def apply_frame(self, frame: pd.DataFrame, on_orphan: OnOrphan = "error") -> EditReport:
        """Make the history what an edited frame shows, in one transaction.

        Edit ``text``, ``role``, ``tool``, ``arguments``, ``output``, ``call_id`` and ``metadata``, or the exact
        JSON in ``item``. Remove rows, change their order, and add rows with an empty ``id``: they need ``item``,
        or ``role`` and ``text``, or what their ``type`` has. Rows that are not edited keep id and time. A text of
        several parts can be edited in one part at a time.

        A frame is written once. Written again it is found to be in place already, or refused: call ``to_frame()``
        again for the next edit.

        Args:
            frame: What ``to_frame()`` of this session gave, edited.
            on_orphan: What to do where the edit leaves a tool call without its output, an output without its call,
                or reasoning without what it led to: ``"error"``; ``"pair"`` removes both; ``"stub"`` gives a call
                an output that says it was removed.

        Returns:
            How many rows were inserted, updated, deleted and moved.

        Raises:
            ConfigError: ``frame`` is no DataFrame, or ``on_orphan`` does not exist.
            FrameError: The frame is not a history; it names row and column, and nothing was written.
            ConflictError: Rows changed, came or went since the frame was read; nothing was written.
        """
        check_policy(on_orphan)
        check_frame(frame)
        cells = read_cells(frame, session_id=self.session_id)
        token, read = read_of(frame, cells, self._owner, self)
        wanted = settled_history(cells, read.rows, on_orphan, session_id=self.session_id)
        return await self._run(lambda connection: self._apply(connection, token, read, wanted))

    def _apply(
        self, connection: sqlite3.Connection, token: str, read: Read, wanted: Sequence[Wanted]
    ) -> EditReport:
        """Run on the connection's thread, whole: what is known of the frame changes with the file."""

        def planned(rows: Sequence[Row], ids: KnownIds) -> Plan:
            """Plan the edit on the rows that are there when it is written."""
            if is_written(read, rows, wanted):
                return Plan([], [], [], EditReport(0, 0, 0), list(rows))
            return make_plan(rows, wanted, ids)

        plan = self._store.replace(connection, planned)
        if plan.writes:
            READS.keep(Read(read.owner, read.rows, plan.rows), token)
        return plan.report
