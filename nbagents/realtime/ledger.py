"""What is kept of a conversation while it runs: the log, tokens, spans, and the session it is stored in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from nbagents.realtime.events import RealtimeErrorEvent, RealtimeResponseEndEvent
from nbagents.realtime.log import EventLog
from nbagents.realtime.stored import Keeper
from nbagents.realtime.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.realtime.conversation import Conversation
    from nbagents.realtime.events import RealtimeEvent
    from nbagents.realtime.playback import Playback
    from nbagents.realtime.spans import ConversationSpans

__all__ = ["Ledger"]

_MOMENTS = frozenset({"response_end", "user_caption", "tool_end"})  # when something may be settled


class Ledger:
    """Takes in every event of one conversation, on the connection's thread.

    Args:
        spans: Makes the trace.
        conversation: What is said.
        playback: What is heard.
        keep_in: A session that the conversation is written into, or None.
        publish: Tells the conversation of a failure.

    Attributes:
        log: Every event.
        tally: Tokens so far.
    """

    def __init__(
        self,
        spans: ConversationSpans,
        conversation: Conversation,
        playback: Playback,
        *,
        keep_in: Any,  # noqa: ANN401 - whatever satisfies the SDK's session protocol
        publish: Callable[[RealtimeEvent], None],
    ) -> None:
        self.log = EventLog()
        self.tally = Tally()
        self.spans = spans
        self._conversation, self._playback = conversation, playback
        self._keeper = None if keep_in is None else Keeper(keep_in)
        self._publish = publish
        self._writing: asyncio.Task[None] | None = None

    def take(self, event: RealtimeEvent) -> None:
        """Take in one event.

        Args:
            event: Any event of the session.
        """
        self.log.add(event)
        self.spans.take(event)
        if isinstance(event, RealtimeResponseEndEvent):
            self.tally = self.tally.plus(event.usage)
        # A disk that is slow must not hold up the events: what is settled meanwhile is written the next time.
        if event.type in _MOMENTS and self._keeper is not None and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._keep(closing=False))

    async def close(self) -> None:
        """Write the rest and end the trace."""
        if self._writing is not None:
            await self._writing
        await self._keep(closing=True)
        self.spans.close()

    async def _keep(self, *, closing: bool) -> None:
        if self._keeper is None:
            return
        playing = self._playback.playing
        lines = self._conversation.lines()
        try:
            await self._keeper.keep(lines, None if playing is None else playing[0], closing=closing)
        except Exception as exc:  # noqa: BLE001 - a full disk must not end the conversation; it is said there
            self._publish(RealtimeErrorEvent(message=f"the conversation was not stored: {exc}"))
