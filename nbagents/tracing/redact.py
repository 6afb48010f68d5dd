"""Secrets, audio and images taken out of JSON text, before anything is queued or written.

Taken out are bearer tokens, keys that begin with ``sk-``, the values of environment variables (see
``_secrets.py``) in any spelling, and media (see ``_media.py``). The text is searched for a few short strings
first, which is nearly all that ordinary text costs; only where one is found is the JSON parsed, cleaned and
written again, so it stays valid.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nbagents._media import LONG, has_long_run, replace_embedded, replace_field
from nbagents._secrets import BEARER, KEY, EnvironmentSecrets
from nbagents.tracing.encode import MAX_CHARACTERS, Json, encode, fit, whole_text

if TYPE_CHECKING:
    from nbagents._secrets import Secrets

__all__ = ["Redactor"]

_MEDIA_SIGNS = (";base64,", "b64_json", "file_data")
_MEDIA_WORDS = ("audio", "image")  # words of ordinary text too, so a second look tells
_MEDIA_WORD = re.compile(r"""audio["./]|["_]image|image[/_]""")
_NUMBER_LENGTH = 4  # shorter numbers are counts, and tokens would be the first to go
_MAX_NAMES = 1_000
_MAX_INNOCENT = 32


class Redactor:
    """Takes secrets and media out of what is to be stored; one per processor."""

    def __init__(self) -> None:
        self._environment = EnvironmentSecrets()
        self._secrets = self._environment.current()
        self._names: dict[str, str] = {}
        self._innocent: set[str] = set()  # pieces without secrets and media

    def refresh(self) -> None:
        """Take up what the environment holds now, and forget what was looked at without it."""
        secrets = self._environment.current()
        if secrets is not self._secrets:
            self._secrets = secrets
            self._names.clear()
            self._innocent.clear()

    def json(self, *pieces: str) -> str:
        """Return JSON text without secrets and media, and no longer than ``encode.MAX_CHARACTERS``.

        Args:
            pieces: Valid JSON together. One of type ``Json`` is looked through once, and remembered.
        """
        self.refresh()
        text = "".join(pieces)
        for piece in pieces:
            comes_again = isinstance(piece, Json)
            if comes_again and piece in self._innocent:
                continue
            if self._suspect(piece):
                text = whole_text(encode(self._clean(json.loads(text))))
                break
            if comes_again:
                self._remember(piece)
        return text if len(text) <= MAX_CHARACTERS else fit(text)

    def _remember(self, piece: str) -> None:
        if len(self._innocent) >= _MAX_INNOCENT:
            self._innocent.clear()
        self._innocent.add(piece)

    def name(self, text: str) -> str:
        """Return a name, message or other plain text without secrets and media."""
        known = self._names.get(text)
        if known is None:
            self.refresh()  # one that is known was stored like this already: looking again would hide nothing
            if len(self._names) >= _MAX_NAMES:
                self._names.clear()
            known = self._names[text] = whole_text(self._string(text, in_key=False))
        return known

    def _suspect(self, text: str) -> bool:
        for needle in self._secrets.needles:
            if needle in text:
                return True
        for sign in _MEDIA_SIGNS:
            if sign in text:
                return True
        for word in _MEDIA_WORDS:
            if word in text and _MEDIA_WORD.search(text):
                return True
        if "sk-" in text and KEY.search(text):
            return True
        if ("earer" in text or "EARER" in text) and BEARER.search(text):
            return True
        return len(text) >= LONG and has_long_run(text)

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
        note = replace_field(owner, key, value) if isinstance(value, str) else None
        return self._clean(value) if note is None else note

    def _number(self, value: float | bool | None) -> float | bool | str | None:  # noqa: FBT001 - a JSON value
        names = self._secrets.names
        if not names or value is None or isinstance(value, bool):
            return value
        text = str(value)
        return _mark(names[text]) if len(text) >= _NUMBER_LENGTH and text in names else value

    def _string(self, text: str, *, in_key: bool) -> str:
        text = _without_values(replace_embedded(text), self._secrets, in_key=in_key)
        if "sk-" in text:
            text = KEY.sub("sk-[redacted]", text)
        return BEARER.sub(r"\1[redacted]", text) if "earer" in text.lower() else text


def _without_values(text: str, secrets: Secrets, *, in_key: bool) -> str:
    pattern = secrets.key_pattern if in_key else secrets.pattern
    names = secrets.names
    if pattern is None or names is None:
        return text
    return pattern.sub(lambda match: _mark(names[match[0]]), text)


def _mark(name: str) -> str:
    return f"[redacted {name}]"
