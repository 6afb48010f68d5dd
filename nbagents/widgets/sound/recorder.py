"""Push-to-talk through ipywebrtc: a recording that comes whole, cut into the frames of a microphone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents._given import check_given
from nbagents._optional import require
from nbagents.audio.frames import FrameQueue
from nbagents.audio.pcm16 import RATE
from nbagents.audio.recorded import decode
from nbagents.widgets.sound.device import subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["RecordedMicrophone"]

FRAME = 2 * RATE // 50  # bytes: 20 ms
LONGEST_SECONDS = 600


class RecordedMicrophone:
    """What an ipywebrtc ``AudioRecorder`` recorded, each time it is stopped; see ``Microphone.from_recorder``.

    Args:
        recorder: An ``ipywebrtc.AudioRecorder``. It loses the first 0.1 to 0.3 s and must not be stopped before
            its stream is up.

    Attributes:
        rate: Samples per second: 24,000.

    Raises:
        ConfigError: Not such a recorder.
        MissingExtraError: PyAV is not installed.
    """

    rate = RATE

    def __init__(self, recorder: Any) -> None:  # noqa: ANN401 - ipywebrtc has no types
        fits = hasattr(getattr(recorder, "audio", None), "observe")
        check_given("recorder", recorder, "an ipywebrtc.AudioRecorder", fits=fits)
        require("av", extra="voice")
        self.recorder = recorder
        self._listeners: list[Callable[[bytes], None]] = []
        recorder.audio.observe(self._on_recording, "value")

    def on_frame(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call something with every frame of each recording, and return what ends the calls."""
        return subscribe(self._listeners, callback)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield each recording as frames of 20 ms of PCM16 at 24 kHz, followed by a second of silence.

        Raises:
            AudioError: A recording that could not be decoded.
        """
        queue = FrameQueue(limit=LONGEST_SECONDS * 50)
        end = self.on_frame(queue.put)
        try:
            async for frame in queue:
                yield frame
        finally:
            end()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.frames()

    def _on_recording(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        data = decode(bytes(change["new"])).tobytes() + bytes(2 * RATE)  # the silence ends the utterance
        for start in range(0, len(data), FRAME):
            for listener in list(self._listeners):
                listener(data[start : start + FRAME])
