"""The one line that says what offline answers are."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOTICE", "tell_once"]

NOTICE = (
    "nbagents is offline: answers come from simple rules, not from a language model. For a real model set "
    "OPENAI_API_KEY (or OPENAI_BASE_URL for a compatible server) and restart the kernel."
)

_lock = threading.Lock()
_told = False


def tell_once(write: Callable[[str], object] = print) -> bool:
    """Write the notice unless this process has written it already.

    Args:
        write: Takes the line, without a line end.

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
