"""Values that a text names: addresses, dates, identifiers, numbers, quoted text, names, arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nbagents.replay.offline.words import STOP_WORDS, is_request, tokens

__all__ = ["Value", "values"]

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
# In order: what an earlier pattern takes, a later one does not see.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url", re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]*[\w/]")),
    ("id", re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")),
    ("datetime", re.compile(rf"\b\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?")),
    ("date", re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b")),
    ("date", re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b(?:,?\s+\d{{4}}\b)?", re.IGNORECASE)),
    ("date", re.compile(rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}}\b)?")),
    ("date", re.compile(rf"\b(?:next|this)\s+(?:{_DAY}|week|month)\b|\b{_DAY}s?\b", re.IGNORECASE)),
    ("date", re.compile(r"\b(?:today|tonight|tomorrow|yesterday)\b", re.IGNORECASE)),
    (
        "time",
        re.compile(
            rf"\b{_CLOCK}(?:\s?[ap]\.?m\b\.?)?|\b\d{{1,2}}\s?[ap]\.?m\b|\bnoon\b|\bmidnight\b", re.IGNORECASE
        ),
    ),
    (
        "id",
        re.compile(
            r"#\w+(?:-\w+)*|\b[A-Za-z]+[-_]?\d[A-Za-z\d]*(?:[-_][A-Za-z\d]+)*\b|\b[A-Za-z]+(?:[-_][A-Za-z]+)*[-_]\d[\w-]*\b"
        ),
    ),
    ("id", re.compile(r"\b\d{1,3}[A-K]\b")),
    ("id", re.compile(r"\b\d{3,}(?:-\d{2,})+\b|(?<!\w)\+\d[\d ]{6,}\d\b")),
    ("quoted", re.compile(r"\"([^\"]+)\"|\u201c([^\u201d]+)\u201d|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`")),
    ("money", re.compile(r"(?<!\w)-?[$\u20ac\u00a3\u00a5]\s?-?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)")),
    (
        "number",
        re.compile(
            r"(?<![\w.])(?<!\d\s)[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<=\s)[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
        ),
    ),
    (
        "number",
        re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen)\b", re.IGNORECASE),
    ),
    (
        "name",
        re.compile(
            r"\b[A-Z][\w\u2019'-]*(?:\s+(?:de|of|da|del|van|von|la)\s+[A-Z][\w\u2019'-]*|\s+[A-Z][\w\u2019'-]*)*"
        ),
    ),
)
_EXPRESSION = re.compile(
    r"[-(]*\d[\d.]*\)?(?:\s*(?:\*\*|[-+*/^\u00d7\u00f7%x]|plus|minus|times|divided by)\s*[-(]*\d[\d.]*\)*)+"
)
_OPERATORS = {
    "\u00d7": "*",
    "x": "*",
    "times": "*",
    "\u00f7": "/",
    "divided by": "/",
    "plus": "+",
    "minus": "-",
    "^": "**",
}
_NUMBER_WORDS: dict[str, int] = dict(
    zip(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "dozen"),
        [*range(2, 13), 12],
        strict=True,
    )
)
_OPENINGS = frozenset({"greet", "dear", "thanks", "yes", "no", "good", "weather", "forecast"})


@dataclass(frozen=True)
class Value:
    """A value named in a text.

    Attributes:
        kind: "email", "url", "datetime", "date", "time", "id", "money", "number", "quoted", "name", "expression".
        text: The value as it is written, without quotes or a leading "#".
        start: Where it starts.
        end: Where it ends.
        before: The last words before it, lower case, nearest first.
        after: The first words after it, lower case, nearest first.
    """

    kind: str
    text: str
    start: int
    end: int
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def number(self) -> float | None:
        """The value as a number, whole where it is written so, or None.

        Example:
            >>> [value.number for value in values("from $42.50 to -3")]
            [42.5, -3]
        """
        if self.text.lower() in _NUMBER_WORDS:
            return _NUMBER_WORDS[self.text.lower()]
        text = re.sub(r"[,\s$\u20ac\u00a3\u00a5]", "", self.text.replace("\u2212", "-"))
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
            return None
        return float(text) if "." in text else int(text)


@lru_cache(maxsize=256)
def values(text: str) -> tuple[Value, ...]:
    """Find the values a text names, in the order they stand.

    Example:
        >>> [(v.kind, v.text) for v in values("Refund $42.50 for order A-1043 to Ada Byron by 2026-01-31.")]
        [('money', '$42.50'), ('id', 'A-1043'), ('name', 'Ada Byron'), ('date', '2026-01-31')]
    """
    rest = text
    found: list[Value] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(rest):
            start, end = match.span()
            if kind == "name":
                start = _without_starter(text, start, end)
            if start < end:
                found.append(_value(kind, text, start, end, match))
        rest = pattern.sub(lambda match: "\0" * len(match[0]), rest)
    taken = [
        (value.start, value.end) for value in found if value.kind in {"id", "date", "datetime", "time", "url"}
    ]
    found += [_expression(match) for match in _EXPRESSION.finditer(text) if not _overlaps(match.span(), taken)]
    return tuple(sorted(found, key=lambda value: (value.start, value.kind)))


def _overlaps(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)


def _value(kind: str, text: str, start: int, end: int, match: re.Match[str]) -> Value:
    inner = next((group for group in match.groups() if group is not None), None) if kind == "quoted" else None
    written = inner if inner is not None else text[start:end].strip().removeprefix("#")
    if kind == "name":
        written = re.sub(r"['\u2019]s?$", "", written)
    before = tuple(word.lower() for word in reversed(tokens(text[max(0, start - 40) : start])))[:3]
    after = tuple(word.lower() for word in tokens(text[end : end + 40]))[:2]
    return Value(kind, written, start, end, before, after)


def _expression(match: re.Match[str]) -> Value:
    spelled = r"\u00d7|\bx\b|(?<=\d)x(?=\d)|times|\u00f7|divided by|plus|minus|\^"
    written = re.sub(spelled, lambda operator: _OPERATORS[operator[0]], match[0])
    return Value("expression", written.strip(), match.start(), match.end())


def _without_starter(text: str, start: int, end: int) -> int:
    """Move a name's start past words that are capitalised only because a sentence starts there."""
    opens = not text[:start].strip() or text[:start].rstrip().endswith((".", "!", "?", ":"))
    while start < end and (word := re.match(r"[\w\u2019'-]+\s*", text[start:end])) is not None:
        bare = word[0].strip().replace("\u2019", "'").lower()
        if bare not in STOP_WORDS and not (opens and (is_request(bare) or bare in _OPENINGS)):
            break
        start, opens = start + len(word[0]), False
    return start
