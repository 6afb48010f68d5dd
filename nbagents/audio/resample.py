"""Sample rates: from what a device or model gives to what another takes, by soxr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbagents._optional import require
from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from nbagents.audio.pcm16 import Samples

__all__ = ["Resampler", "check_rate", "resample"]

LOWEST, HIGHEST = 4_000, 192_000  # Hz: what sound cards and telephones use


def check_rate(rate: int, name: str = "rate") -> int:
    """Return a sample rate that can be used.

    Args:
        rate: Samples per second, in Hz.
        name: The argument it was given as.

    Raises:
        ConfigError: Not a whole number from 4,000 to 192,000.

    Example:
        >>> check_rate(16_000)
        16000
    """
    if type(rate) is not int or not LOWEST <= rate <= HIGHEST:
        raise ConfigError(
            f"{name} is a whole number of samples per second from {LOWEST:,} to {HIGHEST:,}, not {rate!r}",
            name=name,
            value=rate,
        )
    return rate


def resample(samples: Samples, source: int, target: int) -> Samples:
    """Change the sample rate of a whole sound.

    Args:
        samples: int16 samples of shape (n,).
        source: Their rate, in Hz.
        target: The rate that is wanted, in Hz.

    Returns:
        int16 samples, ``n * target / source`` of them.

    Raises:
        ConfigError: A rate that no device has.
        MissingExtraError: soxr is not installed and the rates differ.

    Example:
        >>> resample(np.zeros(480, np.int16), 48_000, 24_000).shape
        (240,)
    """
    stream = Resampler(source, target)
    return np.concatenate([stream.feed(samples), stream.flush()])


class Resampler:
    """Changes the sample rate of a sound that comes piece by piece, without a click between pieces.

    Args:
        source: The rate of what comes, in Hz.
        target: The rate that is wanted, in Hz.

    Raises:
        ConfigError: A rate that no device has.
        MissingExtraError: soxr is not installed and the rates differ.
    """

    def __init__(self, source: int, target: int) -> None:
        check_rate(source, "source")
        check_rate(target, "target")
        self._stream: Any = None
        if source != target:
            soxr = require("soxr", extra="voice")
            self._stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality="HQ")

    def feed(self, samples: Samples) -> Samples:
        """Take samples in, and return those of the new rate that are ready; a few lag behind."""
        return samples if self._stream is None else self._chunk(samples, last=False)

    def flush(self) -> Samples:
        """Return what lagged behind; the sound ends here."""
        empty = np.zeros(0, np.int16)
        return empty if self._stream is None else self._chunk(empty, last=True)

    def _chunk(self, samples: Samples, *, last: bool) -> Samples:
        out: Samples = self._stream.resample_chunk(samples, last=last)
        return out
