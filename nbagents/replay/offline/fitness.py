"""How well a tool fits a part of a message: words they share, its name counting for more than its description."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.replay.offline.synonyms import meaning
from nbagents.replay.offline.words import name_words, stem, stems, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.replay.offline.ask import Tool

__all__ = ["FITS", "FITS_WELL", "Fitness"]

FITS = 1.5  # one word of the name, or two of the description
FITS_WELL = 2.5  # a word of the name said, not only meant
_NAME, _DESCRIPTION, _PARAMETER, _VERB = 3.0, 1.0, 0.5, 0.5
_MEANT = 0.5  # a word that is meant counts half of one that is said
_MOST_DESCRIPTION = 3.0

_OPENS = 1.5  # for a clause that opens with a word of the tool's name
_ACTING = word_set("create book send issue delete remove update cancel set make schedule write post buy place")
_LOOKS_BACK = re.compile(r"^\s*(?:what|when|which|how much|how many)\s+(?:did|was|were)\b", re.IGNORECASE)
_LOOKS = re.compile(
    r"^\s*(?:what|what's|when|where|where's|which|who|is|are|do|does|did|has|have)\b", re.IGNORECASE
)

_BOILERPLATE = re.compile(r"Handoff to the .{1,80}? agent to handle the request\.?", re.DOTALL)
# Verbs that nearly any tool's name may start with: they do not tell one tool from another.
_VERBS = frozenset(
    stem(word)
    for word in word_set(
        """
        get fetch lookup look find check show tell give do run make create set call use ask search list query tool
        agent function transfer to handoff handle request a an of for the in on by with from and or my current new
        start perform return returns data info information about user users assistant helpful given details value
        """
    )
)


@dataclass(frozen=True)
class _Words:
    """A tool's words, as stems."""

    name: frozenset[str]
    verbs: frozenset[str]
    description: frozenset[str]
    parameters: frozenset[str]


class Fitness:
    """Scores the tools of one request.

    Args:
        tools: The tools. A word that several share weighs less, as it does not tell them apart.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._words = {tool.name: _words(tool) for tool in tools}

    def score(self, tool: Tool, text: str) -> float:
        """Return how well a tool fits a text: 0 for not at all, ``FITS`` and above for a call.

        Example:
            >>> from nbagents.replay.offline.ask import Tool
            >>> weather = Tool("get_weather", "Current weather in a city.")
            >>> Fitness([weather]).score(weather, "Will it rain in Oslo?") >= FITS
            True
            >>> Fitness([weather]).score(weather, "Hello, how are you?")
            0.0
        """
        said, meant = meaning(text)
        words = self._words[tool.name]
        total = _NAME * self._overlap("name", words.name, said, meant)
        total += min(
            _DESCRIPTION * self._overlap("description", words.description, said, meant), _MOST_DESCRIPTION
        )
        total += _PARAMETER * self._overlap("parameters", words.parameters, said, meant)
        total += _VERB * len(words.verbs & (said | meant))
        return total + self._manner(tool, text) if total else 0.0

    def _manner(self, tool: Tool, text: str) -> float:
        """Weigh how it is said: "refund order 7" opens with the verb; "what is planned?" does not ask to plan."""
        if tool.is_handoff and _LOOKS_BACK.match(text):
            return -2 * _OPENS
        opening = next(iter(stems(text)), "")
        if opening in self._words[tool.name].name:
            return _OPENS
        acts = bool(_ACTING & set(name_words(tool.name)[:1]))
        return -_OPENS if acts and _LOOKS.match(text) else 0.0

    def _overlap(self, field: str, words: frozenset[str], said: frozenset[str], meant: frozenset[str]) -> float:
        hits = [(word, 1.0) for word in words & said] + [(word, _MEANT) for word in words & meant]
        return sum(weight / math.sqrt(self._shared(field, word)) for word, weight in sorted(hits))

    def _shared(self, field: str, word: str) -> int:
        return sum(word in getattr(words, field) for words in self._words.values())


def _words(tool: Tool) -> _Words:
    named = frozenset(stem(word) for word in name_words(tool.name))
    name = named - _VERBS or named - {"to", "transf", "transfer"}
    described = frozenset(stems(_BOILERPLATE.sub("", tool.description))) - _VERBS - name
    properties = tool.parameters.get("properties", {})
    parameters = (
        frozenset(stem(word) for parameter in properties for word in name_words(parameter)) - name - _VERBS
    )
    allowed = {stem(str(value)) for schema in properties.values() for value in _enum(schema)}
    return _Words(name, named - name, described, parameters | allowed)


def _enum(schema: object) -> list[object]:
    found = schema.get("enum", []) if isinstance(schema, dict) else []
    return found if isinstance(found, list) else []
