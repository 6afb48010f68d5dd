"""Which strings are secret: the values of environment variables that are named like a key, as they are now.

A variable counts when its name ends in KEY, TOKEN, SECRET or PASSWORD, in any case. A value that was once seen
stays secret for the life of the process. A value of fewer than ``SHORT`` characters is removed only where it is
alone as a word, so that ``1`` does not eat every digit; and one made of letters only is not removed from the keys
of a dictionary, so that ``SORT_KEY=name`` does not break what has a field ``name``.
"""

from __future__ import annotations

import html
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BEARER", "KEY", "SHORT", "EnvironmentSecrets", "Secrets", "secrets_of"]

_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))"
KEY = re.compile(rf"{_EDGE}sk-[A-Za-z0-9_-]{{6,}}|sk-(?:[a-z]{{2,12}}-)?[A-Za-z0-9_]{{20,}}")
BEARER = re.compile(r"(?i)(bearer(?:\\*[\"']|\s|\\+[nrt]|%20|\+|:|=)+)([A-Za-z0-9._~+/=-]|\\+/){8,}")

SHORT = 8
_NAME_ENDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_NEST = 3  # JSON inside JSON inside JSON: deeper text has not been met
_UNTOUCHED = re.compile(r"[A-Za-z0-9_.~-]+")  # no encoding of text (JSON, URL, HTML) changes these
_START = r"(?:(?<!\w)|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"  # the letter of an escape is not part of a word


@dataclass(frozen=True, slots=True)
class Secrets:
    """Secret values, ready to be looked for.

    Attributes:
        needles: Strings of which at least one is in any text that holds a secret: a cheap first test.
        pattern: What matches every spelling of every secret, or None where there is none.
        key_pattern: Likewise for the keys of dictionaries.
        names: The variable each spelling belongs to.
    """

    needles: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    key_pattern: re.Pattern[str] | None = None
    names: Mapping[str, str] | None = None


def secrets_of(values: Mapping[str, str]) -> Secrets:
    """Make ready what is to be looked for.

    Args:
        values: Secret values, each with the name of its variable.

    Example:
        >>> found = secrets_of({"hunter2": "DB_PASSWORD"})
        >>> found.pattern.sub("...", "hunter2 and hunter22")
        '... and hunter22'
    """
    names = {spelling: name for value, name in values.items() for spelling in _spellings(value)}
    in_keys = [value for value in values if len(value) >= SHORT or not value.isalpha()]
    return Secrets(
        needles=tuple({_needle(value) for value in values}),
        pattern=_pattern(values),
        key_pattern=_pattern(in_keys),
        names=names,
    )


def _needle(value: str) -> str:
    return max(_UNTOUCHED.findall(value), key=len, default=value[0])


def _pattern(values: Mapping[str, str] | list[str]) -> re.Pattern[str] | None:
    pairs = [(spelling, len(value) < SHORT) for value in values for spelling in _spellings(value)]
    if not pairs:
        return None
    pairs.sort(key=lambda pair: -len(pair[0]))  # the longer one first, where one secret begins with another
    return re.compile("|".join(_expression(spelling, short=short) for spelling, short in pairs))


def _expression(spelling: str, *, short: bool) -> str:
    return rf"{_START}{re.escape(spelling)}(?!\w)" if short else re.escape(spelling)


def _spellings(value: str) -> set[str]:
    """How a value looks in text: as it is, in a URL, in HTML, in Python's repr, and inside nested JSON."""
    plain = {value, quote(value, safe=""), quote(value), quote_plus(value), html.escape(value), repr(value)[1:-1]}
    found, level = set(plain), {value}
    for _ in range(_NEST):
        level = {escaped for text in level for escaped in _escapes(text)}
        found |= level
    return found


def _escapes(text: str) -> tuple[str, ...]:
    ascii_only = json.dumps(text)[1:-1]
    html_safe = re.sub(r"[&<>]", lambda match: f"\\u{ord(match[0]):04x}", ascii_only)
    return ascii_only, json.dumps(text, ensure_ascii=False)[1:-1], ascii_only.replace("/", "\\/"), html_safe


class EnvironmentSecrets:
    """The secrets of ``os.environ``, read again whenever it has changed since the last look."""

    def __init__(self) -> None:
        self._seen: dict[object, object] = {}
        self._values: dict[str, str] = {}
        self._secrets = Secrets()

    def current(self) -> Secrets:
        """Return the secrets as of now."""
        # Comparing two dictionaries of the same objects takes a microsecond; os.environ's own mapping would decode
        # every value each time.
        data = os.environ._data  # type: ignore[attr-defined]  # noqa: SLF001 - see above; it is there on every system
        if data != self._seen:
            self._seen = dict(data)
            self._read()
        return self._secrets

    def _read(self) -> None:
        values = dict(self._values)
        for name, value in os.environ.items():
            if name.upper().endswith(_NAME_ENDS) and value.strip():
                values.setdefault(value.strip(), name)
        if values != self._values:
            self._values, self._secrets = values, secrets_of(values)
