"""Two texts side by side: how much they have in common, and which words of each the other has not."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple

__all__ = ["Piece", "alike", "changed_words"]

_ALIKE = 0.3  # less in common, and every word is new
_BEFORE = 60  # characters that are left before the first change


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: What it says.
        new: Whether the other text has it not.
    """

    text: str
    new: bool


def alike(one: str, other: str) -> float:
    """Return how much two texts have in common, from 0 to 1, by their words in any order.

    Example:
        >>> alike("the lamp is blue", "the lamp is red"), alike("lamp", "sofa")
        (0.75, 0.0)
    """
    words = [Counter(text.split()) for text in (one, other)]
    total = sum(count.total() for count in words)
    return 2 * (words[0] & words[1]).total() / total if total else 1.0


def changed_words(one: str, other: str, limit: int) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of two texts, cut to what stands around the first change.

    Args:
        one: A text.
        other: Another.
        limit: Characters of each that are kept.

    Example:
        >>> changed_words("It is blue.", "It is deep red.", limit=100)[1]
        [Piece(text='It is ', new=False), Piece(text='deep red.', new=True)]
    """
    start = _start(one, other, limit)
    texts = [_cut(text, start, limit) for text in (one, other)]
    if alike(*texts) < _ALIKE:
        return [Piece(texts[0], new=False)], [Piece(texts[1], new=False)]
    words = [re.findall(r"\S+\s*", text) for text in texts]
    bare = [[word.rstrip() for word in side] for side in words]
    steps = SequenceMatcher(None, bare[0], bare[1], autojunk=False).get_opcodes()
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for kind, a, b, c, d in steps:
        for side, piece in zip(sides, (words[0][a:b], words[1][c:d]), strict=True):
            if piece:
                side.append(Piece("".join(piece), new=kind != "equal"))
    return sides


def _start(one: str, other: str, limit: int) -> int:
    """Where to begin, so that the first change is seen."""
    first = next(
        (n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other))
    )
    far = one != other and first > max(_BEFORE, limit // 2)
    return one.rfind(" ", 0, first - _BEFORE) + 1 if far else 0


def _cut(text: str, start: int, limit: int) -> str:
    rest = text[start : start + limit]
    return "…" * (start > 0) + rest + "…" * (start + limit < len(text))
