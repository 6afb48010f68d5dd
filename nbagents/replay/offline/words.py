"""Words of a text: split, stemmed lightly, without the ones that carry no meaning."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["is_question", "is_request", "name_words", "sentences", "stem", "stems", "tokens", "word_set"]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table that is written as text."""
    return frozenset(text.split())


_TOKEN = re.compile(r"[^\W_]*[^\W\d_][^\W_]*(?:'[^\W\d_]+)?|\d+(?:[.,]\d+)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?\w)|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|vs|e\.g|i\.e)\.|\b[A-Z]\.)$")


STOP_WORDS = word_set(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does
    doing done for from had has have having he her here him his how i if in into is it its just know let like
    many may me might mine more most much must my need no nor not now of off on one or our out over please say
    says shall she should so some than thank thanks that the their them then there these they this those
    through to too under up us use very want was we were what when where which while who whom whose why will
    with would yes you your yours i'm i'd i've i'll it's that's what's where's who's how's don't didn't doesn't
    isn't can't won't you're we're tell give show hello hi hey okay ok
    """
)
_QUESTION_STARTS = word_set(
    """
    what what's when where where's who who's whom whose which why how how's is are am was were do does did can
    could will would should has have had may
    """
)


_IMPERATIVES = word_set(
    """
    add answer ask book buy calculate call cancel change check choose compare compute connect convert create
    delete describe draft email estimate explain fetch find forecast generate get give hand help invite list
    look lookup make multiply open order pick plan play please recommend quote read refund register remind
    remove repeat reserve run say schedule search send set ship show solve start stop subscribe suggest sum
    summarise summarize tell track transfer translate update write divide subtract
    """
)
_WISH = re.compile(r"^\s*(?:and\s+)?i(?:'d| would| want| need| wish)\b", re.IGNORECASE)


def tokens(text: str) -> list[str]:
    """Split a text into words and numbers.

    Example:
        >>> tokens("Where's order A-1043?")
        ["Where's", 'order', 'A', '1043']
    """
    return _TOKEN.findall(text.replace("\u2019", "'"))


def name_words(name: str) -> list[str]:
    """Split an identifier into words.

    Example:
        >>> name_words("lookup_order"), name_words("getWeatherNow")
        (['lookup', 'order'], ['get', 'weather', 'now'])
    """
    return [word.lower() for part in re.split(r"[\W_]+", name) for word in _CAMEL.split(part) if word]


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order, without repeats.

    Example:
        >>> stems("Is the weather nice in Paris?")
        ['weather', 'nic', 'pari']
    """
    lowered = (token.lower() for token in tokens(text))
    return list(dict.fromkeys(stem(word) for word in lowered if word not in STOP_WORDS))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Cut a word's ending, so that its forms meet.

    Example:
        >>> stem("shipping") == stem("ships") == stem("shipped")
        True
        >>> stem("calculator") == stem("calculate") == stem("calculation")
        True
    """
    word = word.lower().removesuffix("'s")
    if len(word) > 4 and word.endswith("our"):  # noqa: PLR2004 - not "our" and "four"
        word = word[:-3] + "or"
    for ending, shortest in (("ations", 8), ("ation", 8), ("ators", 8), ("ator", 8), ("ate", 7)):
        if word.endswith(ending) and len(word) >= shortest:
            return word.removesuffix(ending)
    word = _singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = _undouble(word.removesuffix(ending))
            break
    return word.removesuffix("e") if len(word) > 3 else word  # noqa: PLR2004 - "the", "fee" stay words


def sentences(text: str) -> list[str]:
    """Split a text into sentences and lines.

    Example:
        >>> sentences("My name is Ada. The lamp was blue!")
        ['My name is Ada.', 'The lamp was blue!']
    """
    found: list[str] = []
    for part in _SENTENCE_END.split(text):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part.strip():
            found.append(part.strip())
    return found


def is_question(sentence: str) -> bool:
    """Tell a question from a statement, by its mark or its first word.

    Example:
        >>> is_question("What is my name"), is_question("My name is Ada.")
        (True, False)
    """
    words = tokens(sentence)
    return sentence.rstrip().endswith("?") or bool(words and words[0].lower() in _QUESTION_STARTS)


def is_request(sentence: str) -> bool:
    """Tell what asks for something from what only tells something.

    Example:
        >>> is_request("Tell me a joke"), is_request("I'd like a refund."), is_request("The lamp was blue.")
        (True, True, False)
    """
    words = tokens(sentence)
    asks = is_question(sentence) or _WISH.match(sentence.replace("\u2019", "'")) is not None
    return asks or bool(words and words[0].lower() in _IMPERATIVES)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties", "dies"
        return word[:-3] + "y"
    if re.search(r"(?:s|x|z|ch|sh)es$", word):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us")) and len(word) > 3:  # noqa: PLR2004 - "is", "his"
        return word[:-1]
    return word


def _undouble(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":  # noqa: PLR2004 - "add", "egg"
        return word[:-1]
    return word
