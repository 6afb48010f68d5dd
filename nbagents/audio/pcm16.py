"""PCM16: mono sound as 16-bit whole numbers, little-endian, the one form in which sound travels here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nbagents.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["RATE", "Samples", "from_bytes", "level", "milliseconds", "to_samples"]

RATE = 24_000  # Hz: what the widgets and OpenAI's speech and realtime models use
FULL_SCALE = 32_768

Samples: TypeAlias = "npt.NDArray[np.int16]"


def from_bytes(data: bytes | bytearray | memoryview) -> Samples:
    """Read PCM16 bytes as samples, without copying them.

    Args:
        data: Bytes, two for each sample.

    Returns:
        One-dimensional int16 samples.

    Raises:
        AudioError: An odd number of bytes.

    Example:
        >>> from_bytes(bytes([1, 0, 255, 255])).tolist()
        [1, -1]
    """
    view = memoryview(data)
    if view.nbytes % 2:
        raise AudioError(
            f"{view.nbytes:,} bytes are not PCM16, which has two bytes for each sample;"
            " was a chunk cut in the middle?"
        )
    return np.frombuffer(view, dtype="<i2").astype(np.int16, copy=False)


def to_samples(sound: npt.ArrayLike) -> Samples:
    """Turn any mono sound into PCM16 samples.

    Args:
        sound: int16 samples, or floating-point samples from -1 to 1 (what is beyond is clipped); of shape (n,),
            (n, 1) or (n, channels), which are averaged.

    Returns:
        int16 samples of shape (n,).

    Raises:
        AudioError: Neither int16 nor floating point, or of more than two dimensions.

    Example:
        >>> to_samples([0.0, 0.5, -1.0, 2.0]).tolist()
        [0, 16384, -32768, 32767]
    """
    array = np.asarray(sound)
    if array.ndim not in {1, 2} or (array.dtype != np.int16 and array.dtype.kind != "f"):
        raise AudioError(
            f"sound is int16, or floating point from -1 to 1, of shape (n,) or (n, channels);"
            f" this is {array.dtype} of shape {array.shape}"
        )
    scale = FULL_SCALE if array.dtype.kind == "f" else 1
    if array.ndim == 1 and scale == 1:
        return array.astype(np.int16, copy=False)
    mono = array.reshape(len(array), -1).mean(axis=1)
    samples: Samples = np.clip(np.rint(np.nan_to_num(mono) * scale), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return samples


def level(samples: Samples) -> float:
    """Return how loud samples are: their root mean square, from 0 (silence) to 1 (full scale).

    Example:
        >>> level(np.zeros(480, np.int16)), round(level(np.full(480, 16_384, np.int16)), 2)
        (0.0, 0.5)
    """
    if not samples.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) / FULL_SCALE


def milliseconds(samples: int, rate: int = RATE) -> float:
    """Return how long a number of samples lasts, in ms.

    Example:
        >>> milliseconds(480)
        20.0
    """
    return samples * 1000 / rate
