"""How long an answer takes that comes from no model, so that a trace of it can be seen growing.

Offline, the natural wait is 15 ms for each word of the answer, at most 0.6 s. ``NBAGENTS_OFFLINE_SPEED``
multiplies that wait: 0 is no wait at all (tests, CI), 1 is natural (the default), 2 is twice as long.
``NBAGENTS_REPLAY_SPEED`` does the same to the times of a recording; there 0 is the default.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["checked_speed", "offline_speed", "pause", "replay_speed", "wait_for"]

_SECONDS_PER_WORD = 0.015
_LONGEST_SECONDS = 0.6
_OFFLINE = "NBAGENTS_OFFLINE_SPEED"
_REPLAY = "NBAGENTS_REPLAY_SPEED"


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
    return checked_speed(variables.get(_OFFLINE, "").strip() or "1", name=_OFFLINE)


def replay_speed(variables: Mapping[str, str]) -> float:
    """Read the factor on a recording's own times, as ``offline_speed`` does.

    Example:
        >>> replay_speed({}), replay_speed({"NBAGENTS_REPLAY_SPEED": "0.5"})
        (0.0, 0.5)
    """
    return checked_speed(variables.get(_REPLAY, "").strip() or "0", name=_REPLAY)


def checked_speed(value: str | float, *, name: str) -> float:
    """Return a factor on a wait.

    Args:
        value: What was given.
        name: The argument or variable it was given by.

    Raises:
        ConfigError: It is not a number of 0 or more.
    """
    try:
        factor = float(value)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor >= 0):
        raise ConfigError(
            f"{name}={value!r} is not a number of 0 or more; use 0 for no wait, 1 for the natural one",
            name=name,
            value=value,
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


def pause(seconds: float) -> None:
    """Wait; for no wait at all, do not give the processor away either: on a busy machine that costs much."""
    if seconds > 0:
        time.sleep(seconds)
