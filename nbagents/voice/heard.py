"""How much of an answer was heard: the text of what was spoken, laid along the sound."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.voice import TTSModel

from nbagents.audio.pcm16 import RATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agents.voice import TTSModelSettings

__all__ = ["Spoken", "SpokenTTSModel", "first_words", "word_count"]

_WORD = re.compile(r"\S+\s*")


def word_count(text: str) -> int:
    """Count words: what white space stands between."""
    return len(text.split())


def first_words(text: str, count: int) -> str:
    """Return the first words of a text as they stand in it.

    Example:
        >>> first_words("It is  18 degrees.", 3)
        'It is  18'
    """
    return "".join(_WORD.findall(text)[:count]).rstrip()


@dataclass(slots=True)
class _Segment:
    text: str
    samples: int = 0
    complete: bool = False


class Spoken:
    """What is spoken in a turn, segment by segment, and how far it was heard.

    How far is what a player reports; before its first report it is what can have been heard since the first sound
    was handed out.
    """

    def __init__(self) -> None:
        self.segments: list[_Segment] = []
        self.handed_out = 0  # samples
        self._first_at: float | None = None
        self._reported: int | None = None

    def hand_out(self, samples: int) -> None:
        """Note that sound was given to whoever plays it."""
        if self._first_at is None:
            self._first_at = time.monotonic()
        self.handed_out += samples

    def report(self, samples: int) -> None:
        """Note how many samples of this turn were really played."""
        self._reported = max(samples, self._reported or 0)

    def stop(self) -> None:
        """Note that nothing more of it is heard."""
        self.handed_out = self.heard_samples

    @property
    def heard_samples(self) -> int:
        """How many samples were heard."""
        if self._reported is not None:
            return min(self._reported, self.handed_out)
        if self._first_at is None:
            return 0
        return min(int((time.monotonic() - self._first_at) * RATE), self.handed_out)

    def heard_words(self) -> int:
        """How many words of the answer were heard, counted down to whole ones."""
        left, words = self.heard_samples, 0
        for segment in self.segments:
            if left >= segment.samples and segment.complete:
                words += word_count(segment.text)
                left -= segment.samples
                continue
            # Sound that is still being made is at least what a fast speaker needs for the text.
            length = max(segment.samples, 1 if segment.complete else _least_samples(segment.text))
            return words + _words_within(segment.text, left / length)
        return words


def _words_within(text: str, share: float) -> int:
    """Count the words that end within a share of a text; longer words take longer to say.

    Example:
        >>> _words_within("It is extraordinary.", 0.5)
        2
    """
    return sum(match.end() <= share * len(text) for match in _WORD.finditer(text))


def _least_samples(text: str) -> int:
    return word_count(text) * RATE // 4  # four words a second


class SpokenTTSModel(TTSModel):
    """A model whose every segment is noted, with how much sound was made of it."""

    def __init__(self, model: TTSModel, spoken: Spoken) -> None:
        self._model = model
        self._spoken = spoken

    @property
    def model_name(self) -> str:
        """The model's own name."""
        return self._model.model_name

    async def run(self, text: str, settings: TTSModelSettings) -> AsyncIterator[bytes]:
        """Speak a segment with the model."""
        segment = _Segment(text)
        self._spoken.segments.append(segment)
        async for chunk in self._model.run(text, settings):
            segment.samples += len(chunk) // 2
            yield chunk
        segment.complete = True
