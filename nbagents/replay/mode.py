"""Which of the four modes applies: a pure function of the environment.

===========  ======================================================================================
mode         what answers a request to the model
===========  ======================================================================================
``live``     the API, or the compatible server that OPENAI_BASE_URL names
``offline``  rules in this process (see ``nbagents.replay.offline``): no key, no socket
``record``   the API, and a cassette keeps the replies
``replay``   the cassette: no key, no socket
===========  ======================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, get_args

from nbagents.errors import ModeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Mode", "resolve_mode"]

Mode = Literal["live", "offline", "record", "replay"]

_MODES: tuple[str, ...] = get_args(Mode)


def resolve_mode(variables: Mapping[str, str], explicit: str | None = None, *, recorded: bool = False) -> Mode:
    """Choose the mode: the argument, else NBAGENTS_MODE, else live where a model can be reached.

    Where none can be, what was recorded is replayed, and where nothing was, rules answer.

    Args:
        variables: Environment variables.
        explicit: What the caller asked for, or None to let the environment decide.
        recorded: Whether there is a cassette.

    Raises:
        ModeError: There is no such mode.

    Example:
        >>> resolve_mode({}), resolve_mode({}, recorded=True)
        ('offline', 'replay')
        >>> resolve_mode({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"})
        'live'
        >>> resolve_mode({"OPENAI_API_KEY": "sk-..."}, "offline")
        'offline'
    """
    if explicit is not None:
        return _known(explicit, name="mode")
    named = variables.get("NBAGENTS_MODE", "").strip()
    if named:
        return _known(named, name="NBAGENTS_MODE")
    reachable = any(variables.get(name, "").strip() for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"))
    if reachable:
        return "live"
    return "replay" if recorded else "offline"


def _known(value: str, *, name: str) -> Mode:
    if value not in _MODES:
        raise ModeError(f"{name}={value!r} is not a mode; use one of: {', '.join(_MODES)}", name=name, value=value)
    return cast("Mode", value)
