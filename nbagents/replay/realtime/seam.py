"""The realtime model whose mode is the one that applies when it connects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents import UserError
from agents.realtime import OpenAIRealtimeWebSocketModel, RealtimeModel

from nbagents.errors import OfflineError
from nbagents.replay.wire.client import seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.realtime import RealtimeModelConfig, RealtimeModelListener, RealtimeModelSendEvent

    from nbagents.replay.wire.transport import Seam

__all__ = ["realtime_model"]


def realtime_model(
    live: Callable[[], RealtimeModel] = OpenAIRealtimeWebSocketModel,
    offline: Callable[[], RealtimeModel] | None = None,
) -> RealtimeModel:
    """Return a model for ``RealtimeRunner`` that is live, offline, recorded or replayed, as the mode says.

    The mode is looked at each time that it connects. A conversation is one call of the cell that connects; it is
    written when it is closed.

    Args:
        live: Makes the model of modes live and record.
        offline: Makes the model of mode offline; None says that there is none.

    Example:
        >>> from agents.realtime import RealtimeAgent, RealtimeRunner
        >>> runner = RealtimeRunner(RealtimeAgent("Lamp"), model=realtime_model())
    """
    return _SeamRealtimeModel(live, offline)


class _SeamRealtimeModel(RealtimeModel):
    """Chooses another model at each connection and passes everything to it."""

    def __init__(self, live: Callable[[], RealtimeModel], offline: Callable[[], RealtimeModel] | None) -> None:
        self._live = live
        self._offline = offline
        self._listeners: list[RealtimeModelListener] = []
        self._chosen: RealtimeModel | None = None

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Choose a model and connect it."""
        if self._chosen is not None:
            raise UserError("this realtime model is connected already: close it first")
        chosen = self._choose(seam())
        for listener in self._listeners:
            chosen.add_listener(listener)
        self._chosen = chosen
        try:
            await chosen.connect(options)
        except BaseException:
            self._chosen = None
            raise

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Add a listener, to this connection and those that follow."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        if self._chosen is not None:
            self._chosen.add_listener(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """Remove a listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        if self._chosen is not None:
            self._chosen.remove_listener(listener)

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Send an event to the model."""
        await self._connected().send_event(event)

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Send an event where it may still be sent."""
        return await self._connected().send_event_if(event, send_if)

    async def close(self) -> None:
        """Close the connection; it may be made again."""
        chosen, self._chosen = self._chosen, None
        if chosen is not None:
            await chosen.close()

    def _retire_response_audio(self, response_id: str) -> None:
        if self._chosen is not None:  # private, but the SDK's session calls it on every model
            self._chosen._retire_response_audio(response_id)  # noqa: SLF001 - as above

    def _connected(self) -> RealtimeModel:
        if self._chosen is None:
            raise UserError("this realtime model is not connected")
        return self._chosen

    def _choose(self, current: Seam) -> RealtimeModel:
        from nbagents.replay.realtime.player import ReplayingRealtimeModel
        from nbagents.replay.realtime.recorder import RecordingRealtimeModel

        deck = current.deck
        if current.mode == "record":
            return RecordingRealtimeModel(self._live(), deck.open_recorder())
        if current.mode == "replay":
            return ReplayingRealtimeModel(deck)
        if current.mode == "live":
            return self._live()
        if self._offline is None:
            raise OfflineError("offline there is no realtime model here: set OPENAI_API_KEY", endpoint="realtime")
        return self._offline()
