"""Ids that differ from run to run: each becomes a number, in the order in which it first appears."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Numbering"]

_HEX = "[0-9a-fA-F]"
_UUID = rf"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
# The API's and the SDK's prefixes. Not `file`, `vs` or `asst`: those name what a person chose and means.
_PREFIXES = (
    "call|chatcmpl|ci|conv|cu|evt|event|fc|group|ig|item|lsh|mcp|mcpl|mcpr|msg|req|resp|response|rs|run|sess|span|"
    "toolu|trace|ws"
)
_ID = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?P<kind>{_PREFIXES})[_-](?P<tail>[A-Za-z0-9]{{16,}})|{_UUID}|{_HEX}{{32}})(?![A-Za-z0-9])"
)
_RANDOM = re.compile(r"\d|[a-z][A-Z]|[A-Z][a-z]")  # a tail of one lower-case word is a word


class Numbering:
    """Numbers the ids of one request.

    Example:
        >>> numbering = Numbering()
        >>> numbering.text("call_Ab3dEf6hIj9kLm2n then msg_0123456789abcdef0123 then call_Ab3dEf6hIj9kLm2n")
        'call:1 then msg:2 then call:1'
    """

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that were numbered, in order."""
        return tuple(self._numbers)

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a JSON value with every id in it numbered; keys of objects are taken in sorted order."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(value[key]) for key in sorted(value)}
        return value

    def text(self, text: str) -> str:
        """Return a text with every id in it numbered."""
        return _ID.sub(self._number, text) if len(text) >= 16 else text  # noqa: PLR2004 - the shortest id's tail

    def _number(self, match: re.Match[str]) -> str:
        found, kind = match[0], match["kind"] or "id"
        if match["tail"] and not _RANDOM.search(match["tail"]):
            return found
        return self._numbers.setdefault(found, f"{kind}:{len(self._numbers) + 1}")
