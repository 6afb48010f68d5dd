"""What a rule says: the tool outputs of this turn in words, else what the history says, else what it cannot do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.arguments import must_have
from nbagents.replay.offline.ask import Called, Returned, Said
from nbagents.replay.offline.facts import failure, in_words, parsed, recall
from nbagents.replay.offline.leaf import MISSING
from nbagents.replay.offline.recollect import recollect
from nbagents.replay.offline.words import is_request, name_words, sentences, stem, stems, word_set

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask
    from nbagents.replay.offline.choose import Choice

__all__ = ["say"]

_GREETING = re.compile(
    r"^\s*(?:hello|hi|hey|good (?:morning|afternoon|evening))\b(?:\s+\w+)?[\s,.!]*"
    r"(?:how are you(?: doing| today)?)?[\s.!?]*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\s*(?:ok(?:ay)?[,.]?\s*)?(?:thanks?|thank you|cheers|great|perfect)\b[^?]*$", re.IGNORECASE
)
_RECAP = re.compile(
    r"\b(?:summari[sz]e|summary of|recap)\b.*\b(?:conversation|chat|so far|said)\b"
    r"|^\s*(?:summari[sz]e|recap)[\s.!]*$"
    r"|\bwhat (?:have|did) (?:we|i) (?:talk\w*|discuss\w*|say|said|ask\w*)(?: about)?(?: so far)?[\s?]*$",
    re.IGNORECASE,
)
_GENERIC_VERBS = word_set("get fetch lookup look find check show run do make create query search")
_SENTENCE_WORDS = 4  # an output of so many words is a sentence of its own
_LONGEST_LABEL = 40  # characters of an argument that may name what an answer is about
_MOST_LABELS = 3


def say(ask: Ask, choice: Choice) -> str:
    """Answer a request in plain sentences.

    Args:
        ask: The request.
        choice: What was chosen; nothing to call, perhaps a tool that lacks something.
    """
    outcomes = [outcome for item in ask.since if isinstance(item, Returned) and (outcome := _outcome(ask, item))]
    if outcomes:
        return " ".join(outcomes)
    asked = _question_back(choice)
    remembered = recollect(ask, well=asked is not None)
    return (
        _small_talk(ask.message)
        or _recap(ask)
        or remembered
        or _introduced(ask, asked or _noted(ask) or _lost(ask))
    )


def _outcome(ask: Ask, item: Returned) -> str | None:
    call = ask.call_of(item)
    if call is not None and call.name.startswith("transfer_to_"):
        return None
    wrong = failure(item.output)
    if wrong is not None:
        name = call.name if call is not None else "The tool"
        return _ended(f"{name} failed: {wrong}" if wrong else f"{name} failed")
    value = parsed(item.output)
    text = in_words(value)
    if call is None or _speaks_for_itself(value, call):
        return _ended(text[:1].upper() + text[1:])
    return _ended(f"{_label(ask, call)}{' —' if isinstance(value, dict) else ':'} {text}")


def _speaks_for_itself(value: Any, call: Called) -> bool:  # noqa: ANN401 - any JSON value
    """Tell an output that needs no label: a sentence, or an object that repeats what was asked."""
    if isinstance(value, dict):
        return bool(call.values) and all(one in value.values() for one in call.values.values())
    if not isinstance(value, str):
        return False
    repeats = set(stems(value)) & {stem(word) for word in name_words(call.name)}
    return len(value.split()) >= (2 if repeats else _SENTENCE_WORDS)


def _label(ask: Ask, call: Called) -> str:
    """Name a call by what it is about: "Weather for Oslo", "Order A-1043", "Multiply 17 and 23"."""
    words = name_words(call.name)
    generic = len(words) > 1 and words[0] in _GENERIC_VERBS
    label = " ".join(words[1:] if generic else words)
    tool = next((tool for tool in ask.tools if tool.name == call.name), None)
    given = [
        value for name, value in call.values.items() if _labels(value) and (tool is None or must_have(tool, name))
    ]
    numbered = any(character.isdigit() for value in given for character in str(value))
    about = (
        f" {'for ' if generic and not numbered else ''}{in_words(given)}" if 0 < len(given) <= _MOST_LABELS else ""
    )
    return label[:1].upper() + label[1:] + about


def _labels(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return (
        value is not None
        and _is_single(value)
        and len(str(value)) <= _LONGEST_LABEL
        and not str(value).endswith("?")
    )


def _is_single(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return not isinstance(value, dict | list)


def _small_talk(message: str) -> str | None:
    if _THANKS.match(message) and len(message.split()) <= 8:  # noqa: PLR2004 - longer is about something
        return "You are welcome."
    return "Hello! What can I do for you?" if _GREETING.match(message) else None


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


def _introduced(ask: Ask, text: str) -> str:
    """Let an agent that was just handed the conversation say so."""
    handoffs = [call for call in ask.calls_made if call.name.startswith("transfer_to_")]
    outputs = [item for item in ask.since if isinstance(item, Returned) and ask.call_of(item) in handoffs]
    name = recall([value for item in outputs if isinstance(value := parsed(item.output), dict)], "assistant")
    return text if name is MISSING else f"{name} here. {text}"


def _noted(ask: Ask) -> str | None:
    told = sentences(ask.message)
    return f"Noted: {_ended(' '.join(told))}" if told and not any(is_request(text) for text in told) else None


def _lost(ask: Ask) -> str:
    text = "No rule answers that: offline I only call tools and repeat what the conversation holds."
    if not ask.tools:
        return text
    return f"{text} Here I can use: {in_words([tool.title for tool in ask.tools])}."


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "\u2026", '"')) else f"{text}."
