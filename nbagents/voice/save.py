"""A conversation as files: JSON lines for what was said, and a WAV file for how it sounded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from nbagents._given import path_of
from nbagents.audio.detectors import DETECTOR_RATE
from nbagents.audio.pcm16 import RATE, from_bytes, milliseconds
from nbagents.audio.resample import resample
from nbagents.audio.wav import to_wav

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from nbagents.audio.pcm16 import Samples
    from nbagents.voice.turn import VoiceTurn

__all__ = ["save_turns"]


def save_turns(turns: Sequence[VoiceTurn], path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write turns beside each other as ``path.jsonl`` and, where audio was kept, ``path.wav``.

    Args:
        turns: The conversation.
        path: The files' name; an ending of .wav or .jsonl is taken off.

    Returns:
        The files: a line of JSON for each turn, with where in the WAV file it is, in ms; and all that was said and
        spoken one after another, mono at 24 kHz.

    Raises:
        OSError: The folder does not exist, or cannot be written.
    """
    base = path_of("path", path)
    base = base.with_suffix("") if base.suffix in {".wav", ".jsonl"} else base
    sounds: list[Samples] = []
    lines = []
    for turn in turns:
        begin = sum(map(len, sounds))
        sounds += _sounds(turn)
        lines.append(_line(turn, begin, sum(map(len, sounds))))
    written = [base.with_name(f"{base.name}.jsonl")]
    written[0].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if sounds:
        written.append(base.with_name(f"{base.name}.wav"))
        written[1].write_bytes(to_wav(np.concatenate(sounds), RATE))
    return tuple(written)


def _sounds(turn: VoiceTurn) -> list[Samples]:
    said = [resample(from_bytes(turn.said), DETECTOR_RATE, RATE)] if turn.said else []
    return said + ([from_bytes(turn.spoken)] if turn.spoken else [])


def _line(turn: VoiceTurn, begin: int, end: int) -> str:
    kept = {"wav_ms": [milliseconds(begin), milliseconds(end)]} if end > begin else {}
    return json.dumps({**turn.facts(), **kept}, ensure_ascii=False)
