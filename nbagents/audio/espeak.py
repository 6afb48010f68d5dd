"""Speech without a key or network: espeak-ng, from Debian's package or the wheel ``espeakng-loader``."""

from __future__ import annotations

import asyncio
import ctypes
import ctypes.util
import threading
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from agents.voice import TTSModel

from nbagents._optional import require
from nbagents.audio.pcm16 import RATE, from_bytes
from nbagents.audio.resample import resample
from nbagents.audio.wav import Sound
from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agents.voice import TTSModelSettings

__all__ = ["EspeakTTSModel", "espeak_installed", "speak"]

# Of espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_WORDS_A_MINUTE = 1
_CHUNK_MS = 40

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_lock = threading.Lock()  # the library has one voice and one callback for the whole process


def speak(text: str, *, language: str = "en-us", words_per_minute: int = 160) -> Sound:
    """Say a text.

    Args:
        text: What is said.
        language: One of espeak-ng's voices, such as ``en-us``, ``de`` or ``en-us+f3``.
        words_per_minute: How fast, from 80 to 450.

    Returns:
        Mono int16 samples and their rate, 22,050 Hz.

    Raises:
        ConfigError: No such voice, or a speed that cannot be used.
        MissingExtraError: espeak-ng is not installed.
    """
    if not 80 <= words_per_minute <= 450:  # noqa: PLR2004 - what the library takes
        raise ConfigError(
            f"words_per_minute is from 80 to 450, not {words_per_minute!r}",
            name="words_per_minute",
            value=words_per_minute,
        )
    with _lock:
        library, rate = _library()
        if library.espeak_SetVoiceByName(language.encode()):
            raise ConfigError(
                f"espeak-ng has no voice {language!r}; try 'en-us', 'de' or 'fr'", name="language", value=language
            )
        library.espeak_SetParameter(_WORDS_A_MINUTE, words_per_minute, 0)
        return Sound(from_bytes(_synthesise(library, text)), rate)


def _synthesise(library: Any, text: str) -> bytes:  # noqa: ANN401 - ctypes has no types
    pieces: list[bytes] = []

    def take(samples: Any, count: int, _events: object) -> int:  # noqa: ANN401 - a pointer
        """Keep the next piece; returning 0 asks for more."""
        if samples and count:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    data = text.replace("\0", " ").encode("utf-8", "replace")
    library.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, _UTF8, None, None)
    return b"".join(pieces)


@cache
def _library() -> tuple[Any, int]:
    """Load the library and its data, and return it with the sample rate it speaks at."""
    if find_spec("espeakng_loader") is None and (system := ctypes.util.find_library("espeak-ng")):
        library, data = ctypes.CDLL(system), None
    else:
        wheel: Any = require("espeakng_loader", extra="voice-local")
        library, data = ctypes.CDLL(wheel.get_library_path()), wheel.get_data_path().encode()
    return library, library.espeak_Initialize(_SYNCHRONOUS, _CHUNK_MS, data, _DO_NOT_EXIT)


def espeak_installed() -> bool:
    """Return whether ``speak`` has an espeak-ng to speak with."""
    return find_spec("espeakng_loader") is not None or ctypes.util.find_library("espeak-ng") is not None


class EspeakTTSModel(TTSModel):
    """espeak-ng as a text-to-speech model of the SDK; needs no key and no network.

    The voice in the SDK's settings is a name of OpenAI's and means nothing here; ``language`` is espeak-ng's.

    Args:
        language: One of espeak-ng's voices.
        words_per_minute: How fast it speaks, from 80 to 450, times the ``speed`` of the SDK's settings.

    Raises:
        MissingExtraError: espeak-ng is not installed.

    Example:
        >>> EspeakTTSModel().model_name
        'espeak-ng'
    """

    def __init__(self, language: str = "en-us", words_per_minute: int = 160) -> None:
        if not espeak_installed():
            require("espeakng_loader", extra="voice-local")
        self._language = language
        self._speed = words_per_minute

    @property
    def model_name(self) -> str:
        """``espeak-ng``."""
        return "espeak-ng"

    async def run(self, text: str, settings: TTSModelSettings) -> AsyncIterator[bytes]:
        """Say a text.

        Args:
            text: What is said.
            settings: The SDK's; only ``speed`` is used.

        Yields:
            PCM16 at 24 kHz, 40 ms at a time; a minute of speech is made in some 50 ms.
        """
        speed = min(450, max(80, round(self._speed * (settings.speed or 1))))
        data = await asyncio.to_thread(self._speak, text, speed)
        step = 2 * RATE * _CHUNK_MS // 1000
        for start in range(0, len(data), step):
            yield data[start : start + step]

    def _speak(self, text: str, speed: int) -> bytes:
        sound = speak(text, language=self._language, words_per_minute=speed)
        return resample(sound.samples, sound.rate, RATE).tobytes()
