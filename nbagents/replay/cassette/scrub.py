"""Secrets taken out of what goes into a cassette: known kinds, the environment's values, and either in base64.

A value of the environment that could be an ordinary word (``SORT_KEY=name``) is taken out of texts, but not where
it is all of a string or the key of an object: there it is a word of the API, and a reply without it could not be
replayed. One of fewer than four characters is left alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from nbagents._secrets.hits import Hit, apart, cut_out, hits_of
from nbagents._secrets.kinds import NAMED
from nbagents._secrets.values import SHORT, EnvironmentSecrets

if TYPE_CHECKING:
    from nbagents._secrets.values import Secrets

__all__ = ["Scrubber"]

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_TO_STANDARD = str.maketrans("-_", "+/")
_SHORTEST_NAMED = 6  # characters of a value that is secret only because of its key
_SHORTEST_VALUE = 4  # characters of a variable's value


class Scrubber:
    """Finds secrets and takes them out.

    Example:
        >>> Scrubber().text("use ghp_0123456789abcdefghijABCDEFGHIJ012345 please")
        'use [redacted GitHub token] please'
    """

    def __init__(self) -> None:
        self._environment = EnvironmentSecrets()

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a JSON value without secrets."""
        return self._value(value, self._environment.current())

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return cut_out(text, self.hits(text))

    def hits(self, text: str) -> list[Hit]:
        """Return where secrets are, in order and apart from each other."""
        return self._hits(text, self._environment.current())

    def hits_in_file(self, text: str) -> list[Hit]:
        """Return where secrets are in text that is not one string but a whole file, which has words of its own."""
        return [hit for hit in self.hits(text) if not (hit.variable and hit.end - hit.start < SHORT)]

    def _value(self, value: Any, secrets: Secrets) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            return self._string(value, secrets)
        if isinstance(value, list):
            return [self._value(item, secrets) for item in value]
        if isinstance(value, dict):
            return {self._string(key, secrets): self._field(key, item, secrets) for key, item in value.items()}
        return _number(value, secrets)

    def _string(self, text: str, secrets: Secrets) -> str:
        hits = self._hits(text, secrets)
        word = len(hits) == 1 and hits[0].variable and hits[0].end - hits[0].start == len(text) < SHORT
        return text if word else cut_out(text, hits)

    def _field(self, key: str, value: Any, secrets: Secrets) -> Any:  # noqa: ANN401 - any JSON value
        plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        if plain and len(str(value)) >= _SHORTEST_NAMED and NAMED.fullmatch(key):
            return Hit(0, 0, "named secret").mark
        return self._value(value, secrets)

    def _hits(self, text: str, secrets: Secrets) -> list[Hit]:
        found = _plain_hits(text, secrets)
        for match in _BASE64.finditer(text):
            inside = _decoded(match[0])
            hidden = _plain_hits(inside, secrets) if inside else []
            if hidden:
                found.append(Hit(match.start(), match.end(), hidden[0].name))
        return apart(found)


def _plain_hits(text: str, secrets: Secrets) -> list[Hit]:
    return [hit for hit in hits_of(text, secrets) if not hit.variable or hit.end - hit.start >= _SHORTEST_VALUE]


def _decoded(run: str) -> str:
    bare = run.rstrip("=").translate(_TO_STANDARD)
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return data.decode("latin-1")


def _number(value: Any, secrets: Secrets) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not secrets.names:
        return value
    text = str(value)
    known = len(text) >= SHORT and text in secrets.names  # a shorter number is a count
    return Hit(0, 0, secrets.names[text]).mark if known else value
