"""What a SQLite session offers to branch a conversation and go on elsewhere."""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from nbagents._given import check_name
from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.branches import Branches
from nbagents.sessions.sqlite.branches_frame import branches_frame
from nbagents.sessions.sqlite.core import MEMORY
from nbagents.sessions.sqlite.editing import Editing
from nbagents.sessions.table.compare import lined_up
from nbagents.sessions.table.frame import to_frame
from nbagents.sessions.table.orphans import check_policy

if TYPE_CHECKING:
    import pandas as pd
    from agents.memory import Session

    from nbagents.sessions.table.orphans import OnOrphan

__all__ = ["Branching"]


class Branching(Editing):
    """Branches of ``SQLiteSession``."""

    async def branch(self, new_id: str, at: int | None = None, on_orphan: OnOrphan = "pair") -> Self:
        """Begin a session that holds this history through an item, and remember it as the current branch.

        The branch is a session of the same file like any other. What is written or edited in one never shows in
        the other, whoever writes. Its rows are copied now, not at the first edit: only so does plain SDK code, in
        another process too, find them under the branch's name. What is in memory has one connection: closing one
        session closes its branches.

        Args:
            new_id: The new session's name; one that was never used in the file.
            at: The id of the last item that it holds, as in the column ``id`` of ``to_frame()``: any, the first
                and the last too. None is the last.
            on_orphan: What to do where ``at`` stands between a tool call and its output, or between reasoning
                and what it led to: ``"pair"`` leaves that half out; ``"stub"`` gives a call an output that says
                it was removed; ``"error"`` refuses.

        Returns:
            The branch.

        Raises:
            SessionExistsError: There is or was a session of that name; nothing was written.
            ItemNotFoundError: This session has no such item; nothing was written.
            ConfigError: ``new_id`` is no text, or ``at`` no number; nothing was written.
            FrameError: With ``"error"``, where something would be left alone; nothing was written.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"role": "user", "content": "Hi"}])
            ...         other = await session.branch("doc-polite")
            ...         await other.add_items([{"role": "assistant", "content": "Good morning!"}])
            ...         return len(await session.get_items()), len(await other.get_items())
            >>> asyncio.run(example())
            (1, 2)
        """
        check_policy(on_orphan)
        check_name("new_id", new_id)
        id_ = None if at is None else _checked_id(at)
        history = await self._run(lambda connection: self._branches.add(connection, new_id, id_, on_orphan))
        self._warn(history.bad)
        return self._sibling(new_id)

    async def switch(self, session_id: str | None = None) -> Self:
        """Return a branch of this session, or the session it was branched off, and remember it as the current one.

        Args:
            session_id: Any session of ``branches()``; None is the one that is remembered, in later kernels too.

        Raises:
            SessionNotFoundError: No branch has that name.
        """
        if session_id is None:
            return self._sibling(await self._run(self._branches.current))
        await self._run(lambda connection: self._branches.switch(connection, session_id))
        return self._sibling(session_id)

    async def branches(self) -> pd.DataFrame:
        """Return the session that all come from, and every branch of it and of its branches.

        Returns:
            ``session_id``; ``parent``; ``at_id``, the parent's item that it was branched at; ``common``, how many
            items it begins with in common with its parent now, after what was edited since; ``at``, the last of
            these in words; ``items``; ``created_at`` (UTC) and ``author``, of branches; ``current``, whether it
            is the one that was branched or switched to last.
        """
        return await self._run(partial(branches_frame, self._branches))

    async def compare(self, other: Session | str) -> pd.DataFrame:
        """Line this session up with another, item by item.

        Args:
            other: Any session, ours, the SDK's or your own; text names one of the same file.

        Returns:
            One row for each pair of items, and for each item without one: ``status`` (``same``, ``changed``,
            ``only here``, ``only there``), ``position`` and ``other_position`` (from 1), ``type``, ``role``,
            ``tool``, and what they say, ``what`` and ``other_what``.

        Raises:
            SessionNotFoundError: The file has no session of that name.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"role": "user", "content": "Hi"}])
            ...         other = await session.branch("other")
            ...         await other.add_items([{"role": "assistant", "content": "Hello"}])
            ...         return await session.compare("other")
            >>> asyncio.run(example())[["status", "what", "other_what"]].values.tolist()
            [['same', 'Hi', 'Hi'], ['only there', None, 'Hello']]
        """
        there: Any = other
        if isinstance(other, str):
            await self._run(lambda connection: self._branches.check_known(connection, other))
            there = self._sibling(other)
        return lined_up(await self.to_frame(), await to_frame(there))

    @property
    def _branches(self) -> Branches:
        return Branches(self._store)

    def _sibling(self, session_id: str) -> Self:
        settings: Any = self.session_settings
        session = type(self)(session_id, self.db_path, self.sessions_table, self.messages_table, settings)
        if self.db_path == MEMORY:
            session._desk = self._desk  # noqa: SLF001 - what is in memory is there on this connection alone
        return session


def _checked_id(at: SupportsIndex) -> int:
    try:
        return operator.index(at)  # a number of numpy's too
    except TypeError as exc:
        problem = f"at={at!r} is no id of an item; use one of the column id of to_frame()"
        raise ConfigError(problem, name="at", value=at) from exc
