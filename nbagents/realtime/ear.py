"""One connection as it is listened to: which of its events only repeat what was restored, and what it plays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agents.realtime.model import RealtimeModelListener

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agents.realtime.model import RealtimeModel
    from agents.realtime.model_events import RealtimeModelEvent

    from nbagents.realtime.playback import ConnectionPlayback

__all__ = ["Ear"]

_ECHOES = frozenset({"conversation.item.added", "conversation.item.created", "conversation.item.done"})


class Ear(RealtimeModelListener):
    """Listens to one connection.

    Args:
        model: The connection's model.
        tracker: What it knows of the playback.
        tell: Called with itself and each event.

    Attributes:
        echoed: Set when the server has confirmed what was restored.
    """

    def __init__(
        self,
        model: RealtimeModel,
        tracker: ConnectionPlayback,
        tell: Callable[[Ear, RealtimeModelEvent], Awaitable[None]],
    ) -> None:
        self.model = model
        self.tracker = tracker
        self.echoed = asyncio.Event()
        self._tell = tell
        self._expected: set[str] = set()
        self._restored: frozenset[str] = frozenset()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        """Pass an event on; called by the SDK's model."""
        await self._tell(self, event)

    def expect(self, item_ids: set[str]) -> None:
        """Note what is being restored.

        Args:
            item_ids: The items.
        """
        self._restored, self._expected = frozenset(item_ids), set(item_ids)
        if not item_ids:
            self.echoed.set()

    def is_echo(self, event: RealtimeModelEvent) -> bool:
        """Tell whether an event only confirms what was restored, and count it."""
        if event.type == "item_updated":
            return event.item.item_id in self._restored and not self.echoed.is_set()
        if event.type != "raw_server_event" or event.data.get("type") not in _ECHOES:
            return False
        item_id = event.data.get("item", {}).get("id")
        if event.data["type"] != "conversation.item.done":
            self._expected.discard(item_id)
        if not self._expected and self._restored:
            asyncio.get_running_loop().call_soon(self.echoed.set)  # after the SDK's own events of this one
        return item_id in self._restored
