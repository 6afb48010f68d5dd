"""What a SQLite session offers to name, search, export, import and repair a conversation."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from nbagents._given import path_of
from nbagents.errors import ConfigError, ItemError
from nbagents.sessions.items.rows import decode
from nbagents.sessions.sqlite.core import SessionCore
from nbagents.sessions.sqlite.doctor import Doctor
from nbagents.sessions.sqlite.jsonl import line_of, row_of_line
from nbagents.sessions.sqlite.jsonl_file import read_lines, write_lines
from nbagents.sessions.sqlite.labels import Labels, check_tags, check_title
from nbagents.sessions.sqlite.search import check_search, hits_frame
from nbagents.sessions.sqlite.search_index import SearchIndex
from nbagents.sessions.table.records import frame_of_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    import pandas as pd

    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.sqlite.labels import Label

__all__ = ["Upkeep"]

_FINDINGS = {"id": "Int64", "problem": "object", "detail": "object", "data": "object"}


class Upkeep(SessionCore):
    """Titles, tags, search, files and repair of ``SQLiteSession``."""

    async def set_title(self, title: str | None) -> None:
        """Give the session a title for ``list_sessions()``; None takes it away."""
        checked = check_title(title)
        await self._change_label(lambda label: label._replace(title=checked))

    async def tag(self, *tags: str) -> tuple[str, ...]:
        """Add tags to the session for ``list_sessions()``, and return all that it has, sorted."""
        new = check_tags(tags)
        label = await self._change_label(lambda label: label._replace(tags=tuple(sorted({*label.tags, *new}))))
        return label.tags

    async def untag(self, *tags: str) -> tuple[str, ...]:
        """Take tags from the session, and return all that it has, sorted."""
        gone = check_tags(tags)
        label = await self._change_label(lambda label: label._replace(tags=tuple(sorted({*label.tags} - gone))))
        return label.tags

    async def _change_label(self, change: Callable[[Label], Label]) -> Label:
        return await self._run(
            lambda connection: Labels(self._store.tables, connection).change(self.session_id, change)
        )

    async def search(self, text: str, limit: int = 100) -> pd.DataFrame:
        """Search this session's items: what was said, in any role, tools, their arguments and their outputs.

        All words must be in an item, in any case, with or without accents; a word also finds longer ones that
        begin with it. The index is made at the first search and then kept up to date; it takes about as much
        space as the items. ``nbagents.search_sessions`` searches all sessions of a file.

        Args:
            text: Words, or phrases between double quotes.
            limit: The most items that are returned.

        Returns:
            The newest first: ``session_id``, ``id``, ``created_at``, ``type``, ``role``, ``where`` (the column it
            was found in) and ``excerpt``. ``frame.attrs["found"]`` is how many there are without the limit.

        Raises:
            ConfigError: There is no word to search.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"role": "user", "content": "Is my lamp on its way?"}])
            ...         return await session.search("LAMP")
            >>> asyncio.run(example())[["where", "excerpt"]].values.tolist()
            [['text', 'Is my lamp on its way?']]
        """
        words = check_search(text, limit)
        index = SearchIndex(self._store.tables)
        while not await self._run(index.grow):
            pass
        hits, found = await self._run(lambda connection: index.find(connection, words, self.session_id, limit))
        return hits_frame(hits, words, found)

    async def export_jsonl(self, path: str | Path) -> int:
        """Write the history to a file, one item a line, with its time and metadata, byte for byte.

        A row that holds no item is written as well, and named in a warning. The file is whole or not there.

        Args:
            path: The file; one that is there is replaced.

        Returns:
            How many lines were written.

        Raises:
            StoreOpenError: The file cannot be written.
        """
        file = path_of("path", path)
        rows = await self._run(self._store.fetch)
        self._warn(decode(rows)[2])
        await asyncio.to_thread(write_lines, file, map(line_of, rows))
        return len(rows)

    async def import_jsonl(self, path: str | Path) -> int:
        """Append what ``export_jsonl`` wrote, or a file with one item a line: all or none. ``undo()`` undoes it.

        Args:
            path: The file.

        Returns:
            How many items were added.

        Raises:
            ItemError: A line holds none; the error's index is the line's place, from 0. Nothing was written.
            StoreOpenError: The file cannot be read.
        """
        file = path_of("path", path)
        lines = await asyncio.to_thread(read_lines, file)
        rows = [self._imported(line, index, file) for index, line in enumerate(lines)]
        if rows:
            await self._run(lambda connection: self._store.append(connection, rows, origin="import"))
        self._warn(decode(await self._run(self._store.fetch))[2])
        return len(rows)

    def _imported(self, line: str, index: int, path: Path) -> Row:
        try:
            return row_of_line(line)
        except (ValueError, RecursionError) as exc:
            raise ItemError(
                f"{path}, line {index + 1}: {exc}; nothing was written",
                session_id=self.session_id,
                index=index,
                item=line,
            ) from exc

    async def doctor(self, repair: Collection[int] = ()) -> pd.DataFrame:
        """Look for what is wrong with the history: rows that the model API does not take.

        These hold no item, one that lacks something, or one that lost its other half. Nothing is changed unless it
        is asked for. What is repaired moves to the table ``nb_quarantine`` of the file, with the reason, and out
        of the history; it is never deleted, and ``undo()`` brings it back.

        Args:
            repair: The ids of the rows to move, of those it finds; ``report["id"]`` are all. What would be left
                alone without them goes along.

        Returns:
            One row for each problem, after the repair: ``id``, ``problem`` (``bad UTF-8``, ``bad JSON``, ``not an
            object``, ``not an item``, ``orphan``, ``damaged file``), ``detail``, and the beginning of the
            ``data``. No rows: all is well.

        Raises:
            ItemNotFoundError: Nothing is wrong with one of the ids; nothing was written.
            ConfigError: What is to be repaired is not named by ids.

        Example:
            >>> import asyncio
            >>> from nbagents.sessions.sqlite.session import SQLiteSession
            >>> async def example():
            ...     async with SQLiteSession("doc", ":memory:") as session:
            ...         await session.add_items([{"type": "function_call_output", "call_id": "c1", "output": ""}])
            ...         return await session.doctor()
            >>> asyncio.run(example())[["problem", "detail"]].values.tolist()
            [['orphan', "the output of 'c1' has no call before it"]]
        """
        doctor = Doctor(self._store)
        ids = _checked_ids(repair)
        found = await self._run(partial(doctor.repair, ids=ids) if ids else doctor.look)
        return frame_of_records(_FINDINGS, found)


def _checked_ids(repair: Collection[Any]) -> list[int]:
    import pandas as pd

    try:
        return [int(id_) for id_ in repair if not pd.isna(id_)]  # a damaged file has no id
    except (TypeError, ValueError) as exc:
        problem = f"repair={repair!r} names no rows; give ids, such as those in report['id']"
        raise ConfigError(problem, name="repair", value=repair) from exc
