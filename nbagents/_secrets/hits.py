"""Where secrets are in a text: known kinds, and the values of the environment's variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbagents._secrets.kinds import KINDS, NAMED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbagents._secrets.values import Secrets

__all__ = ["Hit", "apart", "cut_out", "hits_of", "suspect"]

# What is secret because of its key, whatever it looks like itself.
_NAMED_KEY = re.compile(rf"{NAMED.pattern}\\*\"\s?:\s?[\\\"0-9-]", re.IGNORECASE)


# What many needles have in common: where it is missing, none of them needs a look.
_COMMON = ("key", "token", "_", "-")


def _signs() -> tuple[tuple[str, tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]], ...]:
    """Return needles with what they mean, by what they have in common, or by themselves."""
    found: dict[str, dict[str, tuple[re.Pattern[str], ...]]] = {}
    for kind in KINDS:
        patterns = (kind.pattern, _NAMED_KEY) if kind.name == "named secret" else (kind.pattern,)
        for needle in kind.needles:
            group = found.setdefault(next((part for part in _COMMON if part in needle), needle), {})
            group[needle] = (*group.get(needle, ()), *patterns)
    return tuple((part, tuple(group.items())) for part, group in found.items())


_SIGNS = _signs()


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Where a secret is.

    Attributes:
        start: Its first character.
        end: One past its last.
        name: What kind it is, or the variable it is the value of.
        variable: Whether it is the value of a variable.
    """

    start: int
    end: int
    name: str
    variable: bool = False

    @property
    def mark(self) -> str:
        """What takes its place."""
        return f"[redacted {self.name}]"


def suspect(text: str, secrets: Secrets) -> bool:
    """Whether a text may hold a secret: a quick look, which nearly all that has none stops at.

    Args:
        text: Any text, also JSON as a whole.
        secrets: Those of the environment.
    """
    lower = text.lower()
    for needle in secrets.needles:
        if needle in text:
            return True
    for part, signs in _SIGNS:
        if part in lower:
            for needle, patterns in signs:
                if needle in lower and any(pattern.search(text) for pattern in patterns):
                    return True
    return False


def hits_of(text: str, secrets: Secrets, *, in_key: bool = False) -> list[Hit]:
    """Return where secrets are; they may overlap.

    Args:
        text: One string.
        secrets: Those of the environment.
        in_key: Whether it is the key of an object.
    """
    lower = text.lower()
    found = [
        Hit(start, end, kind.name)
        for kind in KINDS
        if any(needle in lower for needle in kind.needles)
        for start, end in kind.spans(text)
    ]
    pattern = secrets.key_pattern if in_key else secrets.pattern
    if pattern is not None and secrets.names and any(needle in text for needle in secrets.needles):
        found += [Hit(*match.span(), secrets.names[match[0]], variable=True) for match in pattern.finditer(text)]
    return found


def apart(hits: Iterable[Hit]) -> list[Hit]:
    """Join hits that overlap: the longest of them names the whole."""
    joined: list[Hit] = []
    for hit in sorted(hits):
        if joined and hit.start < joined[-1].end:
            last = joined.pop()
            longer = max(last, hit, key=lambda one: one.end - one.start)
            joined.append(replace(longer, start=last.start, end=max(last.end, hit.end)))
        else:
            joined.append(hit)
    return joined


def cut_out(text: str, hits: Iterable[Hit]) -> str:
    """Return a text with its hits, in order and apart from each other, replaced by their marks.

    Example:
        >>> cut_out("use 1234, please", [Hit(4, 8, "PIN")])
        'use [redacted PIN], please'
    """
    pieces, position = [], 0
    for hit in hits:
        pieces += [text[position : hit.start], hit.mark]
        position = hit.end
    return "".join((*pieces, text[position:])) if pieces else text
