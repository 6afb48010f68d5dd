"""A conversation that OpenAI keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from agents import OpenAIConversationsSession as SdkConversationsSession

from nbagents.errors import ConfigError, RewriteError
from nbagents.sessions.conversations.wire import batches, plan_rewrite, translated
from nbagents.sessions.items.encode import encode
from nbagents.sessions.items.rows import METADATA_KEY
from nbagents.sessions.loops.home_loop import HomeLoop
from nbagents.sessions.loops.settled import settled
from nbagents.sessions.table.any_session import items_of, numbered
from nbagents.sessions.table.tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from agents import TResponseInputItem
    from agents.memory import SessionSettings
    from openai import AsyncOpenAI

    from nbagents.sessions.items.rows import Row
    from nbagents.sessions.table.edited import Wanted

__all__ = ["OpenAIConversationsSession"]

T = TypeVar("T")

_PAGE = 100  # the most that one request lists


class OpenAIConversationsSession(Tabular, SdkConversationsSession):
    """The SDK's ``OpenAIConversationsSession`` as a table, with errors that say what to do.

    OpenAI gives items ids and may complete them: what ``get_items`` returns is what is stored there. A
    conversation is begun at first use. It lives on the event loop it is first used on; other loops and threads
    hand their work over to it while it runs.

    An edit creates items at the end, twenty in a request, and then deletes those that they replace, one in a
    request: items stay up to the first that changed, and those after it get new ids. Where the API refuses an item
    (it may refuse reasoning that has no ``encrypted_content``) the edit is taken back.

    Args:
        conversation_id: An existing conversation; None begins one.
        openai_client: Your client; None is the SDK's default (``agents.set_default_openai_client``).
        session_settings: The SDK's settings, or a dict of them; ``limit`` is the default of ``get_items``.

    Raises:
        ConfigError: There is neither a client nor a key.

    Example:
        >>> from openai import AsyncOpenAI
        >>> OpenAIConversationsSession(conversation_id="conv_1", openai_client=AsyncOpenAI(api_key="..."))
        OpenAIConversationsSession('conv_1')
    """

    def __init__(
        self,
        *,
        conversation_id: str | None = None,
        openai_client: AsyncOpenAI | None = None,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        from openai import OpenAIError

        try:
            super().__init__(
                conversation_id=conversation_id, openai_client=openai_client, session_settings=session_settings
            )
        except OpenAIError as exc:
            raise ConfigError(
                f"there is no client ({exc}); set OPENAI_API_KEY, pass openai_client=, or call nbagents.enable()",
                name="openai_client",
                value=None,
            ) from exc
        self._home = HomeLoop()

    def __repr__(self) -> str:
        return f"OpenAIConversationsSession({self._session_id!r})"

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the newest items, oldest first.

        Args:
            limit: How many; None is ``session_settings.limit``, and all where that is None too. 0 gives none; a
                negative limit gives all.

        Raises:
            SessionUnreachableError: The API does not answer.
            SessionRefusedError: It answered with an error; ``status`` is HTTP's.
        """
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        return cast("list[TResponseInputItem]", await self._do(lambda: self._read(limit)))

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append items, twenty in one request. More are not all or none: the error says how many were added.

        Args:
            items: Dicts as the Responses API takes them; a ``_metadata`` key is left out, as the API refuses it.

        Raises:
            ItemError: An item cannot be sent; nothing was written.
            SessionUnreachableError: The API does not answer.
            SessionRefusedError: It answered with an error.
        """
        encode(items, session_id=self._session_id or "(not begun)")
        plain = [{key: value for key, value in item.items() if key != METADATA_KEY} for item in items]
        if plain:
            await self._do(lambda: self._append(plain))

    async def _append(self, items: Sequence[Any]) -> None:
        async with self._mutation_lock:
            await self._create(items, [])

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the newest item and return it, None where there is none."""
        pop = super().pop_item
        return cast("TResponseInputItem | None", await self._do(pop))

    async def clear_session(self) -> None:
        """Delete the conversation; the next use begins another, with another id."""
        clear = super().clear_session
        await self._do(clear)

    async def _do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run work where the client lives, with our errors."""
        with translated(self._openai_client, self._session_id):
            return await self._home.run(work)

    async def _get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Read for the SDK's own methods, which hold the lock."""
        return cast("list[TResponseInputItem]", await self._list(limit))

    async def _read(self, limit: int | None) -> list[Any]:
        async with self._mutation_lock:
            return await self._list(limit)

    async def _list(self, limit: int | None) -> list[Any]:
        conversation_id = await self._get_session_id()
        if limit == 0:
            return []
        newest = None if limit is None or limit < 0 else limit
        items: list[Any] = []
        async for item in self._openai_client.conversations.items.list(
            conversation_id, order="desc", limit=_PAGE if newest is None else min(newest, _PAGE)
        ):
            items.append(item.model_dump(exclude_unset=True))
            if newest is not None and len(items) >= newest:
                break
        return items[::-1]

    async def _create(self, items: Sequence[Any], created: list[str]) -> None:
        """Create items at the end and note their ids."""
        parts = batches(items)
        # A request that is sent again after its answer was lost would create its items twice, so that what is
        # known of the parts before it would be wrong.
        several = len(parts) > 1
        client = self._openai_client.with_options(max_retries=0) if several else self._openai_client
        for part in parts:
            done = f"; {len(created)} of {len(items)} items were added before" if created else ""
            with translated(self._openai_client, self._session_id, doing=done):
                conversation_id = await self._get_session_id()
                request = client.conversations.items.create(conversation_id, items=part)
                page = await (settled(request) if several else request)
            created += [str(item.id) for item in page.data]

    async def _delete(self, ids: Sequence[str]) -> None:
        conversation_id = await self._get_session_id()
        for id_ in ids:
            await self._openai_client.conversations.items.delete(id_, conversation_id=conversation_id)

    async def _rows(self) -> list[Row]:
        return numbered(await self._do(lambda: self._read(None)))

    async def _replace(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        await self._do(lambda: self._rewrite(before, after))

    async def _rewrite(self, before: Sequence[Row], after: Sequence[Wanted]) -> None:
        """Create first and delete then, so that nothing is lost where the API refuses an item."""
        plan = plan_rewrite(before, after)
        created: list[str] = []
        async with self._mutation_lock:
            try:
                await self._create(plan.created, created)
            except Exception as exc:
                raise await self._taken_back(created, before, exc) from exc
            try:
                with translated(self._openai_client, self._session_id):
                    await self._delete(plan.deleted)
            except Exception as exc:
                raise self._failed(before, exc, restored=False) from exc

    async def _taken_back(self, created: Sequence[str], before: Sequence[Row], exc: Exception) -> RewriteError:
        try:
            await self._delete(created)
            restored = numbered(await self._list(None)) == list(before)
        except Exception:  # noqa: BLE001 - whatever it is, the history is not back, and that is what is told
            restored = False
        return self._failed(before, exc, restored=restored)

    def _failed(self, before: Sequence[Row], exc: Exception, *, restored: bool) -> RewriteError:
        state = (
            "the history before the edit is back"
            if restored
            else "the history is between the two; the error's items hold the one before the edit"
        )
        return RewriteError(
            f"{self!r}: the edited history could not be written ({type(exc).__name__}: {exc}); {state}",
            session_id=self.session_id,
            restored=restored,
            items=items_of([row.data for row in before]),
        )
