"""How the rows of a batch are distributed: how long they took, what they used, and what went wrong."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

__all__ = ["Bin", "ErrorKind", "error_kinds", "histogram"]

# What errors of one kind differ in. An HTTP status is a kind of its own: openai writes "Error code: 429".
_NUMBERED = re.compile(r"(?<!\w)(?<!code: )\w*\d\w*")


class Bin(NamedTuple):
    """Values that are close to each other.

    Attributes:
        start: The least that they may be.
        stop: The most.
        rows: How many there are.
    """

    start: float
    stop: float
    rows: int


class ErrorKind(NamedTuple):
    """Errors that differ in nothing but numbers and names that have one.

    Attributes:
        error: Their first line, with ``#`` for what they differ in.
        rows: How many rows have it.
        first: The label of the first of them.
    """

    error: str
    rows: int
    first: Hashable


def histogram(values: Sequence[float], bins: int) -> list[Bin]:
    """Count values in bins of equal width.

    Args:
        values: Any numbers.
        bins: How many at most; one where all values are equal.

    Example:
        >>> histogram([0, 1, 1, 4], bins=2)
        [Bin(start=0.0, stop=2.0, rows=3), Bin(start=2.0, stop=4.0, rows=1)]
    """
    if not values:
        return []
    least, most = float(min(values)), float(max(values))
    if least == most:
        return [Bin(least, most, len(values))]
    width = (most - least) / bins
    counts = Counter(min(int((value - least) / width), bins - 1) for value in values)
    return [Bin(least + n * width, least + (n + 1) * width, counts[n]) for n in range(bins)]


def error_kinds(errors: Iterable[tuple[Hashable, str]]) -> list[ErrorKind]:
    """Return the kinds of error, the most frequent first.

    Args:
        errors: The label of each row that failed, and its error.

    Example:
        >>> kinds = error_kinds([(0, "LookupError: no order A-7"), (1, "LookupError: no order A-12"), (2, "Stop")])
        >>> [(kind.error, kind.rows, kind.first) for kind in kinds]
        [('LookupError: no order A-#', 2, 0), ('Stop', 1, 2)]
    """
    kinds: dict[str, list[tuple[Hashable, str]]] = {}
    for label, error in errors:
        line = error.partition("\n")[0]
        kinds.setdefault(_NUMBERED.sub("#", line), []).append((label, line))
    found = []
    for pattern, each in kinds.items():
        label, line = each[0]
        same = all(other == line for _, other in each)
        found.append(ErrorKind(line if same else pattern, len(each), label))
    return sorted(found, key=lambda kind: -kind.rows)
