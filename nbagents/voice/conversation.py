"""A pipeline on a thread and an event loop of its own, so that a blocked cell neither deafens nor silences it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING

from nbagents.audio.frames import FrameQueue
from nbagents.audio.pcm16 import RATE
from nbagents.errors import NbAgentsError, VoiceError
from nbagents.voice.events import VoiceStreamEventError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.voice.events import VoiceStreamEvent
    from nbagents.voice.pipeline import VoicePipeline

__all__ = ["Conversation"]

_WAITING_SECONDS = 10


class Conversation:
    """A pipeline that talks on a thread of its own, fed from any thread.

    Traces and context variables are those of where it was made: the cell of a panel.

    Args:
        pipeline: What talks.
        take: Is called with every event, on the conversation's thread.
        context: Passed to the agent's runs.
        rate: Samples per second of the frames, in Hz.
    """

    def __init__(
        self,
        pipeline: VoicePipeline,
        take: Callable[[VoiceStreamEvent], None],
        context: object = None,
        rate: int = RATE,
    ) -> None:
        self._pipeline = pipeline
        self._take = take
        self._context = context
        self._rate = rate
        self._made_in = contextvars.copy_context()
        self._lock = threading.Lock()
        self._queue: FrameQueue | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; does nothing where it does already."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            ready = threading.Event()
            run = self._made_in.copy().run
            self._thread = threading.Thread(
                target=lambda: run(asyncio.run, self._talk(ready)), name="nbagents-voice", daemon=True
            )
            self._thread.start()
        ready.wait()

    def feed(self, frame: bytes) -> None:
        """Give it a frame of PCM16, or an empty one that ends the utterance; never waits."""
        if self._queue is not None:
            self._queue.put(frame)

    def stop(self) -> None:
        """Hear no more; what is being answered is answered to its end."""
        if self._queue is not None:
            self._queue.end()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    async def _talk(self, ready: threading.Event) -> None:
        self._queue = FrameQueue(_WAITING_SECONDS * 1000 // 20, self._rate)
        ready.set()
        try:
            async for event in self._pipeline.process_audio_stream(self._queue, self._context):
                self._take(event)
        except Exception as exc:  # noqa: BLE001 - nobody awaits this thread: what fails is an event
            error = exc if isinstance(exc, NbAgentsError) else VoiceError(str(exc), stage="listen")
            self._take(VoiceStreamEventError(error))
