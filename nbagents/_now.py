"""What time it is: the machine's, or in a replay the recording's, so that two replays store the same times."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["now_us", "set_clock", "stamp"]

_clock: Callable[[], int] | None = None


def set_clock(clock: Callable[[], int] | None) -> None:
    """Take the time from a clock from now on.

    Args:
        clock: Returns microseconds since 1970 UTC; None is the machine's own.
    """
    global _clock  # noqa: PLW0603 - a process has one time
    _clock = clock


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000 if _clock is None else _clock()


def stamp() -> str | None:
    """Return the time as SQLite writes it; None where it is the machine's, which SQLite knows itself.

    Example:
        >>> set_clock(lambda: 86_400_000_000)
        >>> stamp()
        '1970-01-02 00:00:00'
        >>> set_clock(None)
        >>> stamp() is None
        True
    """
    if _clock is None:
        return None
    return datetime.fromtimestamp(_clock() // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
