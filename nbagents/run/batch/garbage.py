"""Python's garbage collection while many rows run: what was there before them is not searched again and again.

A full collection looks at every object of the process, of which openai, pandas and plotly alone bring hundreds of
thousands; rows make so many objects that it comes every few hundred of them, and takes a quarter of all they cost.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["only_new_garbage"]

_MANY = 100  # rows from which it is worth it
_PYTHONS_OWN = 1_000  # objects that are frozen from the start in some versions


@contextmanager
def only_new_garbage(rows: int) -> Iterator[None]:
    """Let collections search only what is made inside; does nothing where something is frozen already.

    Args:
        rows: How many will run.
    """
    if rows < _MANY or gc.get_freeze_count() > _PYTHONS_OWN:
        yield
        return
    gc.collect(1)  # the newest garbage, which would else be kept with what is frozen
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
