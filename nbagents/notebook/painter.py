"""One thread paints what has changed, at most four times a second, so that no agent waits for a display."""

from __future__ import annotations

import threading
import time
import warnings
from contextlib import suppress
from typing import Protocol

__all__ = ["PAINTS_PER_SECOND", "Paintable", "Painter"]

PAINTS_PER_SECOND = 4


class Paintable(Protocol):
    """Something that can show its newest state."""

    def paint(self) -> None:
        """Show it; called on the painter's thread."""


class Painter:
    """Collects what is dirty and paints it, the first time at once and then paced.

    The thread starts with the first thing to paint and is a daemon: nothing is stored by painting.
    """

    def __init__(self) -> None:
        self._dirty: dict[Paintable, None] = {}
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._warned = False

    def mark(self, thing: Paintable) -> None:
        """Have a thing painted soon; cheap, and safe on any thread."""
        with self._wake:
            if self._stopped:
                return
            self._dirty[thing] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbagents-painter", daemon=True)
                self._thread.start()
            self._wake.notify()

    def stop(self) -> None:
        """End the thread; what is dirty stays unpainted."""
        with self._wake:
            self._stopped = True
            self._dirty.clear()
            self._wake.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2)

    def _run(self) -> None:
        while (things := self._next()) is not None:
            started = time.monotonic()
            for thing in things:
                self._paint(thing)
            with self._wake:
                pause = started + 1 / PAINTS_PER_SECOND - time.monotonic()
                self._wake.wait_for(lambda: self._stopped, timeout=max(0.0, pause))

    def _next(self) -> list[Paintable] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._dirty or self._stopped)
            if self._stopped:
                return None
            things = list(self._dirty)
            self._dirty.clear()
            return things

    def _paint(self, thing: Paintable) -> None:
        try:
            thing.paint()
        except Exception as exc:  # noqa: BLE001 - a display that fails must never end the thread
            if not self._warned:
                self._warned = True
                with suppress(RuntimeWarning):  # a filter may make an error of it, which would end the thread
                    warnings.warn(f"nbagents could not update a display: {exc!r}", RuntimeWarning, stacklevel=1)
