"""A text that matches a regular expression, for the constructs that schemas use."""

from __future__ import annotations

import re

__all__ = ["matching"]

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "b": "", "B": ""}
_REPEAT = re.compile(r"[*+?]\??|\{(\d+)(?:,\d*)?\}\??")


def matching(pattern: str) -> str:
    r"""Return a short text that matches a pattern.

    Look-around, back references and negated classes beyond the simple ones are not understood: the text may then
    not match.

    Example:
        >>> matching(r"^[A-Z]{2}-\d{4}(?:/x|y)?$")
        'AA-0000'
    """
    text, _ = _alternatives(pattern, 0)
    return text


def _alternatives(pattern: str, at: int) -> tuple[str, int]:
    """Generate from a position up to the group's end; the first alternative is the one taken."""
    first, text = None, ""
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            first, text, at = (text if first is None else first), "", at + 1
            continue
        piece, at = _atom(pattern, at)
        times, at = _times(pattern, at)
        text += piece * times
    return (text if first is None else first), at


def _atom(pattern: str, at: int) -> tuple[str, int]:
    char = pattern[at]
    if char == "(":
        opening = re.compile(r"\((?:\?(?::|P?<\w+>|[=!]|<[=!]))?").match(pattern, at)
        text, end = _alternatives(pattern, opening.end() if opening else at + 1)
        ahead = opening is not None and opening[0].endswith(("=", "!"))
        return ("" if ahead else text), end + 1
    if char == "[":
        return _one_of(pattern, at + 1)
    if char == "\\" and at + 1 < len(pattern):
        return _CLASSES.get(pattern[at + 1], pattern[at + 1]), at + 2
    return {"^": "", "$": "", ".": "a"}.get(char, char), at + 1


def _one_of(pattern: str, at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    inner = pattern[at:end]
    if inner.startswith("^"):
        refused = re.compile(f"[{inner}]")
        return next((char for char in "aA0 -_" if refused.match(char)), "a"), end + 1
    if inner.startswith("\\") and len(inner) > 1:
        return _CLASSES.get(inner[1], inner[1]), end + 1
    return inner[:1], end + 1


def _times(pattern: str, at: int) -> tuple[int, int]:
    repeat = _REPEAT.match(pattern, at)
    if repeat is None:
        return 1, at
    if repeat[1] is not None:
        return int(repeat[1]), repeat.end()
    return (1 if repeat[0].startswith("+") else 0), repeat.end()
