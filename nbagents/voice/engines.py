"""Which models hear and speak: OpenAI's where there is a key, else those that need none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from agents.voice import OpenAIVoiceModelProvider, STTModel, TTSModel

from nbagents.replay.wire.client import current_mode, openai_client

if TYPE_CHECKING:
    from nbagents.voice.config import VoicePipelineConfig

__all__ = ["Engines", "choose_engines"]

LOCAL_TTS, LOCAL_STT = "espeak-ng", "pocketsphinx"
_GUESSES = "Free speech is often misheard; SphinxSTTModel(sentences=[…]) as stt_model tells what may be said."


class Engines(NamedTuple):
    """What hears and what speaks.

    Attributes:
        stt: Speech to text.
        tts: Text to speech.
    """

    stt: STTModel
    tts: TTSModel

    @property
    def note(self) -> str:
        """Which they are, in a line for a panel."""
        names = f"{self.tts.model_name} · {self.stt.model_name}"
        local = {self.tts.model_name, self.stt.model_name} == {LOCAL_TTS, LOCAL_STT}
        return f"{names} (local, no key)" if local else names

    @property
    def hint(self) -> str:
        """What would make them hear better, in a line for a panel, or nothing."""
        return _GUESSES if getattr(self.stt, "guesses", False) else ""


def choose_engines(
    config: VoicePipelineConfig, stt_model: STTModel | None = None, tts_model: TTSModel | None = None
) -> Engines:
    """Return the models that hear and speak.

    Args:
        config: Names of models; None lets the mode decide: without a key it is ``offline``.
        stt_model: A model that is used whatever the configuration says.
        tts_model: Likewise.

    Raises:
        MissingExtraError: A local engine is not installed.
    """
    return Engines(stt_model or _stt(config.stt_model), tts_model or _tts(config.tts_model))


def _stt(name: str | None) -> STTModel:
    if name == LOCAL_STT or (name is None and current_mode() == "offline"):
        from nbagents.audio.sphinx import SphinxSTTModel

        return SphinxSTTModel()
    return OpenAIVoiceModelProvider(openai_client=openai_client()).get_stt_model(name)


def _tts(name: str | None) -> TTSModel:
    if name == LOCAL_TTS or (name is None and current_mode() == "offline"):
        from nbagents.audio.espeak import EspeakTTSModel

        return EspeakTTSModel()
    return OpenAIVoiceModelProvider(openai_client=openai_client()).get_tts_model(name)
