"""One colour for each span type, told apart by colour-blind readers too (Okabe and Ito, 2008)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COLORS", "OTHER", "color_of"]

OTHER = "#8c959f"
COLORS: Mapping[str, str] = {
    "agent": "#0072b2",
    "response": "#e69f00",
    "generation": "#e69f00",
    "function": "#009e73",
    "mcp_tools": "#009e73",
    "handoff": "#cc79a7",
    "guardrail": "#d55e00",
    "transcription": "#56b4e9",
    "speech": "#56b4e9",
    "speech_group": "#56b4e9",
    "task": "#afb8c1",
    "turn": "#afb8c1",
    "custom": OTHER,
}


def color_of(span_type: str) -> str:
    """Return a type's colour as ``#rrggbb``.

    Example:
        >>> color_of("agent"), color_of("a type of tomorrow")
        ('#0072b2', '#8c959f')
    """
    return COLORS.get(span_type, OTHER)
