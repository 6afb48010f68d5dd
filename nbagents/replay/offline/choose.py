"""Which tools and handoffs to call now."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbagents.replay.offline.arguments import Filled, fill, fill_series, must_have
from nbagents.replay.offline.ask import Called
from nbagents.replay.offline.fitness import FITS, FITS_WELL, Fitness
from nbagents.replay.offline.recollect import recollect
from nbagents.replay.offline.words import is_question, name_words, sentences, tokens

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask, Tool

__all__ = ["Choice", "choose"]

_DIRECT_BONUS = 0.75  # for a tool whose arguments the clause names
_JOINTS = re.compile(r"\s*(?:;|,?\s+(?:and then|and also|then|and|also)\s+|,\s+)\s*", re.IGNORECASE)
_RECALL = re.compile(
    r"\b(?:did|have|had) (?:i|we|you) (?:just |already )?"
    r"(?:say|said|tell|told|mention\w*|ask\w*|talk\w*|discuss\w*)\b"
    r"|\bdo you remember\b|\bremind me what\b|\bi (?:just )?(?:told|said|mentioned)\b"
    r"|\bour conversation\b|\bso far\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\s*(?:(?:my|the|it|it's|this|that|we|he|she|they|there)\b"
    r"|i\b(?!\s+(?:want|need|would|wish|demand|require))(?!'d))",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(r"^\s*(?:and|what about|how about|also)\b", re.IGNORECASE)
_SEARCHES = frozenset({"query", "question", "search_query", "q"})
_SHORTEST_SEARCH = 4  # "How are you?" is no search
_SEARCH_VERBS = frozenset({"search", "find", "lookup", "retrieve"})
_PERSONAL = frozenset({"me", "my", "mine", "our", "your", "yourself"})


@dataclass(frozen=True)
class Choice:
    """What to do now.

    Attributes:
        calls: The calls to make; empty for an answer.
        unclear: A tool that was asked for without what it needs.
        needs: What it needs.
    """

    calls: tuple[Called, ...] = ()
    unclear: Tool | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Wish:
    """A tool, and the part of the message that asks for it."""

    tool: Tool
    clause: str
    score: float


def choose(ask: Ask) -> Choice:
    """Choose the calls for a request.

    Example:
        >>> from nbagents.replay.offline.ask import Ask, Said, Tool
        >>> city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        >>> ask = Ask("m", history=(Said("user", "Is it sunny in Oslo?"),), tools=(Tool("get_weather", "", city),))
        >>> choose(ask).calls
        (Called(name='get_weather', arguments='{"city": "Oslo"}', call_id=''),)
    """
    if not ask.tools or ask.tool_choice == "none" or not ask.message.strip():
        return Choice()
    if ask.tool_choice != "auto":
        return _forced(ask)
    if _RECALL.search(ask.message):
        return Choice()
    return _wanted(ask, _wishes(ask))


def _forced(ask: Ask) -> Choice:
    fitness = Fitness(ask.tools)
    named = [tool for tool in ask.tools if ask.tool_choice in {"required", tool.name}]
    ranked = sorted(named, key=lambda tool: -fitness.score(tool, ask.message))
    fresh = [
        one.call for tool in ranked for one in fill_series(ask, tool, ask.message) if not _made(ask, one.call)
    ]
    return Choice(tuple(fresh[:1]))


def _wanted(ask: Ask, wishes: list[_Wish]) -> Choice:
    planned = [(wish, one) for wish in wishes for one in fill_series(ask, wish.tool, wish.clause)]
    unclear = next(((wish.tool, one.missing) for wish, one in planned if _is_unclear(wish, one)), None)
    ready = [(wish.tool, one) for wish, one in planned if _is_ready(ask, wish, one)]
    calls = _fresh(ask, ready)
    if calls:
        return Choice(calls)
    tool, needs = unclear if unclear is not None and not ask.calls_made else (None, ())
    return Choice(unclear=tool, needs=needs)


def _fresh(ask: Ask, ready: list[tuple[Tool, Filled]]) -> tuple[Called, ...]:
    """Leave out what this turn has called, and what must wait for something else's output."""
    fresh: dict[tuple[str, str], tuple[Tool, Filled]] = {}
    for tool, one in ready:
        planned = len({other.call.arguments for same, other in ready if same is tool})
        made = sum(call.name == tool.name for call in ask.calls_made)
        if made < planned and not _made(ask, one.call):
            fresh.setdefault((tool.name, one.call.arguments), (tool, one))
    tools = [pair for pair in fresh.values() if not pair[0].is_handoff]
    complete = [pair for pair in tools if not pair[1].missing]
    handoffs = [pair for pair in fresh.values() if pair[0].is_handoff][:1]
    calls = [one.call for _, one in complete or tools[:1] or handoffs]
    return tuple(calls if ask.parallel else calls[:1])


