"""Answers from what was said before: the sentences of the history that share most with the question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.ask import Returned, Said
from nbagents.replay.offline.facts import failure, in_words, parsed
from nbagents.replay.offline.synonyms import meaning
from nbagents.replay.offline.words import is_question, name_words, sentences, stem, stems

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask

__all__ = ["recollect"]

_MEANT = 0.5
_FITS, _FITS_WELL = 1.0, 2.0  # words that a sentence shares with the question
_NEAR_BEST = 0.75
_MOST_QUOTES = 3
_MINE = "Earlier I said"
_HOLLOW = ("You said:", _MINE, "Noted:", "So far you said:", "No rule answers", "To ")


@dataclass(frozen=True)
class _Memory:
    """One sentence of the history.

    Attributes:
        source: Whose it is.
        text: What is quoted.
        context: What else belongs to it when it is compared with a question.
        fields: A tool's output, where it is an object: only the fields that were asked for are quoted.
    """

    source: str
    text: str
    context: str = ""
    fields: tuple[tuple[str, Any], ...] = field(default=(), hash=False)  # any JSON: not hashable


def recollect(ask: Ask, *, well: bool = False) -> str | None:
    """Quote what the history says about the last message, or return None where it says nothing.

    Args:
        ask: The request.
        well: Quote only what shares more than one word with the message.

    Example:
        >>> from nbagents.replay.offline.ask import Ask, Said
        >>> recollect(Ask("m", history=(Said("user", "My name is Ada."), Said("user", "What is my name?"))))
        'You said: "My name is Ada."'
    """
    said, meant = meaning(ask.message)
    scored = [(_score(memory, said, meant), memory) for memory in _memories(ask)]
    best = max((score for score, _ in scored), default=0.0)
    if best < (_FITS_WELL if well else _FITS):
        return None
    fitting = [memory for score, memory in scored if score >= best * _NEAR_BEST]
    quotes = [_narrowed(memory, said | meant) for memory in _without_echoes(fitting)]
    return " ".join(f'{memory.source}: "{memory.text}"' for memory in quotes[-_MOST_QUOTES:])


def _score(memory: _Memory, said: frozenset[str], meant: frozenset[str]) -> float:
    words = set(stems(f"{memory.text} {memory.context}"))
    return len(words & said) + _MEANT * bool(words & meant)


def _memories(ask: Ask) -> list[_Memory]:
    found: list[_Memory] = []
    for item in ask.before:
        if isinstance(item, Said) and item.role in {"user", "assistant"}:
            source = "You said" if item.role == "user" else _MINE
            told = sentences(item.text) if source != _MINE or not _is_hollow(item.text) else []
            found += [_Memory(source, text) for text in told if not is_question(text)]
        elif isinstance(item, Returned) and failure(item.output) is None:
            found += _returned(ask, item)
    return found


def _returned(ask: Ask, item: Returned) -> list[_Memory]:
    call = ask.call_of(item)
    if call is not None and call.name.startswith("transfer_to_"):
        return []
    source = f"{call.name} returned" if call is not None else "A tool returned"
    # What the tool was asked belongs to what it said: "city: Oslo" makes "sunny" an answer about Oslo.
    context = f"{' '.join(name_words(call.name))} {in_words(call.values)}" if call is not None else ""
    value = parsed(item.output)
    fields = tuple((str(key), one) for key, one in value.items()) if isinstance(value, dict) else ()
    text = in_words(value)
    return [_Memory(source, text, context, fields)] if text else []


def _narrowed(memory: _Memory, asked: frozenset[str]) -> _Memory:
    """Keep of an object the fields that were asked for, or all where none is named."""
    named = {key: one for key, one in memory.fields if {stem(word) for word in name_words(key)} & asked}
    return _Memory(memory.source, in_words(named)) if named else memory


def _is_hollow(answer: str) -> bool:
    """Tell an answer of these rules that says nothing of its own: it only quotes, confirms or asks back."""
    return answer.startswith(_HOLLOW) or ' returned: "' in answer


def _without_echoes(memories: list[_Memory]) -> list[_Memory]:
    """Keep each fact once: as the user or the tool has it, and the last time it was said."""
    kept: list[_Memory] = []
    newest = memories[::-1]
    for memory in [one for one in newest if one.source != _MINE] + [one for one in newest if one.source == _MINE]:
        words = set(stems(memory.text))
        if not any(words <= set(stems(f"{other.text} {other.context}")) for other in kept):
            kept.append(memory)
    return [memory for memory in dict.fromkeys(memories) if memory in kept]
