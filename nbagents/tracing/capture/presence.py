"""Which processors the SDK calls, and their coming back where another integration removed them.

Several integrations replace all processors (``set_trace_processors``), or the whole provider as Logfire does.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.tracing import TracingProcessor

__all__ = ["keep_registered", "register", "registered", "unregister"]


def registered() -> tuple[TracingProcessor, ...] | None:
    """Return the processors that are called now, or None where that cannot be told."""
    from agents.tracing import get_trace_provider

    # The SDK can add and replace processors but not list them; without this look a second `enable()`, or another
    # integration's `set_trace_processors`, would go unseen. A provider that wraps another hands the attribute on.
    provider: Any = get_trace_provider()
    found = getattr(getattr(provider, "_multi_processor", None), "_processors", None)
    return None if found is None else tuple(found)


def register(processor: TracingProcessor) -> bool:
    """Add a processor where it is not called already.

    Returns:
        Whether it is known that it was not.
    """
    from agents.tracing import add_trace_processor

    now = registered()
    if now is not None and processor in now:
        return False
    add_trace_processor(processor)
    return now is not None


def unregister(processor: TracingProcessor) -> None:
    """Take a processor away, and leave the others."""
    from agents.tracing import set_trace_processors

    now = registered()
    if now is not None and processor in now:
        set_trace_processors([other for other in now if other is not processor])


@contextmanager
def keep_registered() -> Iterator[None]:
    """Bring back, at the end of the block, the processors that something in it removed."""
    before = registered() or ()
    try:
        yield
    finally:
        for processor in before:
            register(processor)
