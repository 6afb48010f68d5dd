"""What a realtime session is asked for, checked before anything is connected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.realtime import RealtimeSessionModelSettings

__all__ = ["RealtimeConfig"]

AudioFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]
_FORMATS = ("pcm16", "g711_ulaw", "g711_alaw")
_MODALITIES = ("audio", "text")
_EAGERNESS = ("auto", "low", "medium", "high")
_SERVER_VAD: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "create_response": True,
    "interrupt_response": True,
}
_ONLY_SERVER = frozenset({"threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms"})
_LONGEST_MS = 60_000


@dataclass(frozen=True)
class RealtimeConfig:
    """Settings of a realtime session.

    Args:
        model: The realtime model.
        voice: The voice that speaks.
        input_audio_format: What is sent: ``"pcm16"`` (24 kHz, mono, little endian), ``"g711_ulaw"`` or
            ``"g711_alaw"`` (8 kHz).
        output_audio_format: What is received, likewise.
        turn_detection: How the end of a turn is found, in the API's words: ``{"type": "server_vad", ...}``
            or ``{"type": "semantic_vad", ...}``; None is push-to-talk: each turn is committed.
        output_modality: ``"audio"``, or ``"text"`` for answers that are not spoken.
        transcription: How speech is transcribed, in the API's words, such as ``{"model": "gpt-4o-mini-transcribe",
            "language": "en", "prompt": "..."}``.
        url: The WebSocket address of another server than the one that the mode chooses.

    Raises:
        ConfigError: A value that the API would not take; it names the argument.

    Example:
        >>> RealtimeConfig(voice="ash").settings()["audio"]["output"]["voice"]
        'ash'
        >>> RealtimeConfig(input_audio_format="mp3")  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
            ...
        ConfigError: input_audio_format='mp3': use one of 'pcm16', 'g711_ulaw', 'g711_alaw'
    """

    model: str = "gpt-realtime-2.1"
    voice: str = "ash"
    input_audio_format: AudioFormat = "pcm16"
    output_audio_format: AudioFormat = "pcm16"
    turn_detection: Mapping[str, Any] | None = field(default_factory=lambda: dict(_SERVER_VAD))
    output_modality: Literal["audio", "text"] = "audio"
    transcription: Mapping[str, Any] = field(default_factory=lambda: {"model": "gpt-4o-mini-transcribe"})
    url: str | None = None

    def __post_init__(self) -> None:
        for name in ("model", "voice"):
            _check(isinstance(getattr(self, name), str) and getattr(self, name).strip(), name, self, "name one")
        for name in ("input_audio_format", "output_audio_format"):
            _choice(name, getattr(self, name), _FORMATS)
        _choice("output_modality", self.output_modality, _MODALITIES)
        _check_turn_detection(self.turn_detection)
        _check(isinstance(self.transcription, dict), "transcription", self, "use a dict of the API's fields")
        if self.url is not None:
            _check(urlsplit(self.url).scheme in {"ws", "wss"}, "url", self, "it must begin with ws:// or wss://")

    @property
    def hands_free(self) -> bool:
        """Whether the server finds the end of a turn."""
        return self.turn_detection is not None

    def turns_when(self, *, hands_free: bool) -> Mapping[str, Any] | None:
        """Return the turn detection for hands-free talking, or None for push-to-talk.

        Args:
            hands_free: Which of the two.
        """
        return (self.turn_detection or dict(_SERVER_VAD)) if hands_free else None

    def settings(self, *, call: bool = False) -> RealtimeSessionModelSettings:
        """Return the settings in the SDK's form.

        Args:
            call: Whether they are for a call that a browser made: model, voice and formats are settled there.
        """
        turns: Any = None if self.turn_detection is None else dict(self.turn_detection)
        heard: Any = {"transcription": dict(self.transcription), "turn_detection": turns}
        if call:
            return {"output_modalities": [self.output_modality], "audio": {"input": heard}}
        heard["format"] = self.input_audio_format
        return {
            "model_name": self.model,
            "output_modalities": [self.output_modality],
            "audio": {"input": heard, "output": {"format": self.output_audio_format, "voice": self.voice}},
        }


def _check_turn_detection(turns: Mapping[str, Any] | None) -> None:
    if turns is None:
        return
    name = "turn_detection"
    if not isinstance(turns, dict):
        raise ConfigError(f"{name}={turns!r}: use a dict of the API's fields, or None", name=name, value=turns)
    kind = turns.get("type", "server_vad")
    _choice(f"{name}['type']", kind, ("server_vad", "semantic_vad"))
    for key in sorted(_ONLY_SERVER & turns.keys()):
        most = 1 if key == "threshold" else _LONGEST_MS
        _number(f"{name}[{key!r}]", turns[key], most)
        if kind == "semantic_vad":
            raise ConfigError(f"{name}[{key!r}] is for server_vad only", name=name, value=turns)
    if "eagerness" in turns:
        _choice(f"{name}['eagerness']", turns["eagerness"], _EAGERNESS)


def _number(name: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ConfigError(f"{name}={value!r}: use a number from 0 to {most}", name=name, value=value)


def _choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        known = ", ".join(map(repr, choices))
        raise ConfigError(f"{name}={value!r}: use one of {known}", name=name, value=value)


def _check(good: object, name: str, config: RealtimeConfig, cure: str) -> None:
    if not good:
        value = getattr(config, name)
        raise ConfigError(f"{name}={value!r}: {cure}", name=name, value=value)
