"""How long an offline answer takes, so that a trace of it can be seen growing.

The natural wait is 15 ms for each word of the answer, at most 0.6 s. ``NBAGENTS_OFFLINE_SPEED`` multiplies that
wait: 0 is no wait at all (tests, CI), 1 is natural (the default), 2 is twice as long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["offline_speed", "wait_for"]

_SECONDS_PER_WORD = 0.015
_LONGEST_SECONDS = 0.6
_VARIABLE = "NBAGENTS_OFFLINE_SPEED"


def offline_speed(variables: Mapping[str, str]) -> float:
    """Read the factor on the natural wait.

    Args:
        variables: Environment variables.

    Returns:
        A factor without a unit, 0 or more.

    Raises:
        ConfigError: The variable is not such a number.

    Example:
        >>> offline_speed({}), offline_speed({"NBAGENTS_OFFLINE_SPEED": "0"})
        (1.0, 0.0)
    """
    text = variables.get(_VARIABLE, "").strip() or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor >= 0):
        raise ConfigError(
            f"{_VARIABLE}={text!r} is not a number of 0 or more; use 0 for no wait, 1 for the natural one",
            name=_VARIABLE,
            value=text,
        )
    return factor


def wait_for(words: int, factor: float) -> float:
    """Return how long an answer takes, in seconds.

    Args:
        words: Words in the answer.
        factor: What ``offline_speed`` gave.

    Example:
        >>> wait_for(10, 1.0), wait_for(1000, 1.0), wait_for(1000, 0.0)
        (0.15, 0.6, 0.0)
    """
    return min(words * _SECONDS_PER_WORD, _LONGEST_SECONDS) * factor
