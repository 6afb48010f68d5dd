"""What crosses over to an event loop that may be gone, and tasks whose failure nobody may ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

__all__ = ["call_soon", "unasked"]

FutureT = TypeVar("FutureT", bound="asyncio.Future[Any]")


def call_soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    """Call a function soon in the event loop of another thread; one that is closed has nobody left to tell.

    Asking before whether it is closed would not do: it may be closed in between.

    Args:
        loop: The loop.
        function: What is called.
        arguments: Its arguments.

    Example:
        >>> import asyncio
        >>> loop = asyncio.new_event_loop()
        >>> loop.close()
        >>> call_soon(loop, print, "nobody hears this")
    """
    with suppress(RuntimeError):  # what a closed loop raises
        loop.call_soon_threadsafe(function, *arguments)


def unasked(future: FutureT) -> FutureT:
    """Return a future, of whose error asyncio does not complain where nobody asks for it."""
    future.add_done_callback(_look)
    return future


def _look(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
