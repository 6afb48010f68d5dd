"""Speech made by espeak-ng, which the tests of sound and voice are about."""

from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.resample import resample


@pytest.fixture(scope="session")
def said():
    """Say a text: int16 samples at 16 kHz with silence around it."""
    if not espeak_installed():
        pytest.skip("no espeak-ng: pip install espeakng-loader, or apt-get install espeak-ng")

    def say(text, before_ms=500, after_ms=1000):
        sound = speak(text, words_per_minute=150)
        quiet = [np.zeros(ms * 16, np.int16) for ms in (before_ms, after_ms)]
        return np.concatenate([quiet[0], resample(sound.samples, sound.rate, 16_000), quiet[1]])

    return say
