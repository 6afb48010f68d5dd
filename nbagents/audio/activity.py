"""Who is speaking, and when is a sentence over: sound cut into utterances."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbagents.audio.detectors import DETECTOR_RATE, best_detector
from nbagents.audio.pcm16 import level
from nbagents.audio.resample import Resampler, check_rate
from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbagents.audio.detectors import Detector
    from nbagents.audio.pcm16 import Samples

__all__ = ["SpeechEnded", "SpeechHeard", "SpeechStarted", "VoiceActivity"]

PRE_ROLL_MS = 300  # kept from before speech was noticed, so that no first sound is lost
ONSET_MS = 90  # speech this long is speech; a click is not
LONGEST_MS = 30_000  # an utterance that goes on longer is cut here, so that noise cannot fill the memory


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody has begun to speak.

    Attributes:
        samples: What was heard so far at 16 kHz, 300 ms from before the beginning included.
    """

    samples: Samples


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """More of an utterance that goes on.

    Attributes:
        samples: The next samples, at 16 kHz.
    """

    samples: Samples


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """An utterance is over.

    Attributes:
        samples: All of it at 16 kHz, from 300 ms before its beginning, with the silence that ended it.
        silence_ms: How long it had been silent when that was noticed.
    """

    samples: Samples
    silence_ms: float


class VoiceActivity:
    """Cuts a stream of sound into utterances.

    Args:
        rate: The sample rate of what comes, in Hz.
        silence_threshold: How loud speech is at least: a root mean square from 0 to 1.
        silence_duration_ms: How long it must be silent until an utterance is over, in ms.
        detector: Tells speech from noise; by default the best that is installed.

    Attributes:
        held: Whether a button is held: then silence does not end an utterance, and ``end`` does.

    Raises:
        ConfigError: A threshold or duration that cannot be used.

    Example:
        >>> heard = VoiceActivity(16_000, silence_duration_ms=200).feed(np.zeros(16_000, np.int16))
        >>> list(heard)
        []
    """

    def __init__(
        self,
        rate: int,
        *,
        silence_threshold: float = 0.01,
        silence_duration_ms: int = 500,
        detector: Detector | None = None,
    ) -> None:
        _check("silence_threshold", silence_threshold, 0, 1)
        _check("silence_duration_ms", silence_duration_ms, 50, 10_000)
        self._detector = detector or best_detector()
        self._source = check_rate(rate)
        self._threshold = silence_threshold
        frame_ms = self._detector.frame * 1000 / DETECTOR_RATE
        self._frame_ms = frame_ms
        self._onset = max(1, round(ONSET_MS / frame_ms))
        self._silence = max(1, round(silence_duration_ms / frame_ms))
        self._longest = round(LONGEST_MS / frame_ms)
        self.held = False
        self._before: deque[Samples] = deque(maxlen=round(PRE_ROLL_MS / frame_ms) + self._onset)
        self.reset()

    @property
    def detector(self) -> str:
        """What tells speech from noise: ``Silero``, ``WebRTC`` or ``level``."""
        return self._detector.name

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and not ended."""
        return self._speaking

    def reset(self) -> None:
        """Forget what was heard, as at the beginning of a stream."""
        self._detector.reset()
        self._resampler = Resampler(self._source, DETECTOR_RATE)
        self._rest = np.zeros(0, np.int16)
        self._begin()

    def feed(self, samples: Samples) -> Iterator[SpeechStarted | SpeechHeard | SpeechEnded]:
        """Take sound in, and yield what it means.

        Args:
            samples: int16 samples of shape (n,), any number of them.
        """
        sound = np.concatenate([self._rest, self._resampler.feed(samples)])
        whole = len(sound) // self._detector.frame * self._detector.frame
        self._rest = sound[whole:]
        for frame in sound[:whole].reshape(-1, self._detector.frame):
            yield from self._frame(frame)

    def end(self) -> Iterator[SpeechEnded]:
        """Say that the stream ends here, or that the button was let go: an utterance that goes on is over."""
        if self._speaking:
            yield self._finish()

    def _begin(self) -> None:
        self._before.clear()
        self._speaking = False
        self._said: list[Samples] = []
        self._run = 0  # frames of speech in a row; of silence once somebody speaks

    def _frame(self, frame: Samples) -> Iterator[SpeechStarted | SpeechHeard | SpeechEnded]:
        speech = self._detector.is_speech(frame) and level(frame) >= self._threshold
        self._run = self._run + 1 if speech != self._speaking else 0
        if self._speaking:
            self._said.append(frame)
            yield SpeechHeard(frame)
            if (self._run >= self._silence and not self.held) or len(self._said) >= self._longest:
                yield self._finish()
            return
        self._before.append(frame)
        if self._run >= self._onset:
            self._speaking, self._run = True, 0
            self._said = list(self._before)
            yield SpeechStarted(np.concatenate(self._said))

    def _finish(self) -> SpeechEnded:
        ended = SpeechEnded(np.concatenate(self._said), self._run * self._frame_ms)
        self._begin()
        return ended


def _check(name: str, value: float, low: float, high: float) -> None:
    if type(value) not in {int, float} or not low <= value <= high:
        raise ConfigError(f"{name} is a number from {low:,} to {high:,}, not {value!r}", name=name, value=value)
