"""Making many rows at once without looking for garbage among them.

Python looks for cycles whenever enough new objects have piled up. A hundred thousand rows make it look again and
again, at all of them, which takes as long as making them; rows have no cycles.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search for cycles until the block ends; one that was off stays off.

    Example:
        >>> with uncollected():
        ...     gc.isenabled()
        False
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
