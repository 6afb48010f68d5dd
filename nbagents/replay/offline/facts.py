"""What tools have returned: read as JSON or Python values where they are, and put into words."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.ask import Returned
from nbagents.replay.offline.leaf import MISSING
from nbagents.replay.offline.synonyms import related
from nbagents.replay.offline.words import name_words, stem

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask

__all__ = ["facts_of", "failure", "in_words", "parsed", "recall"]

_BOILERPLATE = re.compile(
    r"^(?:an error occurred while running the tool\.?\s*(?:please try again\.?)?)?\s*(?:error:)?", re.IGNORECASE
)
_FAILURES = ("an error occurred while running the tool", "error:", "traceback (most recent call last)")
_MOST = 12  # entries of a list that are said; the rest is counted


def parsed(output: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a tool's output: JSON, a Python literal (the SDK sends ``str(dict)``), or the text itself.

    Example:
        >>> parsed("{'status': 'shipped'}"), parsed('{"total": 3}'), parsed("sunny")
        ({'status': 'shipped'}, {'total': 3}, 'sunny')
    """
    text = output.strip()
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def failure(output: str) -> str | None:
    """Return what went wrong where an output is an error, else None; empty where the SDK keeps it to itself.

    Example:
        >>> failure("An error occurred while running the tool. Please try again. Error: no such order")
        'no such order'
    """
    if not output.strip().lower().startswith(_FAILURES):
        return None
    return _BOILERPLATE.sub("", output.strip()).strip()


def facts_of(ask: Ask) -> list[dict[str, Any]]:
    """Return the objects that tools have returned, newest first, nested ones after the one that holds them."""
    outputs = [item.output for item in reversed(ask.history) if isinstance(item, Returned)]
    return [found for output in outputs for found in _objects(parsed(output))]


def recall(facts: list[dict[str, Any]], name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value that the facts hold under a name, or under another word for it, or ``MISSING``.

    Example:
        >>> recall([{"total": 42.5, "item": "lamp"}], "amount")
        42.5
    """
    wanted = {stem(word) for word in name_words(name)}
    for fact in facts:
        exact = [key for key in fact if {stem(word) for word in name_words(str(key))} == wanted]
        if exact:
            return fact[exact[0]]
    head = name_words(name)[-1:] or [name]
    for fact in facts:
        for key, value in fact.items():
            words = name_words(str(key))
            if words and stem(words[-1]) in related(stem(head[0])) and not isinstance(value, dict | list):
                return value
    return MISSING


def in_words(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Put a value into words.

    Example:
        >>> in_words({"order_id": "A-1043", "items": ["lamp", "bulb"], "paid": True})
        'order id: A-1043, items: lamp and bulb, paid: yes'
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}" if value.is_integer() else f"{value:.10g}"
        case dict():
            return (
                ", ".join(f"{' '.join(name_words(str(key))) or key}: {_inner(one)}" for key, one in value.items())
                or "nothing"
            )
        case list() | tuple():
            return _listed([_inner(one) for one in value])
        case _:
            return str(value).strip()


def _inner(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return f"({in_words(value)})" if isinstance(value, dict) and value else in_words(value)


def _listed(words: list[str]) -> str:
    if len(words) > _MOST:
        return f"{', '.join(words[:_MOST])} and {len(words) - _MOST} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "nothing"


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return [value, *(found for one in value.values() for found in _objects(one))]
    if isinstance(value, list):
        return [found for one in value for found in _objects(one)]
    return []
