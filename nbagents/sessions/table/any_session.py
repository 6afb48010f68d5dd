"""A session of anybody's as a table, through the SDK's protocol alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents._given import check_session
from nbagents.errors import RewriteError, UnsupportedError
from nbagents.sessions.items.rows import Row
from nbagents.sessions.table.tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agents.memory import Session

    from nbagents.sessions.table.edited import Wanted
    from nbagents.sessions.table.reads import Owner

__all__ = ["AnySession", "is_conversation", "items_of", "numbered", "read_all", "serves_any_loop"]

_EVERY_ITEM = 2**31 - 1


class AnySession(Tabular):
    """A session that knows nothing of tables.

    Args:
        session: Any session.

    Raises:
        ConfigError: It is no session.
    """

    def __init__(self, session: Session) -> None:
        check_session("session", session)
        self._session = session

    @property
    def session_id(self) -> str:  # type: ignore[override] # a Conversations session has none before its first use
        """The session's own id."""
        return self._session.session_id

    def _owner(self) -> Owner:
        kind = type(self._session)
        return f"{kind.__module__}.{kind.__qualname__}", "", self.session_id

    def _name(self) -> str:
        return f"{type(self._session).__name__}({self.session_id!r})"

    async def _rows(self) -> list[Row]:
        return numbered(await read_all(self._session))

    async def _replace(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        was, will = [row.data for row in before], [row.data for row in after]
        if will[: len(was)] == was:
            await self._session.add_items(items_of(will[len(was) :]))
            return
        await self._check_clearable()
        try:
            await self._session.clear_session()
            await self._add(will)
        except Exception as exc:
            restored = await self._put_back(was)
            raise RewriteError(
                _REWRITE_TEXT[restored].format(name=self._name(), problem=f"{type(exc).__name__}: {exc}"),
                session_id=self.session_id,
                restored=restored,
                items=items_of(was),
            ) from exc

    async def _add(self, texts: Sequence[str | bytes]) -> None:
        if texts:
            await self._session.add_items(items_of(texts))

    async def _put_back(self, was: Sequence[str | bytes]) -> bool:
        """Make the history again what it was, and look whether it is."""
        try:
            found = [row.data for row in await self._rows()]
            if found == was:
                return True
            if found:
                await self._session.clear_session()
            await self._add(was)
            return [row.data for row in await self._rows()] == was
        except Exception:  # noqa: BLE001 - whatever it is, the history is not back, and that is what is told
            return False

    async def _check_clearable(self) -> None:
        """Refuse where clearing takes more than the history with it."""
        for session in _nested(self._session):
            if is_conversation(session):
                self._cannot(
                    "clearing it deletes the conversation itself; open it with "
                    "nbagents.OpenAIConversationsSession(conversation_id=...), which edits item by item"
                )
            branches = getattr(session, "list_branches", None)
            if branches is not None and len(await branches()) > 1:
                self._cannot("it has branches, and replacing its history would delete them all")

    async def _limits(self) -> Mapping[str, str]:
        try:
            await self._check_clearable()
        except UnsupportedError as exc:
            return dict.fromkeys(("edit", "delete", "move", "undo"), str(exc)) | self._no_metadata()
        return self._no_metadata()

    def _cannot(self, reason: str) -> None:
        raise UnsupportedError(
            f"{self._name()} can only be added to here: {reason}. Nothing was written.", session_id=self.session_id
        )


_REWRITE_TEXT = {
    True: "{name}: the edited history could not be written ({problem}); the history before the edit is back",
    False: "{name}: the edited history could not be written ({problem}), and the one before the edit could not be "
    "put back; the error's items hold it: clear the session and add them once it can be written again",
}


def _nested(session: Any) -> Iterator[Any]:  # noqa: ANN401 - anybody's session
    """Yield a session and those it wraps, as the SDK's wrappers and ours name them."""
    while session is not None:
        yield session
        fields = vars(session) if hasattr(session, "__dict__") else {}
        session = fields.get("underlying_session") or fields.get("base_session")


def is_conversation(session: object) -> bool:
    """Tell whether OpenAI keeps a session."""
    from agents import OpenAIConversationsSession

    return isinstance(session, OpenAIConversationsSession)


def serves_any_loop(session: Session) -> bool:
    """Tell whether a session may be asked on any event loop; most are bound to the one they are used on."""
    from agents import SQLiteSession

    return bool(getattr(session, "serves_any_loop", type(session) is SQLiteSession))


async def read_all(session: Session) -> list[Any]:
    """Read every item of a session, whatever its settings' limit."""
    settings: Any = getattr(session, "session_settings", None)
    cut = settings is not None and getattr(settings, "limit", None) is not None
    return list(await session.get_items(_EVERY_ITEM if cut else None))


def numbered(items: Sequence[Any]) -> list[Row]:
    """Turn items into rows whose id is their place, from 1."""
    return [Row(place, None, json.dumps(item)) for place, item in enumerate(items, 1)]


def items_of(texts: Sequence[str | bytes]) -> list[Any]:
    """Turn JSON texts into items."""
    return [json.loads(text) for text in texts]
