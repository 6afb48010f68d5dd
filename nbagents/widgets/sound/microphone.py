"""The microphone of the page that shows the notebook, as PCM16 frames in the kernel.

The protocol is written at the top of ``microphone.js``; this side of it, beside what ``device.py`` says:

=======================================  ==========================================
from the page                            what is done
=======================================  ==========================================
``frame`` (client, seq, at), a buffer    the frame is given to every ``on_frame``
=======================================  ==========================================
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbagents.audio.frames import FrameQueue
from nbagents.audio.pcm16 import RATE, from_bytes, level
from nbagents.errors import ConfigError
from nbagents.widgets.module import module_text
from nbagents.widgets.sound.device import AudioDevice, subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from nbagents.widgets.live import Request
    from nbagents.widgets.sound.recorder import RecordedMicrophone

__all__ = ["Microphone"]

SHORTEST_MS, LONGEST_MS = 20, 40
QUEUED_SECONDS = 10


class Microphone(AudioDevice):
    """The microphone of the page that shows the notebook.

    It need not be displayed; displayed, it is a row with a level meter, the device and a mute button. Frames
    arrive while a cell awaits and while one blocks, on whichever thread the kernel uses.

    Args:
        frame_ms: How long a frame is, from 20 to 40 ms.
        echo_cancellation: Whether the browser takes out what its loudspeakers play.
        noise_suppression: Whether the browser takes out steady noise.
        auto_gain: Whether the browser evens out how loud it is.
        device: The id of one of ``devices``; empty for the browser's default.

    Attributes:
        rate: Samples per second: 24,000.
        muted: Whether silence is sent in place of what is heard; may be set at any time, here or in the page.
        device: The device in use; setting it swaps without an interruption.
        lost: Frames that the page sent and that did not arrive.

    Raises:
        ConfigError: An argument that does not exist or cannot be used.

    Example:
        >>> microphone = Microphone()
        >>> microphone.rate, microphone.state
        (24000, 'off')

        In a cell::

            async for frame in Microphone():  # 20 ms of PCM16 at 24 kHz, as bytes
                ...
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))
    _WHAT = "microphone"
    _KNOWN: ClassVar = ("frame_ms", "echo_cancellation", "noise_suppression", "auto_gain", "device")

    muted = traitlets.Bool(default_value=False).tag(sync=True)
    frame_ms = traitlets.Int(SHORTEST_MS).tag(sync=True)
    constraints: traitlets.Dict[str, bool] = traitlets.Dict().tag(sync=True)

    rate = RATE

    def __init__(
        self,
        *,
        frame_ms: int = SHORTEST_MS,
        echo_cancellation: bool = True,
        noise_suppression: bool = True,
        auto_gain: bool = True,
        device: str = "",
        **unknown: object,
    ) -> None:
        if type(frame_ms) is not int or not SHORTEST_MS <= frame_ms <= LONGEST_MS:
            raise ConfigError(f"frame_ms is from 20 to 40, not {frame_ms!r}", name="frame_ms", value=frame_ms)
        self.lost = 0
        self._next = 0
        self._last = b""
        self._delay_ms: float | None = None
        self._listeners: list[Callable[[bytes], None]] = []
        constraints = {
            "echoCancellation": echo_cancellation,
            "noiseSuppression": noise_suppression,
            "autoGainControl": auto_gain,
        }
        super().__init__(unknown, frame_ms=frame_ms, device=device, constraints=constraints)

    @classmethod
    def from_recorder(cls, recorder: Any) -> RecordedMicrophone:  # noqa: ANN401 - ipywebrtc has no types
        """Use an ipywebrtc ``AudioRecorder`` instead: what it recorded comes when it is stopped, as one utterance.

        Args:
            recorder: An ``ipywebrtc.AudioRecorder``.

        Returns:
            A source of the same kind of frames.

        Raises:
            ConfigError: Not such a recorder.
            MissingExtraError: PyAV is not installed.
        """
        from nbagents.widgets.sound.recorder import RecordedMicrophone

        return RecordedMicrophone(recorder)

    @property
    def level(self) -> float:
        """How loud the newest frame is, from 0 to 1."""
        return level(from_bytes(self._last))

    @property
    def delay_ms(self) -> float | None:
        """How long the newest frame took from the page to here, where both have one clock; None before any."""
        return self._delay_ms

    def on_frame(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call something with every frame.

        Args:
            callback: Gets ``frame_ms`` of PCM16 at 24 kHz, on whichever thread it arrives; it must not wait.

        Returns:
            What ends the calls.
        """
        return subscribe(self._listeners, callback)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield frames from now on; turns the microphone on, and off again when nobody listens any more.

        Yields:
            ``frame_ms`` of PCM16 at 24 kHz. Up to 10 s wait for whoever iterates; then the oldest are dropped.

        Raises:
            AudioDeviceError: The microphone cannot be used, or no longer.
        """
        queue = FrameQueue(limit=QUEUED_SECONDS * 1000 // self.frame_ms)
        ends = [self.on_frame(queue.put), self._watch(lambda: queue.end(self.problem) if self.problem else None)]
        try:
            await self.ready()
            async for frame in queue:
                yield frame
        finally:
            for end in ends:
                end()
            if not self._listeners:
                self.stop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.frames()

    def _on_frame(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        if message["client"] != self._client:
            return  # another tab, which does not know yet that it has no microphone
        frame = bytes(buffers[0])
        with self._lock:
            sequence = int(message["seq"])
            self.lost += max(0, sequence - self._next) if sequence else 0
            self._next = sequence + 1
            self._last, self._delay_ms = frame, time.time() * 1000 - message["at"]
        for listener in list(self._listeners):
            listener(frame)

    _requests: ClassVar[Mapping[str, Request]] = {**AudioDevice._requests, "frame": _on_frame}  # noqa: SLF001 - its own
