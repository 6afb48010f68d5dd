"""The loudspeaker of the page that shows the notebook: PCM16 is written, and what was really played is reported.

The protocol is written at the top of ``speaker.js``; this side of it, beside what ``device.py`` says:

========================================  ===========================================================
from the page                             what is done
========================================  ===========================================================
``played`` (client, epoch, played)        kept; more sound is sent; who waits is told
``cleared`` (client, epoch, played)       the last word on what was heard before ``clear``
``stopped`` (client, epoch, played)       somebody pressed stop: as if ``clear`` had been called
========================================  ===========================================================

Sound is sent at most two seconds ahead of what was played, since the Jupyter server drops what comes too fast.
What was not played yet is kept, so that a page that is reloaded goes on where it was.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.audio.pcm16 import RATE, from_bytes, to_samples
from nbagents.audio.resample import resample
from nbagents.widgets.module import module_text
from nbagents.widgets.sound.device import AudioDevice, subscribe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from nbagents.widgets.live import Request

__all__ = ["Speaker"]

AHEAD = 2 * RATE  # samples in the page that were not played yet
PIECE = RATE // 2  # samples in one message


class Speaker(AudioDevice):
    """The loudspeaker of the page that shows the notebook.

    It need not be displayed; displayed, it is a row with a level meter, the device and a stop button. Every method
    may be called on any thread.

    Args:
        device: The id of one of ``devices``; empty for the browser's default.

    Attributes:
        rate: Samples per second: 24,000.
        device: The device in use; setting it swaps without an interruption.

    Raises:
        ConfigError: An argument that does not exist.

    Example:
        >>> speaker = Speaker()
        >>> speaker.write(bytes(2 * 2_400))  # 100 ms; waits here until a page plays it
        2400
        >>> speaker.written, speaker.played
        (2400, 0)

        In a cell::

            heard = await Speaker().play(samples, rate=16_000)
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))
    _WHAT = "loudspeaker"
    _KNOWN: ClassVar = ("device",)

    rate = RATE

    def __init__(self, *, device: str = "", **unknown: object) -> None:
        self._epoch = 0  # counts the clears: reports of an older one are late
        self._unplayed = bytearray()
        self._played = self._sent = self._written = 0
        self._listeners: list[Callable[[int], None]] = []
        self._stops: list[Callable[[int], None]] = []
        self._waiting: list[tuple[int, Future[int]]] = []
        self._clearing: dict[int, tuple[Future[int], int]] = {}
        super().__init__(unknown, device=device)

    @property
    def written(self) -> int:
        """Samples written since the last ``clear``."""
        return self._written

    @property
    def played(self) -> int:
        """Samples that were really played since the last ``clear``; reported 20 times a second."""
        return self._played

    @property
    def playing(self) -> bool:
        """Whether something was written that was not played yet."""
        return self._played < self._written

    def write(self, data: bytes) -> int:
        """Add sound to what is played; returns at once, and turns the loudspeaker on.

        Args:
            data: PCM16 at 24 kHz, of any length.

        Returns:
            ``written``, in samples.

        Raises:
            AudioError: An odd number of bytes.
        """
        from_bytes(data)
        with self._lock:
            self._unplayed += data
            self._written += len(data) // 2
            written = self._written
            self._send_more()
        self.start()
        return written

    def clear(self) -> Future[int]:
        """Stop playing at once, and forget what was written; counting starts again at 0.

        Returns:
            How many samples were really played before: known when the page has answered. Where no page has the
            loudspeaker it is known at once.
        """
        with self._lock:
            future, before = _promise(), self._epoch
            if self._state == "live" and self._sent > self._played:
                self._clearing[before] = future, self._played
            else:
                future.set_result(self._played)
            self._restart()
            self.send({"type": "clear", "epoch": self._epoch})
        return future

    def on_played(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call something with ``played`` whenever the page reports it.

        Args:
            callback: Gets the samples played since the last ``clear``, on whichever thread; it must not wait.

        Returns:
            What ends the calls.
        """
        return subscribe(self._listeners, callback)

    def on_stop(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call something when a person stops the sound in the page.

        Args:
            callback: Gets the samples that were played before, on whichever thread; it must not wait.

        Returns:
            What ends the calls.
        """
        return subscribe(self._stops, callback)

    async def play(self, sound: npt.ArrayLike, rate: int = RATE) -> int:
        """Play sound after what was written before, and wait until it was heard.

        Args:
            sound: int16 samples, or floating-point samples from -1 to 1, of shape (n,) or (n, channels).
            rate: Their rate, in Hz.

        Returns:
            How many samples at 24 kHz were heard of it: all, or fewer where it was stopped.

        Raises:
            AudioError: Not sound.
            AudioDeviceError: The loudspeaker cannot be used.
        """
        samples = resample(to_samples(sound), rate, RATE)
        await self.ready()
        with self._lock:
            future = _promise()
            end = self.write(samples.tobytes())
            self._waiting.append((end, future))
            self._tell()
        played = await asyncio.wrap_future(future)
        return max(0, min(len(samples), played - (end - len(samples))))

    def _send_more(self) -> None:
        """Send what the page has room for."""
        while self._state == "live" and self._sent < min(self._written, self._played + AHEAD):
            start = self._sent - self._played
            size = min(PIECE, self._written - self._sent)
            piece = bytes(self._unplayed[2 * start : 2 * (start + size)])
            self.send({"type": "sound", "epoch": self._epoch, "at": self._sent}, [piece])
            self._sent += size

    def _restart(self) -> None:
        heard = self._played
        for _end, future in self._waiting:
            future.set_result(heard)
        self._waiting.clear()
        self._epoch += 1
        self._unplayed.clear()
        self._played = self._sent = self._written = 0

    def _tell(self) -> None:
        done = [future for end, future in self._waiting if end <= self._played]
        self._waiting = [(end, future) for end, future in self._waiting if end > self._played]
        for future in done:
            future.set_result(self._played)

    def _moved(self) -> None:
        with self._lock:
            for future, played in self._clearing.values():  # the page that would have told is gone
                future.set_result(played)
            self._clearing.clear()
            self._sent = self._played  # and what it had not played yet, the new one does not have
            self._send_more()

    def _on_played(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            if message["client"] != self._client or message["epoch"] != self._epoch:
                return
            played = min(int(message["played"]), self._sent)
            if played < self._played:
                return
            del self._unplayed[: 2 * (played - self._played)]
            self._played = played
            self._send_more()
            self._tell()
        for listener in list(self._listeners):
            listener(played)

    def _on_cleared(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            future, _ = self._clearing.pop(message["epoch"], (None, 0))
        if future is not None:
            future.set_result(int(message["played"]))

    def _on_stopped(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            if message["epoch"] != self._epoch:
                return
            played = self._played = int(message["played"])
            self._restart()
            self.send({"type": "clear", "epoch": self._epoch})
        for listener in list(self._stops):
            listener(played)

    _requests: ClassVar[Mapping[str, Request]] = {
        **AudioDevice._requests,  # noqa: SLF001 - its own
        "played": _on_played,
        "cleared": _on_cleared,
        "stopped": _on_stopped,
    }


def _promise() -> Future[int]:
    """Return a future that whoever waits cannot cancel: the page answers all the same, and that is its result."""
    future: Future[int] = Future()
    future.set_running_or_notify_cancel()
    return future
