"""Which item a loudspeaker is at: it counts samples, and a conversation counts milliseconds of each item."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from nbagents.audio.pcm16 import RATE

__all__ = ["Played", "PlayedItems"]


@dataclass(frozen=True)
class Played:
    """How much of an item was played, in ms since its start."""

    item_id: str
    content_index: int
    milliseconds: float


@dataclass
class _Piece:
    item_id: str
    content_index: int
    start: int  # of the loudspeaker's samples
    size: int


class PlayedItems:
    """What was written to a loudspeaker, item by item; may be used from any thread.

    Example:
        >>> items = PlayedItems()
        >>> items.wrote("a", 0, 24_000), items.wrote("b", 0, 24_000)
        (None, None)
        >>> [(each.item_id, each.milliseconds) for each in items.played(36_000)]
        [('a', 1000.0), ('b', 500.0)]
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: list[_Piece] = []
        self._end = 0

    def wrote(self, item_id: str, content_index: int, samples: int) -> None:
        """Note sound that was given to the loudspeaker.

        Args:
            item_id: The item.
            content_index: The part of the item.
            samples: How many samples at 24 kHz.
        """
        with self._lock:
            last = self._pieces[-1] if self._pieces else None
            if last is not None and (last.item_id, last.content_index) == (item_id, content_index):
                last.size += samples
            else:
                self._pieces.append(_Piece(item_id, content_index, self._end, samples))
            self._end += samples

    def played(self, samples: int) -> list[Played]:
        """Return the items that are new or further than before, in order.

        Args:
            samples: What the loudspeaker has played since the last ``clear``.
        """
        with self._lock:
            reached = [piece for piece in self._pieces if piece.start < samples]
            # More of the last item may come: it stays, and counts on from its start.
            self._pieces = [p for p in self._pieces[:-1] if p.start + p.size > samples] + self._pieces[-1:]
            return [_at(piece, samples) for piece in reached]

    def clear(self) -> None:
        """Note that the loudspeaker was cleared: it counts from 0 again."""
        with self._lock:
            self._pieces.clear()
            self._end = 0


def _at(piece: _Piece, samples: int) -> Played:
    done = min(piece.size, samples - piece.start)
    return Played(piece.item_id, piece.content_index, done * 1000 / RATE)
