"""A recorded conversation while it is told again: what is sent is checked, and what is due is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from nbagents.replay.conversation.script import Unexpected
from nbagents.replay.match.miss import sent_miss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nbagents.errors import CassetteMissError
    from nbagents.replay.wire.deck import Deck

__all__ = ["Telling"]


class Telling:
    """One conversation of a replay.

    Args:
        deck: Has the recording, tells the cell and the speed, and keeps the time.
        request: The canonical request that opens the conversation.

    Attributes:
        response: What came back, as recorded.
        sounds: The whole sounds by item.

    Raises:
        CassetteMissError: There is no such recording.
        CassetteError: A sound is missing, or the recording is not as it was written.
    """

    def __init__(self, deck: Deck, request: dict[str, Any]) -> None:
        self._deck = deck
        self._player = deck.open_player()
        self._place = deck.place()
        self._recording, _ = self._player.find(request)
        self._script, self.sounds = self._player.conversation(self._recording)
        self.response = self._recording.response
        self._moved = asyncio.Event()
        self._over = False

    async def received(self) -> AsyncIterator[tuple[str, Any]]:
        """Yield the kind and the data of each event that was received, when all was sent that comes before it."""
        for one in self._script.received:
            while not self._script.due(one):
                self._moved.clear()
                await self._moved.wait()
            await asyncio.sleep(one.wait / 1000 * self._deck.speed)
            self._deck.advance(one.wait)
            yield one.kind, one.data

    def speak(self, sound: bytes) -> None:
        """Take in sound that is sent.

        Raises:
            CassetteMissError: No sound was recorded at all.
        """
        try:
            self._script.hear(len(sound))
        except Unexpected as exc:
            raise self._miss(("audio", None), exc) from None
        self._moved.set()

    def send(self, kind: str, data: Any) -> None:  # noqa: ANN401 - any JSON value
        """Check what is sent, sound left out.

        Raises:
            CassetteMissError: It is not what was sent when it was recorded.
        """
        try:
            self._script.send(kind, data)
        except Unexpected as exc:
            raise self._miss((kind, data), exc) from None
        self._moved.set()

    def end(self) -> None:
        """Report a conversation that was left before all was sent; does nothing the second time."""
        script, over = self._script, self._over
        self._over = True
        if not over and script.sent < script.total:
            self._player.report.missed(
                self._place,
                f"{self._place} closed its realtime conversation after {script.sent} of the {script.total} events "
                "that were sent when it was recorded",
            )

    def _miss(self, sent: tuple[str, Any], exc: Unexpected) -> CassetteMissError:
        self._over = True
        error = sent_miss(
            self._player.cassette.path, self._place, self._recording, sent, (exc.expected, exc.recorded)
        )
        self._player.report.missed(self._place, str(error))
        return error
