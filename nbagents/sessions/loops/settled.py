"""Waiting for work that goes on when whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["settled"]

T = TypeVar("T")


async def settled(awaitable: Awaitable[T]) -> T:
    """Await to the end, and only then let a cancellation through.

    A worker that answers to a closed event loop dies; so no loop may end before its answer came.
    """
    task = asyncio.ensure_future(awaitable)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it
        raise cancelled
    return task.result()
