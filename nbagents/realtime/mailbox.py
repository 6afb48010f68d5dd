"""A bounded queue from the connection's thread to whoever reads, on any loop; what does not fit is counted."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

from nbagents._loops import call_soon

__all__ = ["Closed", "Mailbox"]

Entry = TypeVar("Entry")


class Closed(Exception):  # noqa: N818 - it says how a mailbox stands; nothing went wrong
    """Nothing is in the mailbox and nothing will come."""


class Mailbox(Generic[Entry]):
    """Entries in order; where it is full, the oldest make room and are counted.

    Args:
        limit: How many entries it holds.

    Example:
        >>> box = Mailbox(2)
        >>> for letter in "abc":
        ...     box.put(letter)
        >>> asyncio.run(box.get()), box.take_dropped(), box.take_dropped()
        ('b', 1, 0)
    """

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self._dropped = 0
        self._closed = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def put(self, entry: Entry) -> None:
        """Add an entry, from any thread; after ``close`` it is let go."""
        with self._lock:
            if self._closed:
                return
            self._dropped += len(self._entries) == self._entries.maxlen
            self._entries.append(entry)
        self._wake()

    async def get(self) -> Entry:
        """Return the oldest entry, or wait for one.

        Raises:
            Closed: It is empty, and closed.
        """
        while True:
            with self._lock:
                if self._entries:
                    return self._entries.popleft()
                if self._closed:
                    raise Closed
                loop = asyncio.get_running_loop()
                future: asyncio.Future[None] = loop.create_future()
                self._waiting.append((loop, future))
            await future

    def take_dropped(self) -> int:
        """Return how many entries were lost since this was last asked."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def close(self) -> None:
        """Let readers end once they have read what is there."""
        with self._lock:
            self._closed = True
        self._wake()

    def __len__(self) -> int:
        return len(self._entries)

    def _wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            call_soon(loop, _resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
