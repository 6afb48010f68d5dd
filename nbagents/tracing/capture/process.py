"""Which process wrote a trace, and whether it still lives: what tells a running span from an interrupted one."""

from __future__ import annotations

import os
import socket
from functools import cache

__all__ = ["alive", "ended", "this_process"]


def this_process() -> str:
    """Return a token for this process: host, process id and start; another process never has the same."""
    return _token(os.getpid())


def alive(token: str) -> bool:
    """Whether the process of a token is known to run; one on another host is not known to.

    Example:
        >>> alive(this_process()), alive("elsewhere:1:0")
        (True, False)
    """
    return _state(token) is True


def ended(token: str) -> bool:
    """Whether the process of a token is known to have ended; one on another host is not known to.

    Example:
        >>> ended(this_process()), ended("elsewhere:1:0"), ended(f"{socket.gethostname()}:1:0")
        (False, False, True)
    """
    return _state(token) is False


def _state(token: str) -> bool | None:
    host, _, rest = token.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return None
    return _started(int(rest)) == token.rpartition(":")[2]


@cache
def _token(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def _started(pid: int) -> str | None:
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
