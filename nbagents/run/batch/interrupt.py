"""Ctrl-C and Jupyter's stop button, while rows run: the first one stops them well, a second one is not ours."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["on_interrupt"]


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` in the running event loop when SIGINT comes; does nothing outside the main thread.

    Args:
        stop: What is done instead of raising KeyboardInterrupt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT) or signal.default_int_handler

    def once(_number: int, _frame: object) -> None:
        """Stop, and leave the next signal to whoever had it before."""
        signal.signal(signal.SIGINT, before)
        loop.call_soon_threadsafe(stop)

    signal.signal(signal.SIGINT, once)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is once:
            signal.signal(signal.SIGINT, before)
