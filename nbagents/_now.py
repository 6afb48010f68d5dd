"""Time, and names that nobody had before: the machine's own, or in a replay the same ones each time."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "new_name", "now_us", "overall_seconds", "overall_us", "seconds", "set_clock", "stamp"]


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
    seed: str = ""
    made: int = 0


_set = _Set()


def set_clock(clock: Clock | None, seed: str = "") -> None:
    """Take the time from a clock from now on, and new names from a seed.

    Args:
        clock: Tells the time; None is the machine's own, and makes names random.
        seed: From the same one come the same names, in the same order.
    """
    _set.clock, _set.seed, _set.made = clock, seed, 0


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000 if _set.clock is None else _set.clock.now_us()


def seconds() -> float:
    """Return seconds that mean something only as the difference of two, both asked for by one task."""
    return time.perf_counter() if _set.clock is None else _set.clock.now_us() / 1e6


def overall_seconds() -> float:
    """Return such seconds for what many tasks do together."""
    return time.perf_counter() if _set.clock is None else _set.clock.latest_us() / 1e6


def overall_us() -> int:
    """Return the time in microseconds since 1970 UTC for what many tasks do together."""
    return time.time_ns() // 1000 if _set.clock is None else _set.clock.latest_us()


def stamp() -> str | None:
    """Return the time as SQLite writes it; None where it is the machine's, which SQLite knows itself."""
    if _set.clock is None:
        return None
    return datetime.fromtimestamp(_set.clock.now_us() // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def new_name() -> str:
    """Return eight hexadecimal digits that are no other's.

    Example:
        >>> new_name() == new_name()
        False
    """
    if _set.clock is None:
        return secrets.token_hex(4)
    _set.made += 1
    return hashlib.sha256(f"{_set.seed} {_set.made}".encode()).hexdigest()[:8]
