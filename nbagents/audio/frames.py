"""Frames of sound on their way from any thread to one that awaits them, never more than a bounded number."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING

from nbagents._loops import call_soon
from nbagents.audio.pcm16 import RATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["FrameQueue"]


class FrameQueue:
    """An async iterator of frames that are put in on any thread; made where it is iterated.

    Args:
        limit: How many frames wait at most; past that the oldest are dropped and counted.
        rate: Samples per second of the frames, in Hz.

    Attributes:
        rate: As given.
        dropped: How many frames were dropped, because nobody took them.

    Example:
        >>> async def last_two():
        ...     queue = FrameQueue(limit=2)
        ...     for frame in (b"a", b"b", b"c"):
        ...         queue.put(frame)
        ...     queue.end()
        ...     return [frame async for frame in queue], queue.dropped
        >>> asyncio.run(last_two())
        ([b'b', b'c'], 1)
    """

    def __init__(self, limit: int, rate: int = RATE) -> None:
        self.rate = rate
        self.dropped = 0
        self._limit = limit
        self._frames: deque[bytes] = deque()
        self._end: BaseException | None = None
        self._ended = False
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Add a frame; may be called on any thread, and never waits."""
        with self._lock:
            if len(self._frames) == self._limit:
                self._frames.popleft()
                self.dropped += 1
            self._frames.append(frame)
        self._wake()

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more frames come, or why; may be called on any thread."""
        with self._lock:
            self._ended, self._end = True, error
        self._wake()

    def _wake(self) -> None:
        call_soon(self._loop, self._filled.set)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            with self._lock:
                frame = self._frames.popleft() if self._frames else None
                self._filled.clear()
            if frame is not None:
                yield frame
            elif self._ended:
                if self._end is not None:
                    raise self._end
                return
            else:
                await self._filled.wait()
