"""Final answers that must meet a schema: filled from tool outputs, the message, and the plain answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.evidence import Evidence
from nbagents.replay.offline.facts import facts_of, recall
from nbagents.replay.offline.kinds import kind_of
from nbagents.replay.offline.leaf import MISSING, fits
from nbagents.replay.offline.schema import Builder
from nbagents.replay.offline.synonyms import meaning
from nbagents.replay.offline.words import STOP_WORDS, name_words, stem, tokens, word_set

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask

__all__ = ["structured"]

_EMPTY_WORDS = frozenset(
    stem(word) for word in word_set("is has are was should can needs flag about asks asking user question")
)


def structured(ask: Ask, plain: str) -> str:
    """Return JSON that meets the request's schema.

    Args:
        ask: The request; its schema is not None.
        plain: The answer in words, for fields of free text.
    """
    schema = ask.schema or {}
    if not schema:
        return json.dumps({"answer": plain}, ensure_ascii=False)
    built = Builder(schema, _Findings(ask, plain, schema).find).build("")
    return json.dumps(built.value, ensure_ascii=False)


@dataclass
class _Findings:
    """Where a field's value may come from, best first: tool outputs, the message, the plain answer."""

    ask: Ask
    plain: str
    schema: dict[str, Any]

    def find(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Return a field's value, or MISSING."""
        candidates = (self._fact, self._judged, self._said, self._worded)
        for candidate in candidates:
            value = candidate(name, schema)
            if value is not MISSING and fits(value, schema):
                return value
        return MISSING

    def _fact(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        value = recall(facts_of(self.ask), name)
        if isinstance(value, int | float) and not isinstance(value, bool) and schema.get("type") == "string":
            return str(value)
        return value

    def _judged(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Answer yes or no: whether the message is about what the field is named for."""
        if schema.get("type") != "boolean":
            return MISSING
        explicit = Evidence(self.ask.message).find(name, schema)
        if explicit is not MISSING:
            return explicit
        wanted = {stem(word) for word in name_words(name)} - _EMPTY_WORDS
        said, meant = meaning(self.ask.message)
        return bool(wanted & (said | meant))

    def _said(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        if (
            schema.get("type") == "string"
            and not schema.get("enum")
            and kind_of(name, schema) in {"text", "generic"}
        ):
            return MISSING  # free text is worded from the answer
        return Evidence(self.ask.message, free=False).find(name, schema)

    def _worded(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        if schema.get("type", "string") != "string" or schema.get("enum") or schema.get("format"):
            return MISSING
        if {"reason", "reasoning", "rationale", "explanation", "why"} & set(name_words(name)):
            words = [word for word in tokens(self.ask.message) if word.lower() not in STOP_WORDS]
            return f"By rule, from the words: {', '.join(words[:8]) or 'none'}."
        if kind_of(name, schema) not in {"text", "generic"}:
            return MISSING
        return self.plain[: schema.get("maxLength", len(self.plain))]
