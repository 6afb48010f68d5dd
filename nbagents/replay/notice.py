"""The notices that say where answers come from when it is not from a model."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOTICE", "replay_notice", "tell_once"]

NOTICE = (
    "nbagents is offline: answers come from simple rules, not from a language model.\n"
    "For a real model set OPENAI_API_KEY (or OPENAI_BASE_URL for a compatible server) and restart the kernel."
)

_lock = threading.Lock()
_told = False


def tell_once(write: Callable[[str], object] = print) -> bool:
    """Write the notice unless this process has written it already.

    Args:
        write: Takes the notice, without a line end.

    Returns:
        Whether it was written now.
    """
    global _told  # noqa: PLW0603 - once per process is what it says
    with _lock:
        if _told:
            return False
        _told = True
    write(NOTICE)
    return True


def replay_notice(cassette: str) -> str:
    """Return the notice that says that a recording answers, because there is one and no key.

    Args:
        cassette: The file's name.
    """
    return (
        f"nbagents replays {cassette}: no key is set.\n"
        "To ask something else set OPENAI_API_KEY and restart the kernel,\n"
        "or let rules answer: %nbagents mode offline"
    )
