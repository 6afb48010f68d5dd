"""Parts of a sentence that can stand for a parameter: what follows its name, a preposition, a verb."""

from __future__ import annotations

import re

from nbagents.replay.offline.values import values
from nbagents.replay.offline.words import STOP_WORDS, name_words, tokens

__all__ = ["hinted", "remark", "tail", "title"]

_POLITE = re.compile(
    r"^\s*(?:(?:hello|hi|hey|please|kindly|now|then|and|also|ok|okay|could you|can you|would you|will you"
    r"|i want (?:you )?to|i would like (?:you )?to|i'd like (?:you )?to|i need (?:you )?to)\b[\s,]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\b(?:in|into|for|at|to|near|from|of|about|called|named)\s+(?!(?:the|my|a|an|me|it|this|that|you|your|is|be)\b)"
    r"([^\W\d_][\w' -]{0,40}?)(?=\s*$|\s*[?.!,;]"
    r"|\s+(?:on|at|for|in|to|from|with|and|or|today|tomorrow|tonight|now|please|by|next|this|is|like)\b)",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\b(?:because|since|as)\b\s+(.+?)[.!?]?\s*$", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|regarding|titled|called|named)\s+(.+?)(?=\s+(?:saying|that says|on|at|by|with)\b|[.!?]?\s*$)",
    re.IGNORECASE,
)
_SEARCH = re.compile(
    r"^(?:search|look|google|find|check)\b(?:\s+(?!for\b)\w+){0,4}?\s+for\s+|^(?:search|look up|find|google)\s+",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\s*\bfor\s+[\w.]+\s+(?:minutes?|mins?|hours?|days?)\b", re.IGNORECASE)


def hinted(text: str, name: str) -> str | None:
    """Return what a text gives for a parameter by its name: "city: Paris", "reason is damage".

    Example:
        >>> hinted("weather, city: New York, please", "city")
        'New York'
    """
    spelled = r"[\s_-]?".join(re.escape(word) for word in name_words(name))
    if not spelled:
        return None
    match = re.search(
        rf"\b{spelled}\b\s*(?::|=|\bis\b|\bto be\b)\s*(?:\"([^\"]+)\"|'([^']+)'|(\S[^,;\n]*?))"
        r"(?=\s*(?:[,;\n]|[.!?](?:\s|$)|$|\band\b))",
        text,
        re.IGNORECASE,
    )
    if match is None:
        return None
    found = next((group for group in match.groups() if group), "").strip()
    return None if not found or found.lower() in STOP_WORDS - {"yes", "no", "on", "off"} else found


def tail(text: str) -> str | None:
    """Return what follows a preposition, for a place that is written in lower case.

    Example:
        >>> tail("what's the weather in new york today?")
        'new york'
    """
    for match in _TAIL.finditer(text):
        words = tokens(match[1])
        if any(word.lower() not in STOP_WORDS for word in words) and len(words) <= 3:  # noqa: PLR2004 - longer is a clause
            return match[1].strip()
    return None


def remark(text: str, name: str) -> str | None:
    """Return a sentence for a parameter of free text: a reason after "because", else the whole request.

    Example:
        >>> remark("Please cancel it because it broke.", "reason")
        'it broke'
        >>> remark("Can you find cheap flights?", "query")
        'cheap flights?'
    """
    because = _BECAUSE.search(text) if "reason" in name_words(name) else None
    if because is not None:
        return because[1]
    request = _POLITE.sub("", text).strip()
    if {"query", "search", "keyword", "keywords", "term"} & set(name_words(name)):
        request = _SEARCH.sub("", request)
    return request or None


def title(text: str) -> str | None:
    """Return a request's subject, without its verb and without when it is for.

    Example:
        >>> title("Please book a meeting with Ada tomorrow at 3pm.")
        'meeting with Ada'
    """
    about = _ABOUT.search(text)
    text = about[1] if about is not None else _POLITE.sub("", text)
    for value in reversed(values(text)):
        if value.kind in {"date", "time", "datetime"}:
            text = re.sub(r"\s*\b(?:on|at|by|for|from|until)?\s*$", "", text[: value.start]) + text[value.end :]
    words = _DURATION.sub("", text).split(",")[0].strip(" .!?").split()
    if about is None:
        words = words[1:] if len(words) > 1 else words
    while words and words[0].lower() in {"a", "an", "the", "me"}:
        words = words[1:]
    return " ".join(words) or None
