"""Compressed sound, such as the WebM/Opus that a browser records: decoded by PyAV."""

from __future__ import annotations

import io
from typing import Any

from nbagents._optional import require
from nbagents.audio.pcm16 import RATE, Samples, from_bytes
from nbagents.errors import AudioError

__all__ = ["decode"]


def decode(data: bytes, rate: int = RATE) -> Samples:
    """Decode a compressed recording.

    Args:
        data: The bytes of a WebM, Ogg, MP4, MP3, FLAC or WAV file.
        rate: The sample rate that is wanted, in Hz.

    Returns:
        Mono int16 samples of shape (n,).

    Raises:
        AudioError: Nothing that can be decoded, or no sound in it.
        MissingExtraError: PyAV is not installed.
    """
    av: Any = require("av", extra="voice")
    try:
        with av.open(io.BytesIO(data)) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
            frames += resampler.resample(None)
    except (av.error.FFmpegError, IndexError) as exc:
        raise AudioError(f"a recording of {len(data):,} bytes could not be decoded: {exc}") from exc
    return from_bytes(b"".join(frame.to_ndarray().tobytes() for frame in frames))
