"""No garbage collection while thousands of containers are made that all stay: it looks often and finds nothing."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collection_paused"]


@contextmanager
def collection_paused() -> Iterator[None]:
    """Hold the collector for the length of a block; it goes on afterwards if it was on.

    In a notebook, where some hundred thousand objects live, it takes a third of the time of reading 10,000 items.

    Example:
        >>> with collection_paused():
        ...     gc.isenabled()
        False
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
