"""How long a sound is, and what its file is called."""

from __future__ import annotations

import io
import wave

__all__ = ["ending_of", "seconds_of"]

_PCM_BYTES_PER_SECOND = 24_000 * 2  # the API's raw sound: 16 bits, one channel
_ENDINGS = {
    "audio/pcm": "pcm",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/opus": "opus",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
}


def ending_of(media_type: str) -> str:
    """Return a file's ending, without the dot.

    Example:
        >>> ending_of("audio/mpeg"), ending_of("application/x-thing")
        ('mp3', 'bin')
    """
    return _ENDINGS.get(media_type, "bin")


def seconds_of(data: bytes, media_type: str) -> float | None:
    """Return a sound's length in seconds, rounded to milliseconds; None where the format does not say it plainly.

    Args:
        data: The sound: WAV, or the API's raw PCM (24 kHz, 16 bits, one channel).
        media_type: Its MIME type.

    Example:
        >>> seconds_of(bytes(48_000), "audio/pcm")
        1.0
        >>> seconds_of(b"ID3", "audio/mpeg") is None
        True
    """
    if media_type == "audio/pcm":
        return round(len(data) / _PCM_BYTES_PER_SECOND, 3)
    if not data.startswith(b"RIFF"):
        return None
    try:
        with wave.open(io.BytesIO(data)) as sound:
            seconds: float = sound.getnframes() / sound.getframerate()
            return round(seconds, 3)
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
