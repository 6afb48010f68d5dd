"""A conversation as it stays in a saved notebook: HTML that needs nothing, and the same facts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents._short import one_line
from nbagents._static_table import TO_TALK, folding_text, many
from nbagents.audio.stages import stages
from nbagents.sessions.items.label import said
from nbagents.tracing.measure.layout import seconds
from nbagents.tracing.static.plain_text import bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.audio.stages import Stage
    from nbagents.voice.turn import VoiceTurn

__all__ = ["turns_html", "turns_text"]

_SHOWN = 40  # turns; a count that is cut says so
_LONGEST = 400  # characters
_WHOLE = 24  # characters of a bar


def turns_text(turns: Sequence[VoiceTurn], engines: str) -> str:
    """Write turns as text: what was said and answered, and a bar for each stage.

    Args:
        turns: The conversation.
        engines: Which models hear and speak.

    Example:
        >>> from nbagents.voice.turn import VoiceTurn
        >>> print(turns_text([VoiceTurn(1, text="hello", answer="Hi.", stages={"heard": 500.0})], "espeak-ng"))
        Voice   1 turn   espeak-ng
        you         hello
        agent       Hi.
          heard         ████████████████████████   0.50 s
    """
    lines = [_headline(turns, engines)]
    for turn in turns[-_SHOWN:]:
        lines += [f"{who:<11} {text}" for who, text in _captions(turn)] + _bars(turn)
    return "\n".join([*lines, *_cut(turns)])


def turns_html(turns: Sequence[VoiceTurn], engines: str) -> str:
    """Write turns as HTML without a script, style sheet or network; everything is escaped.

    Args:
        turns: The conversation.
        engines: Which models hear and speak.
    """
    return folding_text(turns_text(turns, engines))


def _headline(turns: Sequence[VoiceTurn], engines: str) -> str:
    return "   ".join(["Voice", many(len(turns), "turn"), engines, *([] if turns else [TO_TALK])])


def _captions(turn: VoiceTurn) -> list[tuple[str, str]]:
    if turn.interrupted and not turn.text:  # its words were heard with those that followed
        return []
    captions = [("you", _short(turn.text) or "(nothing understood)")]
    for call in turn.tools:
        output = "" if call.output is None else f" → {call.output}"
        asked = said("call", {"tool": call.name, "arguments": call.arguments}, {})
        captions.append(("tool", _short(f"{asked}{output}")))
    if turn.answer or turn.interrupted:
        tail = " … (interrupted)" if turn.interrupted else ""
        captions.append((turn.agent_name or "agent", f"{_short(turn.answer)}{tail}".strip()))
    return captions + ([("error", _short(turn.error))] if turn.error else [])


def _bars(turn: VoiceTurn) -> list[str]:
    if turn.interrupted and not turn.text:
        return []
    laid = stages(turn.stages)
    return [_bar(stage, laid[-1].end) for stage in laid]


def _bar(stage: Stage, whole: float) -> str:
    drawn = bar(stage.begin / whole, (stage.end - stage.begin) / whole, _WHOLE)
    return f"  {stage.name:<13} {drawn} {seconds(round(1000 * (stage.end - stage.begin))):>8}"


def _cut(turns: Sequence[VoiceTurn]) -> list[str]:
    return [f"showing the last {_SHOWN} of {len(turns):,} turns"] if len(turns) > _SHOWN else []


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
