"""Words that ask for the same thing: data, so that "money back" finds a tool named for refunds."""

from __future__ import annotations

import re

from nbagents.replay.offline.words import stem, stems

__all__ = ["meaning", "related"]

_GROUPS = (
    "refund reimburse repay",
    "weather forecast temperature rain sunny snow hot cold umbrella",
    "book schedule reserve appointment meeting calendar event arrange",
    "ship delivery deliver postage parcel package track arrive",
    "price cost fee charge rate expensive",
    "order purchase bought buy",
    "calculate math arithmetic compute calculator evaluate",
    "add plus sum",
    "multiply times product multiplied",
    "divide divided quotient",
    "subtract minus difference",
    "cancel abort stop",
    "translate translation",
    "mail email",
    "time clock hour",
    "find search lookup",
    "bill billing invoice payment",
    "flight fly plane airline",
    "person user customer client",
    "total amount sum price",
    "colour shade",
    "homework assignment exercise",
    "joke funny",
    "remind reminder",
    "convert conversion exchange",
    "recommend recommendation suggest suggestion",
    "technical crash bug error fault login",
    "high urgent urgently asap immediately critical",
    "positive good great love excellent happy",
    "negative bad terrible hate awful broken angry",
)
_RELATED: dict[str, frozenset[str]] = {}
for _group in _GROUPS:
    _members = frozenset(stem(word) for word in _group.split())
    for _member in _members:
        _RELATED[_member] = _RELATED.get(_member, frozenset()) | _members

_PHRASES = (
    (
        re.compile(r"\bmoney back\b|\bsend (?:it|them) back\b|\breturn (?:it|them|this|the|my)\b", re.IGNORECASE),
        "refund",
    ),
    (re.compile(r"\bhow much\b", re.IGNORECASE), "price"),
    (re.compile(r"\blook(?:ing)? up\b", re.IGNORECASE), "lookup"),
    (re.compile(r"\bwhere(?:'s| is| are)\b|\bstatus\b", re.IGNORECASE), "lookup track"),
    (re.compile(r"\d\s*(?:\*|\u00d7|x)\s*-?\d", re.IGNORECASE), "multiply calculate"),
    (re.compile(r"\d\s*\+\s*-?\d"), "add calculate"),
    (re.compile(r"\d\s+[-\u2212]\s*\d"), "subtract calculate"),
    (re.compile(r"\d\s*[/\u00f7]\s*-?\d"), "divide calculate"),
    (re.compile(r"\d\s*(?:plus|times|minus|divided by)\s+-?\d", re.IGNORECASE), "calculate"),
)


def related(word: str) -> frozenset[str]:
    """Return the stems that ask for the same thing as a stem, itself among them.

    Example:
        >>> "forecast" in related("weather")
        True
    """
    return _RELATED.get(word, frozenset()) | {word}


def meaning(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems a text says, and the further ones it means.

    Example:
        >>> said, meant = meaning("I want my money back")
        >>> "refund" in said, "refund" in meant
        (False, True)
    """
    said = frozenset(stems(text))
    hinted = frozenset(stem(word) for pattern, words in _PHRASES if pattern.search(text) for word in words.split())
    meant = frozenset(other for word in said | hinted for other in related(word))
    return said, meant - said
