"""Made-up rows, and a view whose messages are kept instead of sent."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.widgets.trace.trace_view import TraceView


@dataclass
class Record:
    row: TraceRow
    rows: list[SpanRow]
    interrupted: bool = False


class Page:
    """The page's end of a view: what reached it, and a way to ask."""

    def __init__(self, view):
        self.view = view
        self.received = []
        view.send = lambda content, buffers=None: self.received.append((content, buffers))

    def ask(self, message):
        """Deliver a message as the kernel would, and return what came back."""
        before = len(self.received)
        self.view._handle_custom_msg(message, [])
        return self.received[before:]


@pytest.fixture
def record():
    return Record(
        TraceRow("t1", "lamp", 10, 90),
        [
            SpanRow("t1", 0, "s0", None, "agent", "triage", 10, 90),
            SpanRow("t1", 1, "s1", "s0", "function", "lookup", 20, 40),
        ],
    )


@pytest.fixture
def open_page():
    """Make views with their page, and close them."""
    views = []

    def make(*args, kind=TraceView, **options):
        view = kind(*args, **options)
        views.append(view)
        return Page(view)

    yield make
    for view in views:
        view.close()
