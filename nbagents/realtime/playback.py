"""What was really played, as the one who plays reports it: what an interruption is cut at."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.realtime import RealtimePlaybackTracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.realtime import RealtimePlaybackState

__all__ = ["ConnectionPlayback", "Playback"]

Key = tuple[str, int]
_NOTHING: RealtimePlaybackState = {
    "current_item_id": None,
    "current_item_content_index": None,
    "elapsed_ms": None,
}
_BYTES_PER_MS = {"pcm16": 48, "g711_ulaw": 8, "g711_alaw": 8}
_FURTHEST_MS = 60.0  # between two reports playback goes on, but is not believed further than this


@dataclass
class _Item:
    received_ms: float = 0.0
    whole: bool = False  # all of it was received
    played_ms: float | None = None
    reported_at: float = 0.0
    received_at: float = 0.0


class Playback(RealtimePlaybackTracker):
    """The SDK's playback tracker, fed by reports; may be used from any thread.

    Its state is never at 0, where the API refuses to cut, and never past what was received. What is wholly played
    is no longer there to be cut.

    Args:
        reported: Whether somebody reports. Without reports, speech counts as played from when it was received, at
            its own speed, as a program does that plays what it gets.
        clock: Returns seconds.

    Example:
        >>> playback = Playback(reported=True, clock=lambda: 0.0)
        >>> playback.received("item", 0, 4800)
        >>> playback.get_state()["elapsed_ms"]
        1
        >>> playback.report("item", 0, 60)
        >>> playback.get_state()["elapsed_ms"]
        60
    """

    def __init__(self, *, reported: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.reported = reported
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[Key, _Item] = {}
        self._cut: dict[Key, int] = {}
        self._bytes_per_ms = _BYTES_PER_MS["pcm16"]

    def received(self, item_id: str, content_index: int, size: int) -> None:
        """Note speech that came.

        Args:
            item_id: The item.
            content_index: The part of the item.
            size: Bytes.
        """
        now = self._clock()
        with self._lock:
            if (item_id, content_index) in self._cut:
                return
            item = self._items.setdefault((item_id, content_index), _Item(received_at=now))
            item.received_ms += size / self._bytes_per_ms

    def ended(self, item_id: str, content_index: int) -> None:
        """Note that all of an item's speech was received."""
        with self._lock:
            if (item := self._items.get((item_id, content_index))) is not None:
                item.whole = True

    def all_ended(self) -> None:
        """Note that no more speech will come for what there is: its answer is over, or its connection lost."""
        with self._lock:
            for item in self._items.values():
                item.whole = True

    def report(self, item_id: str, content_index: int, played_ms: float) -> None:
        """Note how much of an item was played since its start.

        Args:
            item_id: The item.
            content_index: The part of the item.
            played_ms: Milliseconds from the start of its speech.
        """
        with self._lock:
            item = self._items.get((item_id, content_index))
            if item is not None:
                item.played_ms, item.reported_at = played_ms, self._clock()

    @property
    def playing(self) -> Key | None:
        """The item that is played now, or is about to be."""
        with self._lock:
            return self._current()

    def get_state(self) -> RealtimePlaybackState:
        """Return what is played now, in whole milliseconds; for the SDK."""
        with self._lock:
            key = self._current()
            if key is None:
                return _NOTHING.copy()
            item_id, content_index = key
            return {
                "current_item_id": item_id,
                "current_item_content_index": content_index,
                "elapsed_ms": self._played_ms(key),
            }

    def note_cut(self) -> None:
        """Note that what plays is cut off now, and what waits behind it with it."""
        with self._lock:
            key = self._current()
            self._cut |= {other: self._played_ms(other) if other == key else 0 for other in self._items}

    def was_cut(self, item_id: str, content_index: int) -> bool:
        """Tell whether an item was cut off."""
        return (item_id, content_index) in self._cut

    def cut_ms(self, item_id: str, content_index: int) -> int | None:
        """Return how much of an item had been played when it was cut off, in ms, or None where it was not."""
        return self._cut.get((item_id, content_index))

    def on_interrupted(self) -> None:
        """Forget what was not played; called by the SDK when it has cut."""
        with self._lock:
            self._items.clear()

    def set_audio_format(self, format: object) -> None:  # noqa: A002 - the SDK's name
        """Take the format that was agreed on; called by the SDK."""
        self._bytes_per_ms = _BYTES_PER_MS.get(str(format), _BYTES_PER_MS["pcm16"])

    def _current(self) -> Key | None:
        for key, item in list(self._items.items()):
            if item.whole and self._elapsed(item) >= item.received_ms:
                del self._items[key]
            elif item.received_ms >= 1:
                return key
        return None

    def _played_ms(self, key: Key) -> int:
        item = self._items[key]
        return max(1, int(min(self._elapsed(item), item.received_ms)))

    def _elapsed(self, item: _Item) -> float:
        now = self._clock()
        if not self.reported:
            return (now - item.received_at) * 1000
        if item.played_ms is None:
            return 0.0
        if item.played_ms >= item.received_ms:
            return item.played_ms
        return item.played_ms + min((now - item.reported_at) * 1000, _FURTHEST_MS)


class ConnectionPlayback(RealtimePlaybackTracker):
    """What one connection knows of the playback: its own items, for as long as it is the current one.

    The SDK's model forgets a tracker's state when it closes; speech of a connection that was lost plays on.

    Args:
        playback: What is played, whichever connection it came from.
    """

    def __init__(self, playback: Playback) -> None:
        super().__init__()
        self._playback = playback
        self._own: set[Key] = set()
        self._current = True

    def received(self, item_id: str, content_index: int, size: int) -> None:
        """Note speech that came on this connection; see ``Playback.received``."""
        self._own.add((item_id, content_index))
        self._playback.received(item_id, content_index, size)

    def leave(self) -> None:
        """Note that another connection takes over."""
        self._current = False

    def owns(self, key: Key) -> bool:
        """Tell whether an item came on this connection."""
        return key in self._own

    def get_state(self) -> RealtimePlaybackState:
        """Return what is played now, where it came on this connection; for the SDK."""
        playing = self._playback.playing
        if playing is None or playing not in self._own:
            return _NOTHING.copy()
        return self._playback.get_state()

    def on_interrupted(self) -> None:
        """Forget what was not played; called by the SDK when it has cut, and when it closes."""
        if self._current:
            self._playback.on_interrupted()

    def set_audio_format(self, format: object) -> None:  # noqa: A002 - the SDK's name
        """Take the format that was agreed on; called by the SDK."""
        self._playback.set_audio_format(format)
