"""A session as a table, whatever keeps it: read whole, edited, written back."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, NoReturn

from nbagents.errors import FrameError
from nbagents.sessions.items.rows import Row, as_rows, decode, warn_of
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.table.edit import Editable
from nbagents.sessions.table.edited import check_frame, read_cells
from nbagents.sessions.table.edits import EditReport
from nbagents.sessions.table.frame import TOKEN, frame_of
from nbagents.sessions.table.freshness import is_written, read_of
from nbagents.sessions.table.ids import longest_rising
from nbagents.sessions.table.orphans import check_policy, settled_history
from nbagents.sessions.table.reads import READS, Read
from nbagents.sessions.table.stats import SessionStats, stats_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from nbagents.sessions.table.edited import Cells, Wanted
    from nbagents.sessions.table.orphans import OnOrphan
    from nbagents.sessions.table.reads import Owner

__all__ = ["Tabular"]


class Tabular(Editable):
    """What a session offers as a table once it can read all its rows and replace them.

    Most sessions keep no ids. Then a row's id is its place, from 1, and the frame's ``position`` names it.
    """

    session_id: str
    keeps_ids = False
    keeps_metadata = False
    serves_any_loop = False

    async def _rows(self) -> list[Row]:
        """Read the whole history; each row with an id."""
        raise NotImplementedError

    async def _replace(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        """Make the history what is wanted; the caller waits for the end of it even when it is cancelled.

        Args:
            before: The history that the edit was checked against.
            after: The history that is wanted, its rows named by the ids of ``before``.
        """
        raise NotImplementedError

    async def _limits(self) -> Mapping[str, str]:
        """Tell what cannot be done here, and why; see ``Sheet.cannot``."""
        return self._no_metadata()

    def _no_metadata(self) -> dict[str, str]:
        return {} if self.keeps_metadata else {"metadata": f"{self._name()} keeps no metadata"}

    def _owner(self) -> Owner:
        return f"{type(self).__module__}.{type(self).__qualname__}", "", self.session_id

    async def to_frame(self) -> pd.DataFrame:
        """Return the whole history as a DataFrame; see ``nbagents.to_frame`` for its columns."""
        rows = await self._rows()
        shown = rows if self.keeps_ids else [row._replace(id=None) for row in rows]
        frame, _, bad = frame_of(shown)
        if bad:
            self._warn(rows)
        frame.attrs[TOKEN] = READS.keep(Read(self._owner(), rows))
        return frame

    async def get_session_stats(self) -> SessionStats:
        """Return the session in a few figures."""
        rows, items, _ = decode(await self._rows())
        return stats_of(self.session_id, rows, items)

    async def apply_frame(self, frame: pd.DataFrame, on_orphan: OnOrphan = "error") -> EditReport:
        """Make the history what an edited frame shows; see ``nbagents.apply_frame``."""
        check_policy(on_orphan)
        check_frame(frame)
        found = await self._rows()
        self._check_sound(found)
        owner = self._owner()
        cells = self._cells(frame)
        token, read = read_of(frame, cells, owner, self._name())
        good = as_rows(decode(read.rows)[0])
        self._check_places(cells, good)
        wanted = settled_history(cells, good, on_orphan, session_id=self.session_id)
        wanted = [self._plain(row) for row in wanted]
        if is_written(read, found, wanted):
            return EditReport(0, 0, 0)
        report = report_of(found, wanted)
        if report != EditReport(0, 0, 0):
            await settled(self._replace(found, wanted))
            # Read again: a server may give items ids, and what a frame is compared with must be what is stored.
            READS.keep(Read(owner, read.rows, await self._rows()), token)
        return report

    def _name(self) -> str:
        return f"{type(self).__name__}({self.session_id!r})"

    def _cells(self, frame: pd.DataFrame) -> Cells:
        if self.keeps_ids:
            return read_cells(frame, session_id=self.session_id)
        if "position" not in frame.columns:
            self._refuse("the frame has no position column; keep the one to_frame() gave", column="position")
        _check_positions(frame, self)
        return read_cells(
            frame.drop(columns=["id"], errors="ignore").rename(columns={"position": "id"}),
            session_id=self.session_id,
        )

    def _check_places(self, cells: Cells, good: Sequence[Row]) -> None:
        known = {row.id for row in good}
        for label, id_ in zip(cells.labels, cells.ids, strict=True):
            if not self.keeps_ids and id_ is not None and id_ not in known:
                self._refuse(
                    f"row {label!r}: this session has no position {id_}; leave the position of a new row empty",
                    label,
                    "position",
                )

    def _plain(self, row: Wanted) -> Wanted:
        """Give a row the JSON that it will be read back as, and refuse what the session cannot keep."""
        if row.metadata is not None and not self.keeps_metadata:
            self._refuse(
                f"row {row.label!r}: {self._name()} keeps no metadata; leave the column empty",
                row.label,
                "metadata",
            )
        return row if self.keeps_ids else dataclasses.replace(row, data=json.dumps(json.loads(row.data)))

    def _check_sound(self, found: Sequence[Row]) -> None:
        if self.keeps_ids:
            return
        bad = decode(found)[2]
        if bad:
            self._refuse(
                f"{len(bad):,} of the stored rows hold no item, and replacing the history would lose them; "
                "remove them first"
            )

    def _warn(self, rows: Sequence[Row]) -> None:
        warn_of(decode(rows)[2], session_id=self.session_id, where=type(self).__name__, named=set())

    def _refuse(self, problem: str, row: object = None, column: str | None = None) -> NoReturn:
        raise FrameError(f"{problem}. Nothing was written.", session_id=self.session_id, row=row, column=column)


def _check_positions(frame: pd.DataFrame, session: Tabular) -> None:
    named = frame["position"].dropna()
    for label, value in named.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            session._refuse(f"row {label!r}: position {value!r} is not a whole number", label, "position")  # noqa: SLF001 - one concept, two scopes
    twice = named[named.duplicated()]
    if len(twice):
        label, value = twice.index[0], twice.iloc[0]
        session._refuse(  # noqa: SLF001 - likewise
            f"row {label!r}: position {value:g} is there twice; leave the position of a new row empty",
            label,
            "position",
        )


def report_of(before: Sequence[Row], after: Sequence[Wanted]) -> EditReport:
    """Count what an edit does.

    Args:
        before: The history, rows with ids.
        after: What is wanted.

    Example:
        >>> report_of([Row(1, None, "{}"), Row(2, None, "{}")], [])
        EditReport(inserted=0, updated=0, deleted=2, moved=0)
    """
    was = {row.id: row for row in before}
    kept = [row for row in after if row.id in was]
    order = [row.id for row in kept if row.id is not None]
    return EditReport(
        inserted=len(after) - len(kept),
        updated=sum((row.data, row.metadata) != was[row.id][2:] for row in kept),
        deleted=len(was) - len(kept),
        moved=len(order) - len(longest_rising(order)),
    )
