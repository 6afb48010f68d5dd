"""The error for an argument that is not the kind of thing that was asked for."""

from __future__ import annotations

import os
from numbers import Integral, Real
from pathlib import Path

from nbagents.errors import ConfigError

__all__ = ["check_given", "check_least", "check_name", "check_positive", "check_session", "path_of"]


def check_given(name: str, value: object, wanted: str, *, fits: bool) -> None:
    """Raise where an argument is something else.

    Args:
        name: The argument's name.
        value: What was given.
        wanted: What is to be given instead, in words.
        fits: Whether it is that.

    Raises:
        ConfigError: It does not fit.

    Example:
        >>> check_given("agent", 5, "an agents.Agent", fits=False)
        Traceback (most recent call last):
            ...
        nbagents.errors.ConfigError: agent is of type int; give an agents.Agent
    """
    if not fits:
        raise ConfigError(f"{name} is of type {type(value).__name__}; give {wanted}", name=name, value=value)


def check_least(least: int, **numbers: int) -> None:
    """Raise where an argument is not a whole number, or too small a one.

    Args:
        least: What each may be.
        numbers: The arguments.

    Raises:
        ConfigError: One is no whole number, or less.

    Example:
        >>> check_least(1, concurrency=0)
        Traceback (most recent call last):
            ...
        nbagents.errors.ConfigError: concurrency is 0; it must be 1 or more
    """
    for name, value in numbers.items():
        check_given(name, value, "a whole number", fits=isinstance(value, Integral))
        if value < least:
            raise ConfigError(f"{name} is {value}; it must be {least} or more", name=name, value=value)


def check_positive(**numbers: float | None) -> None:
    """Raise where an argument is given and not above 0.

    Args:
        numbers: The arguments.

    Raises:
        ConfigError: One is no number, or not above 0.
    """
    for name, value in numbers.items():
        if value is not None:
            check_given(name, value, "a number, or None", fits=isinstance(value, Real))
            if not value > 0:
                raise ConfigError(f"{name} is {value}; it must be above 0, or None", name=name, value=value)


def check_name(name: str, value: object) -> None:
    """Raise where an argument cannot name a session.

    Args:
        name: The argument's name.
        value: What was given.

    Raises:
        ConfigError: It is not text, or empty.
    """
    if not isinstance(value, str) or not value:
        raise ConfigError(
            f'{name}={value!r} is no name of a session; use text, such as "support"', name=name, value=value
        )


def path_of(name: str, value: str | os.PathLike[str]) -> Path:
    """Return a path as a whole one, so that it stays where it is when the working folder changes.

    Args:
        name: The argument's name.
        value: What was given; ``~`` is the home folder.

    Raises:
        ConfigError: It is no path.
    """
    check_given(name, value, "a path", fits=isinstance(value, (str, os.PathLike)))
    return Path(value).expanduser().absolute()


def check_session(name: str, value: object) -> None:
    """Raise where an argument is no session; one that can be read is enough for a frame.

    Args:
        name: The argument's name.
        value: What was given.

    Raises:
        ConfigError: Its items cannot be read.
    """
    wanted = 'a session, such as SQLiteSession("support"), or your own with the methods of agents.memory.Session'
    check_given(name, value, wanted, fits=callable(getattr(value, "get_items", None)))
