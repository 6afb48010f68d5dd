"""Spoken turns with the SDK's scripted models, and with engines that are really there."""

from __future__ import annotations

import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample


@pytest.fixture(scope="session")
def said():
    """Say a text: PCM16 bytes at 16 kHz, with silence around it."""
    if not espeak_installed():
        pytest.skip("no espeak-ng: pip install espeakng-loader, or apt-get install espeak-ng")

    def say(text, before_ms=400, after_ms=1000):
        sound = speak(text, words_per_minute=150)
        return bytes(before_ms * 32) + resample(sound.samples, sound.rate, 16_000).tobytes() + bytes(after_ms * 32)

    return say


async def pieces(data, size=640):
    """A stream that gives 20 ms at a time, as fast as it is taken."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.fixture
def stream():
    return pieces
