"""WAV files: PCM16 with its sample rate written in front."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbagents._given import check_given, check_least
from nbagents.audio.pcm16 import RATE, Samples, to_samples
from nbagents.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Sound", "from_wav", "to_wav"]

_WIDTH = 2  # bytes a sample


class Sound(NamedTuple):
    """Samples and how many of them make a second.

    Attributes:
        samples: Mono int16 samples of shape (n,).
        rate: Samples per second, in Hz.
    """

    samples: Samples
    rate: int


def to_wav(sound: npt.ArrayLike, rate: int = RATE) -> bytes:
    """Write sound as a WAV file.

    Args:
        sound: int16 samples, or floating-point samples from -1 to 1.
        rate: Samples per second, in Hz.

    Returns:
        The file's bytes: mono PCM16.

    Raises:
        AudioError: Not sound; see ``to_samples``.
        ConfigError: ``rate`` is not a whole number of 1 or more.

    Example:
        >>> from_wav(to_wav([0.0, 0.5], rate=16_000))
        Sound(samples=array([    0, 16384], dtype=int16), rate=16000)
    """
    check_least(1, rate=rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(_WIDTH)
        writer.setframerate(rate)
        writer.writeframes(to_samples(sound).astype("<i2").tobytes())
    return file.getvalue()


def from_wav(source: bytes | str | os.PathLike[str]) -> Sound:
    """Read a WAV file.

    Args:
        source: The file's bytes, or its path.

    Returns:
        Its samples, made mono, and its rate.

    Raises:
        AudioError: Not a WAV file, or one that does not hold PCM16.
        OSError: The file is not there, or cannot be read.
        ConfigError: Neither bytes nor a path.

    Example:
        >>> from_wav(to_wav([0.5, -0.5], rate=16_000)).samples.tolist()
        [16384, -16384]
    """
    fits = isinstance(source, (bytes, str, os.PathLike))
    check_given("source", source, "the bytes of a WAV file, or its path", fits=fits)
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name = "these bytes are" if isinstance(source, bytes) else f"{Path(source).name} is"
    try:
        with wave.open(io.BytesIO(data)) as reader:
            width, channels, rate = reader.getsampwidth(), reader.getnchannels(), reader.getframerate()
            frames = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError) as exc:
        raise AudioError(f"{name} not a WAV file that can be read: {str(exc) or 'it ends too soon'}") from exc
    if width != _WIDTH:
        raise AudioError(f"{name} a WAV file with {8 * width} bits a sample; 16 are needed: save it as PCM16")
    whole = len(frames) // (_WIDTH * channels) * channels
    samples = np.frombuffer(frames, dtype="<i2", count=whole).reshape(-1, channels)
    return Sound(to_samples(samples.astype(np.int16, copy=False)), rate)
