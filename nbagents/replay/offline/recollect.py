"""Answers from what was said before: the sentences of the history that share most with the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.replay.offline.ask import Called, Returned, Said
from nbagents.replay.offline.facts import failure, in_words, parsed
from nbagents.replay.offline.synonyms import meaning
from nbagents.replay.offline.words import is_question, sentences, stems

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask

__all__ = ["recollect"]

_MEANT = 0.5
_NEAR_BEST = 0.9
_MOST_QUOTES = 3


@dataclass(frozen=True)
class _Memory:
    """One sentence of the history, and whose it is."""

    source: str
    text: str


def recollect(ask: Ask) -> str | None:
    """Quote what the history says about the last message, or return None where it says nothing.

    Example:
        >>> from nbagents.replay.offline.ask import Ask, Said
        >>> recollect(Ask("m", history=(Said("user", "My name is Ada."), Said("user", "What is my name?"))))
        'You said: "My name is Ada."'
    """
    said, meant = meaning(ask.message)
    scored = [(_score(memory.text, said, meant), memory) for memory in _memories(ask)]
    best = max((score for score, _ in scored), default=0.0)
    if best < 1:
        return None
    quotes = [memory for score, memory in scored if score >= best * _NEAR_BEST]
    return " ".join(_quoted(memory) for memory in _without_echoes(quotes)[-_MOST_QUOTES:])


def _score(text: str, said: frozenset[str], meant: frozenset[str]) -> float:
    words = set(stems(text))
    return len(words & said) + _MEANT * bool(words & meant)


def _memories(ask: Ask) -> list[_Memory]:
    found: list[_Memory] = []
    for item in ask.before:
        if isinstance(item, Said) and item.role in {"user", "assistant"}:
            source = "You said" if item.role == "user" else "I said"
            found += [_Memory(source, text) for text in sentences(item.text) if not _is_hollow(text, item.role)]
        elif isinstance(item, Returned) and failure(item.output) is None:
            found += _returned(ask, item)
    return found


def _returned(ask: Ask, item: Returned) -> list[_Memory]:
    call = ask.call_of(item)
    if call is not None and call.name.startswith("transfer_to_"):
        return []
    source = f"{call.name} returned" if call is not None else "A tool returned"
    context = in_words(call.values) if isinstance(call, Called) and call.values else ""
    text = in_words(parsed(item.output))
    # What the tool was asked belongs to what it said: "city: Oslo" makes "sunny" an answer about Oslo.
    return [_Memory(source, f"{text} ({context})" if context and context not in text else text)] if text else []


def _is_hollow(text: str, role: str) -> bool:
    """Tell a sentence that says nothing of its own: a question, or one that only quotes."""
    quotes = role == "assistant" and (text.startswith(("You said:", "I said:")) or ' returned: "' in text)
    return quotes or is_question(text)


def _without_echoes(memories: list[_Memory]) -> list[_Memory]:
    """Leave out what repeats a tool or the user in other words, so that each fact is said once, by its source."""
    kept: list[_Memory] = []
    for memory in sorted(memories, key=lambda one: one.source == "I said"):
        words = set(stems(memory.text))
        if not any(
            words <= set(stems(other.text)) or (memory.source == "I said" and set(stems(other.text)) <= words)
            for other in kept
        ):
            kept.append(memory)
    return [memory for memory in memories if memory in kept]


def _quoted(memory: _Memory) -> str:
    return f'{memory.source}: "{memory.text}"'
