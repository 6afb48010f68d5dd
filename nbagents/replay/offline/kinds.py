"""What kind of value a parameter wants, told by its name, format and description: data and one look-up."""

from __future__ import annotations

from typing import Any

from nbagents.replay.offline.words import name_words, tokens, word_set

__all__ = ["KIND_WORDS", "UNITS", "kind_of"]

KIND_WORDS: dict[str, frozenset[str]] = {
    kind: word_set(words)
    for kind, words in {
        "email": "email mail emails",
        "url": "url link website uri",
        "date": "date day deadline birthday when",
        "time": "time hour start end clock",
        "id": "id ids identifier code sku reference ref ticket key number no account zip postcode phone invoice "
        "order booking",
        "place": "city cities country location place town destination origin address region state source target "
        "from to where",
        "person": "name names customer person people user attendee attendees recipient author who username "
        "patient guest",
        "language": "language lang",
        "expression": "expression formula equation calculation",
        "text": "query question text message input prompt topic title subject reason description content body "
        "note summary request task keyword keywords search instruction instructions comment problem issue details "
        "term phrase sentence",
    }.items()
}
_FORMAT_KINDS = {
    "email": "email",
    "uri": "url",
    "url": "url",
    "date": "date",
    "date-time": "datetime",
    "time": "time",
    "uuid": "id",
}

# What a number's unit says about the parameter it is for.
UNITS: dict[str, frozenset[str]] = {
    unit: word_set(words)
    for units, words in {
        "kg kgs kilo kilos kilogram kilograms g gram grams lb lbs pound pounds": "weight kg mass grams lb",
        "km kilometre kilometres kilometer kilometers mile miles": "distance length km miles",
        "metre metres meter meters m": "distance length height metres meters",
        "minute minutes min mins": "duration minutes length",
        "hour hours h hrs": "duration hours",
        "day days": "days duration",
        "night nights": "nights duration days",
        "week weeks": "weeks duration",
        "person persons people guest guests adults": "people guests party size persons count adults",
        "dollar dollars usd euro euros eur gbp": "amount price total budget cost value sum",
        "percent": "percent percentage rate discount",
        "degree degrees celsius fahrenheit c f": "temperature degrees celsius fahrenheit",
        "piece pieces item items copy copies unit units ticket tickets": "quantity count number tickets items",
    }.items()
    for unit in units.split()
}


def kind_of(name: str, schema: dict[str, Any]) -> str:
    """Tell the kind of a text parameter; the last word of its name weighs most.

    Args:
        name: The parameter's name.
        schema: Its schema.

    Example:
        >>> kind_of("customer_email", {}), kind_of("order_id", {}), kind_of("city", {})
        ('email', 'id', 'place')
    """
    form = _FORMAT_KINDS.get(schema.get("format", ""))
    if form is not None:
        return form
    words = name_words(name)
    if len(words) > 1:  # "from_currency" is a currency; "from" alone is a place
        words = [word for word in words if word not in {"from", "to"}]
    for word in reversed(words):
        for kind, known in KIND_WORDS.items():
            if word in known:
                return kind
    described = [word.lower() for word in tokens(str(schema.get("description", "")))]
    for word in described:
        for kind in ("email", "url", "date", "place", "language", "expression", "id", "person"):
            if word in KIND_WORDS[kind] and word not in {
                "from",
                "to",
                "no",
                "key",
                "when",
                "end",
                "start",
                "order",
            }:
                return kind
    return "generic"
