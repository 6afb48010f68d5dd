"""What a SQLite session offers to take edits back and to look who made them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.core import SessionCore
from nbagents.sessions.sqlite.log_frame import rows_frame, steps_frame
from nbagents.sessions.sqlite.undo import redo, undo

if TYPE_CHECKING:
    import pandas as pd

    from nbagents.sessions.table.edits import EditReport

__all__ = ["Undoing"]


class Undoing(SessionCore):
    """Undo, redo and the edit log of ``SQLiteSession``."""

    async def undo(self, steps: int = 1) -> EditReport | None:
        """Take back the newest edits, in one transaction; items that were added since stay.

        Edits are what changed stored items: an edited frame or grid, ``pop_item``, ``clear_session``. They are
        kept in the file and can be taken back in any later kernel, with ids, times and bytes as they were.

        Args:
            steps: How many; where there are fewer, all.

        Returns:
            How many rows were inserted, updated, deleted and moved; None where there is nothing to undo.

        Raises:
            ConflictError: A row is not as the edit left it; nothing was written.
            OrphanError: An item that was added since would lose its other half; nothing was written.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"role": "user", "content": "Hi"}])
            ...         await session.clear_session()
            ...         await session.undo()
            ...         return await session.get_items()
            >>> asyncio.run(example())
            [{'role': 'user', 'content': 'Hi'}]
        """
        _check_steps(steps)
        done = await self._run(lambda connection: undo(self._store, connection, steps))
        return done.report if done else None

    async def redo(self, steps: int = 1) -> EditReport | None:
        """Make the edits again that were taken back last, in one transaction; a new edit forgets them.

        Args:
            steps: How many; where there are fewer, all.

        Returns:
            How many rows were inserted, updated, deleted and moved; None where there is nothing to redo.

        Raises:
            ConflictError: A row is not as the undo left it; nothing was written.
            OrphanError: An item that was added since would lose its other half; nothing was written.
        """
        _check_steps(steps)
        done = await self._run(lambda connection: redo(self._store, connection, steps))
        return done.report if done else None

    async def edit_log(self, *, rows: bool = False) -> pd.DataFrame:
        """Return who changed what and when, oldest first.

        The log is only ever added to, and holds every row that was changed: a file grows with its edits.

        Args:
            rows: One row for each stored item that a step touched, with its exact JSON before and after, instead
                of one row for each step.

        Returns:
            ``step``, ``at`` (UTC, µs), ``author`` (the user of JupyterHub or of the machine), ``origin``
            (``frame``, ``grid``, ``pop``, ``clear``, ``undo``, ...), and then either ``what`` (the first row it
            touched, in words), ``inserted``, ``updated``, ``deleted``, ``moved``, ``of_step`` (the step that an
            undo or a redo is about) and ``undone`` (whether it is taken back now), or with ``rows`` ``id``,
            ``was_id``, ``before``, ``after``, ``metadata_before`` and ``metadata_after``.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"role": "user", "content": "Hi"}])
            ...         await session.pop_item()
            ...         return await session.edit_log()
            >>> asyncio.run(example())[["origin", "what", "deleted"]].values.tolist()
            [['pop', '- user: Hi', 1]]
        """
        return await self._run(partial(rows_frame if rows else steps_frame, self._store.log))


def _check_steps(steps: object) -> None:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ConfigError(f"steps={steps!r} is no number of edits; use 1 or more", name="steps", value=steps)
