"""Which widget shows which object: one table, so that a domain object can open its view without importing it.

Widgets stand above the domain (see CONTRIBUTING.md); the name of the class is all that the domain knows.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["DISPLAYS", "display_class"]

DISPLAYS = {"trace": "nbagents.widgets.trace_view:TraceView"}


def display_class(kind: str) -> Any:  # noqa: ANN401 - a widget class of a layer that this one must not know
    """Import the widget class that shows a kind of object.

    Args:
        kind: A key of ``DISPLAYS``.
    """
    module, name = DISPLAYS[kind].split(":")
    return getattr(importlib.import_module(module), name)
