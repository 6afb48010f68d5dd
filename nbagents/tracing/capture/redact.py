"""Secrets, audio and images taken out of JSON text, before anything is written or shown.

Taken out are the known kinds of secret (see ``_secrets/kinds.py``), the values of environment variables (see
``_secrets/values.py``) in any spelling, and media (see ``_media.py``). The text is searched for a few short
strings first, which is nearly all that ordinary text costs; only where one is found is the JSON parsed, cleaned
and written again, so it stays valid.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nbagents._media import LONG, has_long_run, replace_embedded, replace_field
from nbagents._secrets.hits import Hit, apart, cut_out, hits_of, suspect
from nbagents._secrets.kinds import NAMED
from nbagents._secrets.values import EnvironmentSecrets
from nbagents.tracing.capture.encode import MAX_CHARACTERS, Json, encode, fit, whole_text

if TYPE_CHECKING:
    from nbagents._secrets.values import Secrets

__all__ = ["Redactor"]

_MEDIA_SIGNS = (";base64,", "b64_json", "file_data")
_MEDIA_WORDS = ("audio", "image")  # words of ordinary text too, so a second look tells
_MEDIA_WORD = re.compile(r"""audio["./]|["_]image|image[/_]""")
_NUMBER_LENGTH = 4  # shorter numbers are counts, and tokens would be the first to go
_SHORTEST_NAMED = 6  # characters of a value that is secret only because of its key
_MAX_NAMES = 1_000
_MAX_INNOCENT = 32


class Redactor:
    """Takes secrets and media out of what is to be stored; one for a file, used from any thread."""

    def __init__(self) -> None:
        self._environment = EnvironmentSecrets()
        self._view = _View(self._environment.current())

    def refresh(self) -> None:
        """Take up what the environment holds now, and forget what was looked at without it."""
        secrets = self._environment.current()
        if secrets is not self._view.secrets:
            self._view = _View(secrets)

    def json(self, *pieces: str) -> str:
        """Return JSON text without secrets and media, and no longer than ``encode.MAX_CHARACTERS``.

        Args:
            pieces: Valid JSON together. One of type ``Json`` is looked through once, and remembered.
        """
        self.refresh()
        text = self._view.json(pieces)
        return text if len(text) <= MAX_CHARACTERS else fit(text)

    def name(self, text: str) -> str:
        """Return a name, message or other plain text without secrets and media."""
        known = self._view.names.get(text)
        if known is None:
            self.refresh()  # one that is known was stored like this already: looking again would hide nothing
            known = self._view.name(text)
        return known


class _View:
    """What is secret at one time, and what was looked at under it; a new environment begins a new one."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.names: dict[str, str] = {}
        self._innocent: set[str] = set()  # pieces without secrets and media

    def json(self, pieces: tuple[str, ...]) -> str:
        """Clean JSON text, which is read again only where a piece is suspect."""
        text = "".join(pieces)
        for piece in pieces:
            comes_again = isinstance(piece, Json)
            if comes_again and piece in self._innocent:
                continue
            if self._suspect(piece):
                return whole_text(encode(self._clean(json.loads(text))))
            if comes_again:
                self._remember(piece)
        return text

    def name(self, text: str) -> str:
        """Clean a short text, and remember it: names come again and again."""
        if len(self.names) >= _MAX_NAMES:
            self.names.clear()
        cleaned = self.names[text] = whole_text(self._string(text, in_key=False))
        return cleaned

    def _remember(self, piece: str) -> None:
        if len(self._innocent) >= _MAX_INNOCENT:
            self._innocent.clear()
        self._innocent.add(piece)

    def _suspect(self, text: str) -> bool:
        for sign in _MEDIA_SIGNS:
            if sign in text:
                return True
        for word in _MEDIA_WORDS:
            if word in text and _MEDIA_WORD.search(text):
                return True
        return suspect(text, self.secrets) or (len(text) >= LONG and has_long_run(text))

    def _clean(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            return self._string(value, in_key=False)
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {self._string(key, in_key=True): self._field(value, key) for key in value}
        return self._number(value)

    def _field(self, owner: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - any JSON value
        value = owner[key]
        if isinstance(value, str):
            note = replace_field(owner, key, value)
            if note is not None:
                return note
        plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        if plain and len(str(value)) >= _SHORTEST_NAMED and NAMED.fullmatch(key):
            return Hit(0, 0, "named secret").mark
        return self._clean(value)

    def _number(self, value: float | bool | None) -> float | bool | str | None:  # noqa: FBT001 - a JSON value
        names = self.secrets.names
        if not names or value is None or isinstance(value, bool):
            return value
        text = str(value)
        return Hit(0, 0, names[text]).mark if len(text) >= _NUMBER_LENGTH and text in names else value

    def _string(self, text: str, *, in_key: bool) -> str:
        text = replace_embedded(text)
        return cut_out(text, apart(hits_of(text, self.secrets, in_key=in_key)))
