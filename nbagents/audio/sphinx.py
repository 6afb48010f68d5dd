"""Recognition without a key or network: pocketsphinx, with the English model that its wheel carries."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from agents import transcription_span
from agents.voice import STTModel

from nbagents._optional import require
from nbagents.audio.pcm16 import to_samples
from nbagents.audio.resample import resample
from nbagents.errors import ConfigError, VoiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.voice import AudioInput, StreamedAudioInput, StreamedTranscriptionSession, STTModelSettings

    from nbagents.audio.pcm16 import Samples

__all__ = ["SphinxListener", "SphinxSTTModel"]

HEARD_RATE = 16_000  # Hz, of the model
_GRAMMAR = "nbagents"


class SphinxSTTModel(STTModel):
    """pocketsphinx as a speech-to-text model of the SDK; needs no key and no network.

    With a grammar, a list of sentences or a list of words it makes few mistakes and is fast; without, it takes the
    words of English as they come, and errs often.

    Args:
        grammar: A JSGF grammar, as text.
        sentences: Sentences, one of which is said.
        words: Words that may be said in any order.

    Raises:
        ConfigError: More than one of the three, a word that the dictionary does not have, or a grammar that
            cannot be read.
        MissingExtraError: pocketsphinx is not installed.

    Example:
        >>> SphinxSTTModel(sentences=["where is my order", "thank you"]).model_name
        'pocketsphinx'
    """

    def __init__(
        self,
        grammar: str | None = None,
        *,
        sentences: Sequence[str] | None = None,
        words: Sequence[str] | None = None,
    ) -> None:
        named = {"grammar": grammar, "sentences": sentences, "words": words}
        given = [name for name, value in named.items() if value is not None]
        if len(given) > 1:
            raise ConfigError(f"give one of {' and '.join(given)}, not both", name=given[1], value=given)
        self._jsgf = grammar or _jsgf(sentences, words)
        self._vocabulary = {word for text in (sentences or words or ()) for word in text.lower().split()}
        self._decoder: Any = None
        self._lock = threading.RLock()
        self._listener: SphinxListener | None = None
        require("pocketsphinx", extra="voice-local")

    @property
    def model_name(self) -> str:
        """``pocketsphinx``."""
        return "pocketsphinx"

    @property
    def guesses(self) -> bool:
        """Whether it was not told what may be said, and so errs often."""
        return self._jsgf is None

    def load(self) -> None:
        """Read the model from disk, which takes about a second, so that the first turn need not.

        Raises:
            ConfigError: A word that the dictionary does not have, or a grammar that cannot be read.
        """
        with self._lock:
            if self._decoder is None:
                self._decoder = self._load()

    def listen(self) -> SphinxListener:
        """Begin to listen along while somebody speaks; a listener from before has heard all it will hear."""
        with self._lock:
            self.load()
            if self._listener is not None:
                self._listener.finish()
            self._listener = SphinxListener(self._decoder, self._lock)
            return self._listener

    def recognise(self, samples: Samples) -> str:
        """Return what is said.

        Args:
            samples: Mono int16 samples at 16 kHz.
        """
        with self._lock:
            listener = self.listen()
            listener.feed(samples)
            return listener.finish()

    async def transcribe(
        self,
        input: AudioInput,  # noqa: A002 - the SDK's name
        settings: STTModelSettings,  # noqa: ARG002 - an English model with no temperature
        trace_include_sensitive_data: bool,  # noqa: FBT001 - the SDK's signature
        trace_include_sensitive_audio_data: bool,  # noqa: ARG002, FBT001 - sound stays out of traces
    ) -> str:
        """Return what is said in a sound, lower case and without punctuation; empty where nothing was."""
        with transcription_span(model=self.model_name, input="", input_format="pcm") as span:
            samples = resample(to_samples(input.buffer), input.frame_rate, HEARD_RATE)
            text = await asyncio.to_thread(self.recognise, samples)
            if trace_include_sensitive_data:
                span.span_data.output = text
            return text

    async def create_session(
        self,
        input: StreamedAudioInput,  # noqa: A002, ARG002 - the SDK's signature
        settings: STTModelSettings,  # noqa: ARG002 - likewise
        trace_include_sensitive_data: bool,  # noqa: ARG002, FBT001 - likewise
        trace_include_sensitive_audio_data: bool,  # noqa: ARG002, FBT001 - likewise
    ) -> StreamedTranscriptionSession:
        """Refuse: a stream is cut into utterances by ``nbagents.VoicePipeline``, not by the model."""
        raise VoiceError(
            "pocketsphinx does not cut a stream into turns; use nbagents.VoicePipeline, which does",
            stage="transcribe",
        )

    def _load(self) -> Any:  # noqa: ANN401 - pocketsphinx has no types
        decoder_class: Any = require("pocketsphinx", extra="voice-local").Decoder
        options = {"samprate": float(HEARD_RATE), "loglevel": "FATAL"}
        if self._jsgf is None:
            return decoder_class(**options)
        decoder = decoder_class(**options, lm=None)
        unknown = sorted(word for word in self._vocabulary if decoder.lookup_word(word) is None)
        if unknown:
            raise ConfigError(
                f"the dictionary of pocketsphinx does not have: {', '.join(unknown)}; spell numbers and"
                " abbreviations as they are said",
                name="words",
                value=unknown,
            )
        try:
            decoder.add_jsgf_string(_GRAMMAR, self._jsgf)
            decoder.activate_search(_GRAMMAR)
        except (RuntimeError, ValueError, KeyError) as exc:
            raise ConfigError(
                f"the grammar is not JSGF, or has words that the dictionary does not: {exc}",
                name="grammar",
                value=self._jsgf,
            ) from exc
        return decoder


class SphinxListener:
    """Recognises an utterance while it is spoken; made by ``SphinxSTTModel.listen``."""

    def __init__(self, decoder: Any, lock: threading.RLock) -> None:  # noqa: ANN401 - pocketsphinx has no types
        self._decoder = decoder
        self._lock = lock
        self._text: str | None = None
        decoder.start_utt()

    def feed(self, samples: Samples) -> str:
        """Take in the next samples at 16 kHz, and return what was understood so far."""
        with self._lock:
            if self._text is not None:
                return self._text
            if samples.size:
                self._decoder.process_raw(samples.tobytes())
            return self._hypothesis()

    def finish(self) -> str:
        """Return all that was understood; the utterance is over."""
        with self._lock:
            if self._text is None:
                self._decoder.end_utt()
                self._text = self._hypothesis()
            return self._text

    def _hypothesis(self) -> str:
        found = self._decoder.hyp()
        return found.hypstr if found is not None else ""


def _jsgf(sentences: Sequence[str] | None, words: Sequence[str] | None) -> str | None:
    """Write a grammar of sentences or words.

    Example:
        >>> _jsgf(None, ["Yes", "no"])
        '#JSGF V1.0; grammar nbagents; public <said> = ( yes | no )+;'
    """
    texts = sentences if sentences is not None else words
    if texts is None:
        return None
    choice = " | ".join(" ".join(text.lower().split()) for text in texts)
    return f"#JSGF V1.0; grammar {_GRAMMAR}; public <said> = ( {choice} ){'+' if words is not None else ''};"
