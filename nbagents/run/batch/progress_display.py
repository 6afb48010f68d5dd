"""Where the progress of a batch is seen: a widget in a notebook, a line in a terminal, elsewhere the result."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbagents._displays import display_class
from nbagents._location import current_environment, locate
from nbagents._loops import call_soon
from nbagents.run.batch.progress import progress_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbagents.run.batch.progress import Progress

__all__ = ["shown"]

_PER_SECOND = 4


@contextmanager
def shown(progress: Progress, stop: Callable[[], None], *, wanted: bool) -> Iterator[None]:
    """Show how far a batch is until it ends.

    Args:
        progress: What is shown.
        stop: What the display's stop button does; called in the running event loop.
        wanted: Whether anything is shown at all.
    """
    if not wanted:
        yield
        return
    location = locate(current_environment())
    if location.frontend in {"script", "ipython"}:
        show: Callable[[], None] = _Line(progress).show
    else:
        show = _View(progress, stop, live=location.live).show
    ticker = asyncio.get_running_loop().create_task(_tick(show))
    try:
        yield
    finally:
        ticker.cancel()
        show()


async def _tick(show: Callable[[], None]) -> None:
    while True:
        show()
        await asyncio.sleep(1 / _PER_SECOND)


class _Line:
    """One line on a terminal, written over itself."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def show(self) -> None:
        """Write the line, where there is a terminal."""
        if sys.stderr.isatty():
            end = "\n" if self._progress.ended else ""
            sys.stderr.write(f"\r\x1b[K{progress_text(self._progress.figures())}{end}")
            sys.stderr.flush()


class _View:
    """The widget; where nobody can look at it before the end, its static form at the end."""

    def __init__(self, progress: Progress, stop: Callable[[], None], *, live: bool) -> None:
        loop = asyncio.get_running_loop()
        self._progress = progress
        self._live = live
        self._view = display_class("progress")(progress, stop=lambda: call_soon(loop, stop))
        self._handle: Any = self._display() if live else None

    def show(self) -> None:
        """Send the newest figures, and at the end what the saved notebook keeps."""
        if self._live:
            self._view.update()
        if self._progress.ended:
            self._handle.update(self._view) if self._live else self._display()

    def _display(self) -> Any:  # noqa: ANN401 - IPython's handle
        from IPython.display import display

        return display(self._view, display_id=True)  # type: ignore[no-untyped-call]  # IPython's
