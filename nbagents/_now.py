"""Time, and names that nobody had before: the machine's own, or in a replay the same ones each time."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Clock", "new_name", "now_us", "overall_seconds", "seconds", "set_clock", "stamp"]


class Clock(Protocol):
    """Tells another time than the machine's."""

    def now_us(self) -> int:
        """Return the time of the task that asks, in microseconds since 1970 UTC."""

    def latest_us(self) -> int:
        """Return the latest time that any task has come to, likewise."""


@dataclass
class _Set:
    """What is set."""

    clock: Clock | None = None
    names: Iterator[int] | None = field(default=None)


_set = _Set()


def set_clock(clock: Clock | None, *, names: bool = False) -> None:
    """Take the time from a clock from now on.

    Args:
        clock: Tells the time; None is the machine's own.
        names: Whether new names are numbers from 0 on, the same ones each time, instead of random.
    """
    _set.clock = clock
    _set.names = itertools.count() if names else None


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000 if _set.clock is None else _set.clock.now_us()


def seconds() -> float:
    """Return seconds that mean something only as the difference of two, both asked for by one task."""
    return time.perf_counter() if _set.clock is None else _set.clock.now_us() / 1e6


def overall_seconds() -> float:
    """Return such seconds for what many tasks do together."""
    return time.perf_counter() if _set.clock is None else _set.clock.latest_us() / 1e6


def stamp() -> str | None:
    """Return the time as SQLite writes it; None where it is the machine's, which SQLite knows itself."""
    if _set.clock is None:
        return None
    return datetime.fromtimestamp(_set.clock.now_us() // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def new_name() -> str:
    """Return eight hexadecimal digits that are no other's.

    Example:
        >>> set_clock(None, names=True)
        >>> new_name(), new_name()
        ('00000000', '00000001')
        >>> set_clock(None)
    """
    return secrets.token_hex(4) if _set.names is None else f"{next(_set.names):08x}"
