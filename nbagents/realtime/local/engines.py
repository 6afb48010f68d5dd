"""What hears and speaks for the local server."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nbagents.audio.espeak import espeak_installed, speak
from nbagents.audio.pcm16 import RATE, from_bytes
from nbagents.audio.resample import resample
from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.audio.sphinx import SphinxSTTModel

__all__ = ["CannedEngines", "Engines", "LocalEngines", "best_engines", "hearing_hint"]

_SYLLABLE_S = 0.12
_PITCHES = (196.0, 220.0, 247.0, 262.0)
_GUESSES = (
    "Free speech is often misheard; RealtimeConfig(transcription={'prompt': …}) tells what may be said, a sentence"
    " a line."
)
_DEAF = "No speech engine is installed (pip install 'nbagents[voice-local]'): what is said is not understood."


class Engines(Protocol):
    """Speech to text and back; both methods run on threads of their own, and may take their time."""

    name: str

    def prepare(self, expected: Sequence[str]) -> None:
        """Load what it takes to hear one of the sentences that are expected."""

    def transcribe(self, pcm16: bytes, expected: Sequence[str] = ()) -> str:
        """Return what was said in PCM16 at 24 kHz."""

    def speak(self, text: str) -> bytes:
        """Return a text spoken, as PCM16 at 24 kHz."""


class CannedEngines:
    """Where there is no engine: a hum in place of words, and what is heard is what was announced.

    Args:
        phrases: What will be said, in order; then from the beginning.

    Example:
        >>> engines = CannedEngines(["Hello!"])
        >>> engines.transcribe(b""), len(engines.speak("Hi there")) > 4800
        ('Hello!', True)
    """

    name = "canned"

    def __init__(self, phrases: Sequence[str] = ()) -> None:
        self._phrases = tuple(phrases)
        self._heard = 0

    def prepare(self, expected: Sequence[str]) -> None:
        """Take the expected sentences for announced ones."""
        self._phrases = self._phrases or tuple(expected)

    def transcribe(self, pcm16: bytes, expected: Sequence[str] = ()) -> str:  # noqa: ARG002 - the protocol's method
        """Return the next of the announced phrases, or how long the speech was."""
        if not self._phrases:
            return f"(speech of {len(pcm16) / 2 / RATE:.1f} s)"
        phrase = self._phrases[self._heard % len(self._phrases)]
        self._heard += 1
        return phrase

    def speak(self, text: str) -> bytes:
        """Return a hum of one tone for each syllable, or so."""
        syllables = max(2, len(text) // 3)
        each = int(_SYLLABLE_S * RATE)
        time = np.arange(each) / RATE
        swell = np.sin(np.pi * np.arange(each) / each)
        tones = [swell * np.sin(2 * np.pi * _PITCHES[n * 7 % len(_PITCHES)] * time) for n in range(syllables)]
        return (np.concatenate(tones) * 6_000).astype("<i2").tobytes()


class LocalEngines:
    """espeak-ng speaks and pocketsphinx hears: no key, no network.

    pocketsphinx errs often on free speech and seldom on sentences it expects. They are the lines of the session's
    ``transcription["prompt"]``, which a real model takes as a hint too.
    """

    name = "espeak-ng and pocketsphinx"
    _heard_rate = 16_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[tuple[str, ...], SphinxSTTModel] = {}

    def prepare(self, expected: Sequence[str]) -> None:
        """Load the recogniser for what is expected; the first takes about a second."""
        self._model(tuple(expected))

    def transcribe(self, pcm16: bytes, expected: Sequence[str] = ()) -> str:
        """Return what was said, as the expected sentence where it is one."""
        samples = resample(from_bytes(pcm16), RATE, self._heard_rate)
        said = self._model(tuple(expected)).recognise(samples)
        return next((text for text in expected if _words(text) == said), said)

    def speak(self, text: str) -> bytes:
        """Return a text spoken by espeak-ng."""
        sound = speak(text)
        return resample(sound.samples, sound.rate, RATE).tobytes()

    def _model(self, expected: tuple[str, ...]) -> SphinxSTTModel:
        with self._lock:
            if expected not in self._models:
                self._models[expected] = _loaded(expected)
            return self._models[expected]


def best_engines() -> Engines:
    """Return the engines that are installed, else canned ones."""
    from importlib.util import find_spec

    installed = espeak_installed() and find_spec("pocketsphinx") is not None
    return LocalEngines() if installed else CannedEngines()


def hearing_hint(voice: str, *, expected: bool) -> str:
    """Return what would make the local server hear better, in a line for a panel.

    Args:
        voice: The voice of a session; the local server names its engines.
        expected: Whether the session says what is expected.

    Example:
        >>> hearing_hint("ash", expected=False), hearing_hint(LocalEngines.name, expected=True)
        ('', '')
    """
    if voice == CannedEngines.name:
        return _DEAF
    return _GUESSES if voice == LocalEngines.name and not expected else ""


def _loaded(expected: tuple[str, ...]) -> SphinxSTTModel:
    from nbagents.audio.sphinx import SphinxSTTModel

    try:
        model = SphinxSTTModel(sentences=[_words(text) for text in expected] or None)
        model.load()
    except ConfigError:  # a word that the dictionary does not have: heard without a hint
        model = SphinxSTTModel()
        model.load()
    return model


def _words(text: str) -> str:
    """Return a sentence as a recogniser writes it.

    Example:
        >>> _words("What's the weather in Paris?")
        "what's the weather in paris"
    """
    return " ".join(re.findall(r"[a-z']+", text.lower()))
