"""Finds in a text the value that a parameter asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.kinds import UNITS, kind_of
from nbagents.replay.offline.leaf import MISSING, fits
from nbagents.replay.offline.phrases import hinted, remark, tail, title
from nbagents.replay.offline.synonyms import related
from nbagents.replay.offline.values import Value, values
from nbagents.replay.offline.words import is_request, name_words, stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Evidence"]

_FROM_WORDS = frozenset({"from", "origin", "source", "departure", "start"})
_TO_WORDS = frozenset({"to", "destination", "arrival", "target", "dest", "into"})
_PLACE_WORDS = frozenset({"in", "for", "at", "to", "near", "of", "from", "into", "around"})
_PERSON_WORDS = frozenset(
    {"with", "for", "to", "name", "is", "i'm", "am", "named", "called", "customer", "user", "by"}
)
_NEGATIONS = re.compile(r"\b(?:not|no|without|don't|do not|never|isn't|skip)\b[^.,;]*$", re.IGNORECASE)
_SCALARS = {"string", "number", "integer", "boolean"}


@dataclass
class Evidence:
    """What one text says about the parameters of one tool.

    Attributes:
        text: The text.
        others: The tool's parameter names; a number beside another's word is left for that one.
        free: Whether a parameter for free text may take the text itself.
        offset: Where the text starts in the message.
        used: Where in the message the values stand that were given to a parameter; shared by its parts.
    """

    text: str
    others: tuple[str, ...] = ()
    free: bool = True
    offset: int = 0
    used: set[int] = field(default_factory=set)

    def find(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value for a parameter, or ``MISSING``.

        Example:
            >>> Evidence("Refund $42.50 for order A-1043").find("order_id", {"type": "string"})
            'A-1043'
        """
        kind = "enum" if schema.get("enum") else schema.get("type", "string")
        finders: dict[str, Callable[[str, dict[str, Any]], Any]] = {
            "enum": self._enum,
            "number": self._number,
            "integer": self._number,
            "boolean": self._boolean,
            "array": self._array,
            "string": self._string,
        }
        return finders[kind](name, schema) if name and kind in finders else MISSING

    def series(self, name: str, schema: dict[str, Any]) -> list[Any]:
        """Return the values of a list in the text ("Paris, Rome and Oslo") that fit a parameter for one value.

        Example:
            >>> Evidence("Compare the weather in Paris and Oslo").series("city", {"type": "string"})
            ['Paris', 'Oslo']
        """
        if schema.get("type") not in _SCALARS or set(name_words(name)) & (_FROM_WORDS | _TO_WORDS):
            return []
        first = self._best(name, schema)
        if first is None:
            return []
        chain = _chain(self.text, first, [value for value in values(self.text) if value.kind == first.kind])
        found = [_as_type(value, schema) for value in chain]
        return [value for value in found if value is not MISSING and fits(value, schema)]

    def _enum(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        said = [stem(word) for word in re.findall(r"\w+", self.text)]
        for allowed in schema["enum"]:
            wanted = [stem(word) for word in name_words(str(allowed))]
            if wanted and _contains(said, wanted):
                return allowed
        for allowed in schema["enum"]:
            if related(stem(str(allowed))) & set(said):
                return allowed
        number = self._number(name, {"type": "number"})
        return number if number in schema["enum"] else MISSING

    def _boolean(self, name: str, _: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        explicit = hinted(self.text, name)
        if explicit is not None and explicit.lower() in {"true", "yes", "on", "false", "no", "off"}:
            return explicit.lower() in {"true", "yes", "on"}
        wanted = [
            word for word in name_words(name) if word not in {"is", "has", "with", "include", "use", "should"}
        ]
        for word in re.finditer(r"\w+", self.text):
            if stem(word[0]) == stem(wanted[-1] if wanted else name):
                return not _NEGATIONS.search(self.text[: word.start()])
        return MISSING

    def _number(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        best = self._best(name, schema)
        if best is None:
            return MISSING
        self.used.add(self.offset + best.start)
        return _as_type(best, schema)

    def _string(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        explicit = hinted(self.text, name)
        if explicit is not None and fits(explicit, schema):
            return explicit
        best = self._best(name, schema)
        if best is not None:
            self.used.add(self.offset + best.start)
            return best.text
        kind = kind_of(name, schema)
        phrase = self._phrase(name, kind)
        return phrase if phrase and fits(phrase, schema) else MISSING

    def _phrase(self, name: str, kind: str) -> str | None:
        """Take a part of the text itself, where the kind of parameter allows it."""
        if kind in {"place", "language"}:
            place = tail(self.text)
            return place.title() if place is not None and place.islower() else place
        if kind == "text" and self.free:
            return (
                title(self.text)
                if {"title", "subject", "topic"} & set(name_words(name))
                else remark(self.text, name)
            )
        if kind == "generic" and self.free:
            return tail(self.text)
        return None

    def _array(self, name: str, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        items = schema.get("items", {})
        if items.get("enum"):
            found = [allowed for allowed in items["enum"] if self._enum(name, {"enum": [allowed]}) is not MISSING]
            return found or MISSING
        if not isinstance(items.get("type"), str) or items["type"] not in _SCALARS - {"boolean"}:
            return MISSING
        first = self._best(name, items)
        if first is None:
            return MISSING
        alike = [value for value in values(self.text) if value.kind == first.kind and value.start >= first.start]
        if items["type"] == "string":
            alike = _chain(self.text, first, alike)
        self.used.update(self.offset + value.start for value in alike)
        found = [_as_type(value, items) for value in alike]
        return [value for value in found if value is not MISSING and fits(value, items)] or MISSING

    def _best(self, name: str, schema: dict[str, Any]) -> Value | None:
        numeric = schema.get("type") in {"number", "integer"}
        kinds = ("money", "number", "id") if numeric else self._kinds(name, schema)
        scored = [
            (
                self._score(value, name) + (len(kinds) - kinds.index(value.kind)) * (0 if numeric else 3),
                -value.start,
                value,
            )
            for value in values(self.text)
            if value.kind in kinds
            and self.offset + value.start not in self.used
            and self._may_be(value, name, schema)
        ]
        return max(scored, key=lambda one: one[:2])[2] if scored else None

    def _kinds(self, name: str, schema: dict[str, Any]) -> tuple[str, ...]:
        """Return which kinds of value a text parameter takes, the best first."""
        if name in _ADDRESSEES and any(value.kind == "email" for value in values(self.text)):
            return ("email",)
        if name in _TITLES and _BODIES & set(self.others):
            return ()  # what is quoted is the body
        return _KINDS[kind_of(name, schema)]

    def _may_be(self, value: Value, name: str, schema: dict[str, Any]) -> bool:
        converted = _as_type(value, schema)
        if converted is MISSING or not fits(converted, schema):
            return False
        kind = kind_of(name, schema)
        if schema.get("type") in {"number", "integer"}:
            return value.kind != "id" or self._beside(value, name)
        if value.kind == "number" and kind in {"id", "generic"}:
            return self._beside(value, name)
        if value.kind == "name" and kind in {"place", "generic"}:
            return _direction_fits(value, name) and (kind == "generic" or self._is_placed(value))
        return True

    def _is_placed(self, value: Value) -> bool:
        """Tell a place from a person by what stands before it, unless nearly nothing else is said."""
        before = value.before[0] if value.before else ""
        led = before in _PLACE_WORDS | {"and", "or", "is"} or is_request(before)
        listed = self.text[: value.start].rstrip().endswith((",", ":"))
        return led or listed or len(self.text.split()) <= _SHORT

    def _beside(self, value: Value, name: str) -> bool:
        return self._score(value, name) >= _BESIDE

    def _score(self, value: Value, name: str) -> int:
        mine = {stem(word) for word in name_words(name)}
        theirs = {stem(word) for other in self.others if other != name for word in name_words(other)} - mine
        near = [*value.before[:2], *value.after[:1]]
        score = _BESIDE * _near(near, mine) - 2 * _near(near, theirs)
        unit_words = {stem(word) for unit in _units(value) for word in UNITS.get(unit, ())}
        score += _BESIDE * bool(unit_words & mine) - 2 * bool(unit_words & theirs)
        place_like = value.kind == "name" and value.before[:1] and value.before[0] in _PLACE_WORDS
        person_like = value.kind == "name" and value.before[:1] and value.before[0] in _PERSON_WORDS
        kind = kind_of(name, {})
        return score + bool(place_like and kind == "place") + bool(person_like and kind == "person")


_BESIDE = 4
_SHORT = 4  # words of a text in which a name needs no preposition to be a place
_ADDRESSEES = frozenset({"to", "recipient", "recipients", "cc", "bcc", "address"})
_TITLES = frozenset({"title", "subject", "topic"})
_BODIES = frozenset({"body", "message", "text", "content"})
# Which kinds of value a kind of parameter takes, the best first.
_KINDS: dict[str, tuple[str, ...]] = {
    "email": ("email",),
    "url": ("url",),
    "date": ("date", "datetime"),
    "datetime": ("datetime", "date"),
    "time": ("time", "datetime"),
    "id": ("id", "number"),
    "place": ("name",),
    "language": ("name",),
    "person": ("name", "quoted", "email"),
    "expression": ("expression", "quoted"),
    "text": ("quoted",),
    "generic": ("quoted", "id", "name", "date", "number"),
}


def _units(value: Value) -> Iterable[str]:
    yield from value.after[:1]
    if value.kind == "money":
        yield "dollars"


def _near(words: list[str], wanted: set[str]) -> bool:
    return any(related(stem(word)) & wanted for word in words)


def _direction_fits(value: Value, name: str) -> bool:
    words, before = set(name_words(name)), value.before[0] if value.before else ""
    if words & _FROM_WORDS:
        return before not in {"to", "for", "into", "in"}
    if words & _TO_WORDS:
        return before in {"to", "for", "into", "in"}
    return True


def _contains(said: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(said[at : at + size] == wanted for at in range(len(said) - size + 1))


def _as_type(value: Value, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    kind = schema.get("type")
    if kind not in {"number", "integer"}:
        return value.text
    number = value.number
    if number is None or (kind == "integer" and number != int(number)):
        return MISSING
    return int(number) if kind == "integer" else number


def _chain(text: str, first: Value, alike: list[Value]) -> list[Value]:
    """Return the values that stand in one list with the first, joined by commas, "and", "or" and prepositions."""
    chain = [first]
    for value in (one for one in alike if one.start > first.start):
        between = text[chain[-1].end : value.start]
        if re.fullmatch(
            r"\s*(?:,|;|&|and|or|vs\.?|versus|\s)*\s*(?:in|for|of|at|with|order|orders|the|\s)*#?\s*", between
        ):
            chain.append(value)
    return chain
