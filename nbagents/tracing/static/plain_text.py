"""Text on a screen of characters: bars, columns of a fixed width, counts with their word."""

from __future__ import annotations

import unicodedata

from nbagents._short import short

__all__ = ["PRE", "bar", "column", "one_line", "screen_width"]

# JupyterLab wraps what is preformatted, and a page of nbconvert sets it in a font of many widths.
PRE = '<pre style="font-family: monospace; white-space: pre; overflow-x: auto">'

_NAME_WIDTH, _BAR_WIDTH = 28, 44
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(start: float, length: float, width: int = _BAR_WIDTH) -> str:
    """Draw a bar in eighths of a character.

    Args:
        start: Where it begins, as a share of the whole, 0 to 1.
        length: How long it is, as a share of the whole; at least an eighth of a character is drawn.
        width: Characters of the whole.

    Example:
        >>> bar(0.5, 0.25, width=8)
        '    ██  '
    """
    first = min(int(start * width), width - 1)
    eighths = min(max(1, round(length * width * 8)), (width - first) * 8)
    drawn = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return (" " * first + drawn).ljust(width)


def one_line(text: str) -> str:
    """Put text on one line, without control characters that could move what is beside it."""
    return "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)


def column(text: str) -> str:
    """Cut or fill a name to the columns it has on a screen, where Chinese and emoji take two each."""
    if text.isascii():
        return short(text, _NAME_WIDTH - 2).ljust(_NAME_WIDTH)
    kept = text[: 2 * _NAME_WIDTH]
    while (taken := screen_width(kept) + (kept != text)) > _NAME_WIDTH - 2:
        kept = kept[:-1]
    return kept + "…" * (kept != text) + " " * (_NAME_WIDTH - taken)


def screen_width(text: str) -> int:
    """Count the columns that text has on a screen."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
