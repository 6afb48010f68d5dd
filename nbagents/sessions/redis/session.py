"""A conversation in Redis, for a team or for more than one machine."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from nbagents._optional import require
from nbagents.errors import ConfigError, SessionClosedError, UnsupportedError
from nbagents.sessions.items.compression import refuse_compressed
from nbagents.sessions.items.encode import encode
from nbagents.sessions.items.rows import METADATA_KEY, Row, decode, warn_of
from nbagents.sessions.loops.background import BACKGROUND, DISPLAY_WAIT_S
from nbagents.sessions.loops.closing import Closing
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.redis.entries import edited_entries, row_of
from nbagents.sessions.redis.info import RedisSessionInfo, info_of
from nbagents.sessions.redis.wire import address_of, is_cluster, read_list, remove_from_end, translated
from nbagents.sessions.table.edits import check_unchanged
from nbagents.sessions.table.history import History
from nbagents.sessions.table.static import Glimpse, bundle
from nbagents.sessions.table.tabular import Tabular

# Before the SDK looks for it, so that the error names our extra.
_exceptions = require("redis.exceptions", extra="redis")
from agents.extensions.memory.redis_session import RedisSession as SdkRedisSession  # noqa: E402 - see above

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from agents import TResponseInputItem
    from agents.memory import SessionSettings

    from nbagents.sessions.redis.wire import Client
    from nbagents.sessions.table.edited import Wanted
    from nbagents.sessions.table.reads import Owner

__all__ = ["RedisSession"]

T = TypeVar("T")

_WEEK_S = 604_800


class RedisSession(Tabular, SdkRedisSession, Closing):
    """The SDK's ``RedisSession`` as a table, that says so when Redis is not there.

    Keys and entries are the SDK's: ``agents.extensions.memory.RedisSession`` reads the same conversation. A
    session that ``from_url`` made may be used from any number of tasks, event loops and threads at once; with a
    client of yours it is used where that client is. Redis Cluster can be read and popped from only.

    A time to live begins again with each ``add_items``, ``pop_item`` and ``apply_frame``.

    Args:
        session_id: Names the conversation.
        redis_client: Your ``redis.asyncio`` client; ``from_url`` makes one.
        key_prefix: What the keys begin with; a colon at its end is not doubled.
        ttl: Seconds after which Redis forgets the session; None is never.
        session_settings: The SDK's settings, or a dict of them; ``limit`` is the default of ``get_items``.

    Raises:
        MissingExtraError: The extra ``redis`` is not installed.
        ConfigError: The time to live cannot be used.

    Example:
        >>> RedisSession.from_url("support-42", url="redis://localhost:6379/0")
        RedisSession('support-42', 'localhost:6379')
    """

    keeps_metadata = True

    def __init__(
        self,
        session_id: str,
        *,
        redis_client: Client,
        key_prefix: str = "agents:session:",
        ttl: int | None = _WEEK_S,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        if ttl is not None and (type(ttl) is not int or ttl < 1):
            raise ConfigError(f"ttl={ttl!r} cannot be used; give whole seconds, or None", name="ttl", value=ttl)
        super().__init__(
            session_id,
            redis_client=redis_client,
            key_prefix=key_prefix.removesuffix(":"),
            ttl=ttl,
            session_settings=session_settings,
        )
        self._named: set[str | bytes] = set()

    @classmethod
    def from_url(  # type: ignore[override] # noqa: PLR0913 - the SDK's parameters and its constructor's. The SDK's takes any keyword; a misspelt one is an error here
        cls,
        session_id: str,
        url: str,
        key_prefix: str = "agents:session:",
        ttl: int | None = _WEEK_S,
        *,
        session_settings: SessionSettings | dict[str, Any] | None = None,
        redis_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Make a session with a client of its own. Nothing is connected before first use; ``close()`` is optional.

        Args:
            session_id: Names the conversation.
            url: Such as ``redis://localhost:6379/0``, or ``rediss://user:password@host:6380`` with TLS.
            key_prefix: What the keys begin with.
            ttl: Seconds after which Redis forgets the session; None is never.
            session_settings: The SDK's settings, or a dict of them.
            redis_kwargs: Options of ``redis.asyncio.from_url``.

        Raises:
            ConfigError: The URL or the time to live cannot be used.

        Example:
            >>> RedisSession.from_url("support-42", url="redis://:secret@example.com:6379/0")
            RedisSession('support-42', 'example.com:6379')
        """
        try:
            client = require("redis.asyncio", extra="redis").from_url(url, **(redis_kwargs or {}))
        except ValueError as exc:  # the URL may hold a password: it is not shown
            raise ConfigError(
                f"url cannot be used ({exc}); give one such as redis://localhost:6379/0", name="url", value=None
            ) from exc
        session = cls(
            session_id, redis_client=client, key_prefix=key_prefix, ttl=ttl, session_settings=session_settings
        )
        session._owns_client = True  # the SDK's own word for it
        # A notebook user never closes: the connection goes with the session.
        weakref.finalize(session, _leave, client).atexit = False
        return session

    def __repr__(self) -> str:
        return f"RedisSession({self.session_id!r}, {address_of(self._redis)!r})"

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the newest items, oldest first.

        An entry that holds no item is passed over, does not count, and is named once in a ``CorruptRowWarning``.

        Args:
            limit: How many; None is ``session_settings.limit``, and all where that is None too. 0 and less give
                none, as in the SDK.

        Raises:
            SessionUnreachableError: Redis does not answer.
            SessionRefusedError: It answered with an error.
            CompressedItemError: An item is one that only ``CompressedSession`` reads.
            SessionClosedError: After ``close()``.
        """
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        history = await self._do(lambda: self._read(limit))
        self._name_bad(history.bad)
        for item in history.items:
            item.pop(METADATA_KEY, None)
        refuse_compressed(history.items, session_id=self.session_id)
        return cast("list[TResponseInputItem]", history.items)

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append items, all or none, and begin the time to live again.

        Args:
            items: Dicts as the Responses API takes them. A ``_metadata`` key, a dict of your own, is stored with
                the item and not given to a model by this class; the SDK's would give it.

        Raises:
            ItemError: An item cannot be stored; nothing was written.
            UnsupportedError: The client is one of Redis Cluster; nothing was written.
            SessionUnreachableError: Redis does not answer. What was sent last may have been written.
            SessionRefusedError: It answered with an error.
            SessionClosedError: After ``close()``.
        """
        if encode(items, session_id=self.session_id):
            self._check_writable()
            add = super().add_items
            await self._do(lambda: add(items), whole=True)

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the newest item and return it, None where there is none; corrupt entries stay where they are."""
        history = await self._do(self._pop, whole=True)
        self._name_bad(history.bad)
        if not history.items:
            return None
        item = history.items[0]
        item.pop(METADATA_KEY, None)
        return cast("TResponseInputItem", item)

    async def clear_session(self) -> None:
        """Remove every item of this session and what is known of it."""
        self._check_writable()
        await self._do(super().clear_session, whole=True)

    async def get_session_info(self) -> RedisSessionInfo:
        """Return what Redis knows of the session beside its items."""
        return await self._do(lambda: info_of(self._redis, self.session_id, self._session_key, self._messages_key))

    async def ping(self) -> bool:
        """Return whether Redis answers."""
        return await self._do(super().ping)

    async def close(self) -> None:
        """Close the session's own client; a client of yours stays open. Closing twice is nothing."""
        close = super().close
        await (BACKGROUND.run(close, whole=True) if self._owns_client else close())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ANN401, ARG002 - IPython's
        return bundle(self.session_id, self._peek)

    def _peek(self) -> Glimpse:
        """Read for a display, while the notebook's loop is busy."""
        if not self._owns_client:
            raise UnsupportedError(
                "its client is yours and lives on the notebook's loop, which is busy; await session.to_frame()",
                session_id=self.session_id,
            )
        with translated(self._redis, session_id=self.session_id):
            return Glimpse(BACKGROUND.submit(self._read(None)).result(DISPLAY_WAIT_S))

    async def _do(self, work: Callable[[], Coroutine[Any, Any, T]], *, whole: bool = False) -> T:
        """Run work where the client lives, with our errors.

        Args:
            work: Makes the coroutine.
            whole: It writes: it is run once, and to its end when the caller is cancelled. What only reads is tried
                again on a new connection where the old one was cut.
        """
        if self._closed:
            raise SessionClosedError(
                f"session {self.session_id!r} is closed; make another RedisSession for it",
                session_id=self.session_id,
            )
        with translated(self._redis, session_id=self.session_id):
            try:
                return await self._once(work, whole=whole)
            except _exceptions.ConnectionError:
                if whole:
                    raise
                return await self._once(work, whole=False)

    async def _once(self, work: Callable[[], Coroutine[Any, Any, T]], *, whole: bool) -> T:
        if self._owns_client:
            return await BACKGROUND.run(work, whole=whole)
        return await (settled(work()) if whole else work())

    def _check_writable(self) -> None:
        if is_cluster(self._redis):
            raise UnsupportedError(
                f"session {self.session_id!r}: Redis Cluster has no transaction over the three keys of a session, "
                "so it can be read and popped from only; write to a standalone Redis (Sentinel may guard it), or "
                "use PostgreSQL with the SDK's SQLAlchemySession. Nothing was written",
                session_id=self.session_id,
            )

    @property
    def serves_any_loop(self) -> bool:  # type: ignore[override] # it depends on whose client it is
        """Whether it may be asked on any event loop: with a client of its own."""
        return self._owns_client

    async def _limits(self) -> Mapping[str, str]:
        try:
            self._check_writable()
        except UnsupportedError as exc:
            return dict.fromkeys(("edit", "insert", "delete", "move", "undo"), str(exc))
        return {}

    def _name_bad(self, bad: Sequence[Row]) -> None:
        new = [row for row in bad if row.data not in self._named]  # its place changes when others are popped
        self._named.update(row.data for row in new)
        warn_of(new, session_id=self.session_id, where=f"Redis at {address_of(self._redis)}", named=set())

    async def _read(self, limit: int | None) -> History:
        if limit is not None and limit <= 0:
            return History([], [], [])
        window = limit
        while True:  # a corrupt entry among the newest takes a place that belongs to an older item
            found = await read_list(self._redis, self._messages_key, window)
            rows, items, bad = decode(found)
            if window is None or limit is None or len(items) >= limit or len(found) < window:
                cut = 0 if limit is None else max(0, len(items) - limit)
                return History(rows[cut:], items[cut:], bad)
            window *= 2

    async def _pop(self) -> History:
        while True:
            history = await self._read(1)
            if not history.items:
                return history
            row = history.rows[0]
            after = sum(1 for bad in history.bad if (bad.id or 0) > (row[0] or 0))
            if await remove_from_end(self._redis, self._messages_key, after + 1, row[2]):
                await self._renew()
                return history

    async def _renew(self) -> None:
        """Begin the time to live again, key by key: a cluster keeps them apart."""
        for key in (self._session_key, self._messages_key, self._counter_key) if self._ttl is not None else ():
            await cast("Any", self._redis).expire(key, self._ttl)

    def _owner(self) -> Owner:
        return f"Redis at {address_of(self._redis)}", self._messages_key, self.session_id

    def _warn(self, rows: Sequence[Row]) -> None:
        self._name_bad(decode(rows)[2])

    async def _rows(self) -> list[Row]:
        return [row_of(row) for row in await self._do(self._entries)]

    async def _entries(self) -> list[Row]:
        return await read_list(self._redis, self._messages_key, None)

    async def _replace(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        self._check_writable()
        await self._do(lambda: self._rewrite(before, after), whole=True)

    async def _rewrite(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        """Compare and swap the whole list in one transaction."""
        keys = (self._session_key, self._messages_key, self._counter_key)
        while True:
            async with cast("Any", self._redis).pipeline() as pipe:
                await pipe.watch(self._messages_key)
                stored = await read_list(pipe, self._messages_key, None)
                found = [row_of(row) for row in stored]
                check_unchanged(before, found, session_id=self.session_id)
                texts = edited_entries(stored, found, after)
                pipe.multi()
                pipe.delete(*(keys if not texts else (self._messages_key,)))
                if texts:
                    pipe.rpush(self._messages_key, *texts)
                    pipe.hset(self._session_key, "session_id", self.session_id)
                    pipe.hsetnx(self._session_key, "created_at", str(int(time.time())))
                    pipe.hset(self._session_key, "updated_at", str(int(time.time())))
                    for key in keys if self._ttl is not None else ():
                        pipe.expire(key, self._ttl)
                try:
                    await pipe.execute()
                except _exceptions.WatchError:
                    continue  # somebody wrote; whether it matters is seen when the list is read again
                return


def _leave(client: Client) -> None:
    if BACKGROUND.is_running:  # otherwise nothing was ever connected
        BACKGROUND.submit(client.aclose())
