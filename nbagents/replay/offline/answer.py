"""What a rule says: the tool outputs of this turn in words, else what the history says, else what it cannot do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbagents.replay.offline.ask import Called, Returned, Said
from nbagents.replay.offline.facts import failure, in_words, parsed
from nbagents.replay.offline.recollect import recollect
from nbagents.replay.offline.words import is_question, name_words, sentences

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask
    from nbagents.replay.offline.choose import Choice

__all__ = ["say"]

_GREETING = re.compile(r"^\s*(?:hello|hi|hey|good (?:morning|afternoon|evening))\b[^?]*$", re.IGNORECASE)
_THANKS = re.compile(
    r"^\s*(?:ok(?:ay)?[,.]?\s*)?(?:thanks?|thank you|cheers|great|perfect)\b[^?]*$", re.IGNORECASE
)
_RECAP = re.compile(
    r"\b(?:summari[sz]e|summary|recap|what (?:have|did) (?:we|i) (?:talk\w*|discuss\w*|say|said|ask\w*)|our conversation)\b",
    re.IGNORECASE,
)
_GENERIC_VERBS = frozenset(
    "get fetch lookup look find check show run do make create issue query calculate compute".split()
)
_SENTENCE_WORDS = 4  # an output of so many words is a sentence of its own


def say(ask: Ask, choice: Choice) -> str:
    """Answer a request in plain sentences.

    Args:
        ask: The request.
        choice: What was chosen; nothing to call, perhaps a tool that lacks something.
    """
    outcomes = [outcome for item in ask.since if isinstance(item, Returned) and (outcome := _outcome(ask, item))]
    if outcomes:
        return " ".join(outcomes)
    return (
        _small_talk(ask.message)
        or _recap(ask)
        or recollect(ask)
        or _question_back(choice)
        or _noted(ask)
        or _lost(ask)
    )


def _outcome(ask: Ask, item: Returned) -> str | None:
    call = ask.call_of(item)
    if call is not None and call.name.startswith("transfer_to_"):
        return None
    name = call.name if call is not None else "The tool"
    wrong = failure(item.output)
    if wrong is not None:
        return _ended(f"{name} failed: {wrong}")
    text = in_words(parsed(item.output))
    if len(text.split()) >= _SENTENCE_WORDS and isinstance(parsed(item.output), str):
        return _ended(text[:1].upper() + text[1:])
    return _ended(f"{_label(call)}: {text}") if call is not None else _ended(text)


def _label(call: Called) -> str:
    """Name a call by what it is about.

    Example:
        >>> _label(Called("get_weather", '{"city": "Oslo"}'))
        'Weather for Oslo'
    """
    words = name_words(call.name)
    subject = words[1:] if len(words) > 1 and words[0] in _GENERIC_VERBS else words
    label = " ".join(subject)
    given = [value for value in call.values.values() if value is not None and not isinstance(value, dict | list)]
    about = f" for {in_words(given)}" if given else ""
    return label[:1].upper() + label[1:] + about


def _small_talk(message: str) -> str | None:
    if _THANKS.match(message) and len(message.split()) <= 8:  # noqa: PLR2004 - longer is about something
        return "You are welcome."
    if _GREETING.match(message) and len(message.split()) <= 5:  # noqa: PLR2004 - likewise
        return "Hello! What can I do for you?"
    return None


def _recap(ask: Ask) -> str | None:
    if not _RECAP.search(ask.message):
        return None
    told = [f'"{item.text}"' for item in ask.before if isinstance(item, Said) and item.role == "user"]
    return f"So far you said: {' '.join(told)}" if told else None


def _question_back(choice: Choice) -> str | None:
    if choice.unclear is None:
        return None
    needs = in_words([" ".join(name_words(name)) for name in choice.needs])
    return f"To {choice.unclear.title} I need to know: {needs}."


def _noted(ask: Ask) -> str | None:
    told = [text for text in sentences(ask.message) if not is_question(text)]
    return f"Noted: {' '.join(told)}" if told and len(told) == len(sentences(ask.message)) else None


def _lost(ask: Ask) -> str:
    text = "No rule answers that: in offline mode I only call tools and repeat what the conversation holds."
    if not ask.tools:
        return text
    return f"{text} Here I can use: {in_words([tool.title for tool in ask.tools])}."


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "\u2026", '"')) else f"{text}."
