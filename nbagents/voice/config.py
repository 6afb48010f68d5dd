"""How a voice pipeline hears, answers and speaks."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nbagents.audio.activity import VoiceActivity
from nbagents.audio.resample import check_rate
from nbagents.errors import ConfigError

__all__ = ["VoicePipelineConfig"]

_FORMAT = "pcm16"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicePipelineConfig:
    """The settings of a ``VoicePipeline``.

    Attributes:
        input_audio_format: ``"pcm16"``: mono, 16 bits a sample, little-endian.
        input_sample_rate: Samples per second of what comes in, in Hz, from 4,000 to 192,000. A stream that knows
            its own ``rate``, as ``Microphone`` does, has the last word.
        tts_model: What speaks: a model of OpenAI's, or ``"espeak-ng"``. None is ``gpt-4o-mini-tts`` where there is
            a key, and espeak-ng where there is none.
        tts_voice: One of OpenAI's voices.
        tts_output_format: ``"pcm16"``: mono, at 24,000 Hz.
        stt_model: What recognises: a model of OpenAI's, or ``"pocketsphinx"``. None is ``gpt-transcribe`` where
            there is a key, and pocketsphinx where there is none.
        stt_language: The language that is spoken, such as ``"en"``; None lets the model find out.
        silence_threshold: What is quieter is silence: a root mean square from 0 to 1, where 1 is full scale.
        silence_duration_ms: How long it must be silent until an utterance is over, in ms, from 50 to 10,000.

    Raises:
        ConfigError: A setting that cannot be used; the message says what can.

    Example:
        >>> VoicePipelineConfig(silence_duration_ms=300).input_sample_rate
        16000
    """

    input_audio_format: str = _FORMAT
    input_sample_rate: int = 16_000
    tts_model: str | None = None
    tts_voice: str = "alloy"
    tts_output_format: str = _FORMAT
    stt_model: str | None = None
    stt_language: str | None = None
    silence_threshold: float = 0.01
    silence_duration_ms: int = 500

    def __post_init__(self) -> None:
        for name in ("input_audio_format", "tts_output_format"):
            if getattr(self, name) != _FORMAT:
                raise ConfigError(
                    f"{name} is {_FORMAT!r}, not {getattr(self, name)!r}; nbagents.from_wav and"
                    " nbagents.audio.recorded.decode make it of WAV and of compressed sound",
                    name=name,
                    value=getattr(self, name),
                )
        check_rate(self.input_sample_rate, "input_sample_rate")
        self.activity(self.input_sample_rate)
        for field in fields(self):
            value = getattr(self, field.name)
            if (
                field.name.startswith(("tts_", "stt_"))
                and value is not None
                and not (value and type(value) is str)
            ):
                raise ConfigError(f"{field.name} is a name, not {value!r}", name=field.name, value=value)

    def activity(self, rate: int) -> VoiceActivity:
        """Return what finds utterances in a stream of a rate, in Hz, by these settings."""
        return VoiceActivity(
            rate, silence_threshold=self.silence_threshold, silence_duration_ms=self.silence_duration_ms
        )
