"""A session whose long texts are stored compressed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nbagents._given import check_session
from nbagents.errors import ConfigError
from nbagents.sessions.items.compression import MARK, compress_item, restore_item, stored_form
from nbagents.sessions.items.rows import Row, as_rows
from nbagents.sessions.loops.closing import Closing
from nbagents.sessions.sqlite.editing import Editing
from nbagents.sessions.table.any_session import (
    AnySession,
    is_conversation,
    items_of,
    numbered,
    read_all,
    serves_any_loop,
)
from nbagents.sessions.table.edits import check_unchanged
from nbagents.sessions.table.frame import TOKEN
from nbagents.sessions.table.reads import READS
from nbagents.sessions.table.tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from agents import TResponseInputItem
    from agents.memory import Session, SessionSettings

    from nbagents.sessions.table.edited import Wanted

__all__ = ["CompressedSession"]

_MOST_LEVEL = 9


class CompressedSession(Tabular, Closing):
    """A session over any other that stores long texts compressed and gives them back exactly.

    Texts of more than ``threshold`` characters, at any depth of an item, are stored as zlib and base64 where that
    is shorter. Items that were stored before it was used are read as they are. Compressed items can be read
    through this class only: sessions of nbagents refuse them, so that no model is given them.

    What it saves depends on the tools. An agent that reads Python files (60 of them, 285 kB of items) takes 45 %
    less, one that reads rows as JSON (50 each, 250 kB) 72 % less. Chats with short tool outputs, and the encrypted
    reasoning of OpenAI, take as much as before: five recorded runs of the API (32 kB, 28 of them reasoning) gained
    nothing.
    Compressing costs about 4 ms for 100 kB.

    Args:
        base_session: Keeps the items: a session of ours, the SDK's, or your own.
        compression_level: zlib's, from 0 (none) to 9 (smallest); -1 is zlib's own choice.
        threshold: Texts up to so many characters stay as they are.

    Raises:
        ConfigError: The level or the threshold cannot be used, or the base session is one that OpenAI keeps.

    Example:
        >>> import asyncio
        >>> from nbagents.sessions.sqlite.session import SQLiteSession
        >>> async def example():
        ...     async with CompressedSession(SQLiteSession("doc", ":memory:")) as session:
        ...         await session.add_items([{"role": "user", "content": "Look at this: " + "log " * 1000}])
        ...         return len((await session.get_items())[0]["content"])
        >>> asyncio.run(example())
        4014
    """

    def __init__(self, base_session: Session, compression_level: int = 6, threshold: int = 1000) -> None:
        check_session("base_session", base_session)
        _check("compression_level", compression_level, -1, _MOST_LEVEL)
        _check("threshold", threshold, 0, None)
        if is_conversation(base_session):
            raise ConfigError(
                "OpenAI stores items as its API defines them, and compressed ones are not; use the conversation "
                "as it is",
                name="base_session",
                value=base_session,
            )
        self.base_session = base_session
        self.compression_level = compression_level
        self.threshold = threshold
        keeps_ids = (
            base_session.keeps_ids if isinstance(base_session, Tabular) else isinstance(base_session, Editing)
        )
        self.keeps_ids = self.keeps_metadata = keeps_ids

    @property
    def session_id(self) -> str:  # a Conversations session has none before its first use
        """The base session's id."""
        return self.base_session.session_id

    @session_id.setter
    def session_id(self, value: str) -> None:
        self.base_session.session_id = value

    @property
    def session_settings(self) -> SessionSettings | None:
        """The base session's settings."""
        return self.base_session.session_settings

    @session_settings.setter
    def session_settings(self, value: SessionSettings | None) -> None:
        self.base_session.session_settings = value

    @property
    def serves_any_loop(self) -> bool:  # type: ignore[override] # it depends on the base session
        """Whether it may be asked on any event loop: where the base session may."""
        return serves_any_loop(self.base_session)

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the newest items as they were added, oldest first.

        Args:
            limit: How many, as the base session takes it.

        Raises:
            CompressedItemError: What is stored is damaged.
        """
        with stored_form():
            items = await self.base_session.get_items(limit)
        return cast("list[TResponseInputItem]", [self._restored(item) for item in items])

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append items; whether all or none is the base session's matter.

        Args:
            items: Dicts as the Responses API takes them.
        """
        await self.base_session.add_items(cast("list[TResponseInputItem]", [self._packed(item) for item in items]))

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the newest item and return it as it was added, None where there is none."""
        with stored_form():
            item = await self.base_session.pop_item()
        return None if item is None else cast("TResponseInputItem", self._restored(item))

    async def clear_session(self) -> None:
        """Remove every item."""
        await self.base_session.clear_session()

    async def close(self) -> None:
        """Close the base session, where it can be closed."""
        close: Any = getattr(self.base_session, "close", None)
        ended = close() if close is not None else None
        if ended is not None:
            await ended

    def __repr__(self) -> str:
        return f"CompressedSession({self.base_session!r})"

    def _restored(self, item: Any) -> Any:  # noqa: ANN401 - a base session may hand over anything
        return restore_item(item, session_id=self.session_id)

    def _packed(self, item: Any) -> Any:  # noqa: ANN401 - a caller may pass anything; the base session refuses it
        if not isinstance(item, dict):
            return item
        try:
            return compress_item(item, level=self.compression_level, threshold=self.threshold)
        except RecursionError:  # too deep for JSON as well, which the base session says better
            return item

    async def _rows(self) -> list[Row]:
        if not _is_table(self.base_session):
            return numbered(await read_all(self))
        return (await self._base())[1]

    async def _limits(self) -> Mapping[str, str]:
        base = self.base_session
        if isinstance(base, Editing):
            return {}
        table = base if isinstance(base, Tabular) else AnySession(base)
        return await table._limits()  # noqa: SLF001 - ours, or around what it wraps

    async def _base(self) -> tuple[pd.DataFrame, list[Row]]:
        """Read the base session's table, and its rows as they were added."""
        with stored_form():
            frame = await cast("Any", self.base_session).to_frame()
        read = READS.get(frame.attrs[TOKEN])
        return frame, [self._restored_row(row) for row in as_rows(read.rows if read else ())]

    def _restored_row(self, row: Row) -> Row:
        if not isinstance(row.data, str) or f'"{MARK}":' not in row.data:
            return row  # to the byte
        return row._replace(data=json.dumps(self._restored(items_of([row.data])[0])))

    async def _replace(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        if not _is_table(self.base_session):
            await AnySession(self)._replace(before, after)
            return
        frame, rows = await self._base()
        check_unchanged(before, rows, session_id=self.session_id)
        stored = dict(zip([row.id for row in rows], frame["item"], strict=True))
        was = {row.id: row.data for row in rows}
        texts = [stored[row.id] if row.id in was and was[row.id] == row.data else self._text(row) for row in after]
        edited = _frame(after, texts, key="id" if self.keeps_ids else "position")
        edited.attrs = dict(frame.attrs)
        with stored_form():
            await cast("Any", self.base_session).apply_frame(edited)

    def _text(self, row: Wanted) -> str:
        item = items_of([row.data])[0]
        packed = self._packed(item)
        return str(row.data) if packed is item else json.dumps(packed)


def _frame(rows: Sequence[Wanted], texts: Sequence[str], *, key: str) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, list[Any]] = {
        key: [row.id for row in rows],
        "item": list(texts),
        "metadata": [row.metadata for row in rows],
    }
    return pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in columns.items()})


def _is_table(session: object) -> bool:
    return isinstance(session, Editing | Tabular)


def _check(name: str, value: object, least: int, most: int | None) -> None:
    if type(value) is not int or value < least or (most is not None and value > most):
        wanted = f"a whole number from {least}" + ("" if most is None else f" to {most}")
        raise ConfigError(f"{name}={value!r} cannot be used; give {wanted}", name=name, value=value)
