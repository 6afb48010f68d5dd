"""Which widget shows which object: one table, so that a domain object can open its view without importing it.

Widgets stand above the domain (see CONTRIBUTING.md); the name of the class is all that the domain knows.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DISPLAYS", "display_class", "is_quiet", "quiet"]

DISPLAYS = {
    "progress": "nbagents.widgets.run.map_progress:MapProgress",
    "session": "nbagents.widgets.session.session_grid:SessionGrid",
    "trace": "nbagents.widgets.trace.trace_view:TraceView",
}

_quiet: ContextVar[bool] = ContextVar("nbagents_quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Run what has a display of its own: no strips appear for the traces that start inside."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def is_quiet() -> bool:
    """Tell whether what runs here has a display of its own.

    Example:
        >>> with quiet():
        ...     is_quiet()
        True
    """
    return _quiet.get()


def display_class(kind: str) -> Any:  # noqa: ANN401 - a widget class of a layer that this one must not know
    """Import the widget class that shows a kind of object.

    Args:
        kind: A key of ``DISPLAYS``.
    """
    module, name = DISPLAYS[kind].split(":")
    return getattr(importlib.import_module(module), name)
