"""Text kept to a length: the beginning, and an ellipsis for the rest."""

from __future__ import annotations

__all__ = ["one_line", "short"]


def short(text: str, most: int) -> str:
    """Return the beginning of a text, with the ellipsis no longer than some characters.

    Example:
        >>> short("abcdef", 3)
        'ab…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def one_line(text: str, most: int) -> str:
    """Return a text on one line, with its beginning only where it is longer than some characters.

    Example:
        >>> one_line("Is my   lamp on its way?", 12)
        'Is my lamp …'
    """
    return short(" ".join(text[: 4 * most].split()), most)  # white space of a long text is not worth splitting