def _is_ready(ask: Ask, wish: _Wish, one: Filled) -> bool:
    required = wish.tool.parameters.get("required", ())
    if wish.tool.is_handoff:
        return True
    if _STATEMENT.match(wish.clause) and wish.score < FITS_WELL + _DIRECT_BONUS:
        return False  # "My favourite city is Lisbon" does not ask for its weather
    if one.direct or (one.nearby and not one.missing):
        return True
    if not required or (not one.missing and not one.recalled):
        return not _STATEMENT.match(wish.clause)
    if _handed_off(ask):  # the agent before has judged that this agent's tools are wanted
        return bool(one.recalled)
    known = any(_same(item, one.call) for item in ask.before if isinstance(item, Called))
    return bool(one.recalled) and wish.score >= FITS_WELL and _is_request(wish.clause) and not known


def _is_unclear(wish: _Wish, one: Filled) -> bool:
    nothing = not one.direct and not one.nearby and not one.recalled and bool(one.missing)
    return nothing and not wish.tool.is_handoff and wish.score >= FITS_WELL and _is_request(wish.clause)


def _is_request(clause: str) -> bool:
    return is_question(clause) or not _STATEMENT.match(clause)


def _wishes(ask: Ask) -> list[_Wish]:
    """Cut the message into parts that ask for a tool; a part that asks for none belongs to the one before it."""
    fitness = Fitness(ask.tools)
    wishes = [wish for sentence in sentences(ask.message) for wish in _wishes_of(ask, fitness, sentence)]
    whole = None if wishes else _best(ask, fitness, ask.message) or _continued(ask) or _searched(ask)
    return wishes if whole is None else [whole]


def _continued(ask: Ask) -> _Wish | None:
    """Take up the last tool for a message such as "And in Paris?"."""
    last = next((item.name for item in reversed(ask.before) if isinstance(item, Called)), None)
    tool = next((tool for tool in ask.tools if tool.name == last and not tool.is_handoff), None)
    if tool is None or not _FOLLOW_UP.match(ask.message) or not fill(ask, tool, ask.message).direct:
        return None
    return _Wish(tool, ask.message, FITS)


def _searched(ask: Ask) -> _Wish | None:
    """Take a tool that searches for a question that no other tool fits, unless it is about who is talking."""
    words = {word.lower() for word in tokens(ask.message)}
    if not is_question(ask.message) or words & _PERSONAL or len(words) < _SHORTEST_SEARCH:
        return None
    if recollect(ask, well=True) is not None:
        return None
    tool = next((tool for tool in ask.tools if _is_search(tool)), None)
    return None if tool is None else _Wish(tool, ask.message, FITS)


def _wishes_of(ask: Ask, fitness: Fitness, sentence: str) -> list[_Wish]:
    wishes: list[_Wish] = []
    starts: list[int] = []
    for start, end in _pieces(sentence):
        wish = _best(ask, fitness, sentence[start:end])
        if wish is not None and not (wishes and wishes[-1].tool is wish.tool and not _is_whole(ask, wish)):
            wishes.append(wish)
            starts.append(start)
        elif wishes:
            wishes[-1] = replace(wishes[-1], clause=sentence[starts[-1] : end])
    if len(wishes) == 1:  # one tool for the whole sentence: what stands before its part is its too
        wishes[0] = replace(wishes[0], clause=sentence)
    return wishes


def _is_whole(ask: Ask, wish: _Wish) -> bool:
    """Tell a part that names all that its tool needs from one that goes on with the part before it."""
    one = fill(ask, wish.tool, wish.clause)
    return bool(one.direct) and not one.nearby and not one.recalled and not one.missing


def _pieces(sentence: str) -> list[tuple[int, int]]:
    """Return where the parts of a sentence start and end."""
    joints = [match.span() for match in _JOINTS.finditer(sentence)]
    starts = [0, *(end for _, end in joints)]
    ends = [*(start for start, _ in joints), len(sentence)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _is_search(tool: Tool) -> bool:
    needed = {name for name in tool.parameters.get("required", ()) if must_have(tool, name)}
    searches = _SEARCH_VERBS & {*name_words(tool.name), *(word.lower() for word in tokens(tool.description)[:2])}
    return bool(needed & _SEARCHES) or (needed == {"description"} and bool(searches))


def _best(ask: Ask, fitness: Fitness, clause: str) -> _Wish | None:
    scored = [_Wish(tool, clause, _score(ask, fitness, tool, clause)) for tool in ask.tools]
    best = max(scored, key=lambda wish: wish.score, default=None)
    return best if best is not None and best.score >= FITS else None


def _score(ask: Ask, fitness: Fitness, tool: Tool, clause: str) -> float:
    score = fitness.score(tool, clause)
    if score and not tool.is_handoff and tool.parameters.get("required") and not fill(ask, tool, clause).missing:
        score += _DIRECT_BONUS
    return score


def _handed_off(ask: Ask) -> bool:
    return any(call.name.startswith("transfer_to_") for call in ask.calls_made)


def _made(ask: Ask, call: Called) -> bool:
    return any(_same(made, call) for made in ask.calls_made)


def _same(one: Called, other: Called) -> bool:
    return one.name == other.name and one.values == other.values
