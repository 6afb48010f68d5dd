"""Traces on the console: a tree with durations and errors, each line as its span ends."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

from agents.tracing import TracingProcessor

from nbagents._short import short
from nbagents._static_table import many
from nbagents.errors import ConfigError
from nbagents.tracing.capture.encode import encode
from nbagents.tracing.capture.event_processor import message_of
from nbagents.tracing.capture.events import microseconds
from nbagents.tracing.capture.payload import facts_of, name_of
from nbagents.tracing.capture.redact import Redactor
from nbagents.tracing.measure.layout import STRUCTURE, seconds
from nbagents.tracing.processors.console_tree import Branch, ConsoleTree
from nbagents.tracing.static.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.tracing import Span, Trace

__all__ = ["ConsoleTracingProcessor"]

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_ERRORS_ONLY = frozenset({"WARNING", "ERROR"})
_DATA = 160  # characters of an input or output


class ConsoleTracingProcessor(TracingProcessor):
    """Prints every trace of this process as a tree, each span as it ends; secrets are taken out.

    Args:
        level: ``"DEBUG"`` is every span, ``"INFO"`` leaves out the SDK's own bookkeeping (task and turn),
            ``"WARNING"`` and ``"ERROR"`` show only what failed and what it was in.
        include_data: Whether the beginnings of inputs and outputs are shown.

    Raises:
        ConfigError: The level is another.

    Example:
        >>> from agents import custom_span, trace
        >>> from agents.tracing import set_trace_processors
        >>> set_trace_processors([ConsoleTracingProcessor()])
        >>> with trace("demo"), custom_span("step"):  # doctest: +ELLIPSIS
        ...     pass
        ┌ demo
        │ custom step ... ms
        └ demo ... ms   1 span
        >>> set_trace_processors([])
    """

    def __init__(self, level: str = "INFO", include_data: bool = False) -> None:  # noqa: FBT001, FBT002 - the design's
        self._level = str(level).upper()
        if self._level not in _LEVELS:
            raise ConfigError(f"level is {level!r}; it is one of {', '.join(_LEVELS)}", name="level", value=level)
        self._include_data = include_data
        self._redactor = Redactor()
        self._lock = threading.Lock()
        self._tree = ConsoleTree()
        self._traces: dict[str, _OpenTrace] = {}

    def __repr__(self) -> str:
        return f"ConsoleTracingProcessor({self._level!r}, include_data={self._include_data})"

    def on_trace_start(self, trace: Trace) -> None:
        """Note a trace's start."""
        with self._lock:
            self._traces[trace.trace_id] = _OpenTrace(Branch(trace.trace_id, self._redactor.name(str(trace.name))))

    def on_trace_end(self, trace: Trace) -> None:
        """Print how long a trace took, and what it had."""
        with self._lock:
            ended = self._traces.pop(trace.trace_id, None)
            if ended is not None and (self._level not in _ERRORS_ONLY or ended.errors):
                self._print(self._tree.end([], ended.branch, ended.facts()))

    def on_span_start(self, span: Span[Any]) -> None:
        """Note a span's start."""
        with self._lock:
            trace = self._traces.get(span.trace_id)
            if trace is not None:
                trace.open[span.span_id] = (self._branch(span), span.parent_id, span.span_data.type)

    def on_span_end(self, span: Span[Any]) -> None:
        """Print a span, under what it is in."""
        with self._lock:
            trace = self._traces.get(span.trace_id) or _OpenTrace(Branch(span.trace_id, "trace"))
            trace.open.pop(span.span_id, None)
            trace.count(span)
            if self._shows(span):
                inside = trace.inside(span.parent_id, hidden=frozenset() if self._level == "DEBUG" else STRUCTURE)
                self._print(self._tree.end(inside, self._branch(span), self._facts(span)))
                if self._include_data:
                    self._print(self._tree.detail(inside, line) for line in self._said(span))

    def force_flush(self) -> None:
        """Do nothing: what was printed is printed."""

    def shutdown(self) -> None:
        """Do nothing: nothing is held."""

    def _shows(self, span: Span[Any]) -> bool:
        if span.error is not None or self._level == "DEBUG":
            return True
        return self._level == "INFO" and span.span_data.type not in STRUCTURE

    def _branch(self, span: Span[Any]) -> Branch:
        data = span.span_data
        return Branch(span.span_id, self._redactor.name(f"{data.type} {name_of(data)}"))

    def _facts(self, span: Span[Any]) -> str:
        parts = [seconds(_took(span))]
        tokens = facts_of(span.span_data).tokens
        if tokens.input is not None:
            parts.append(many(tokens.input + (tokens.output or 0), "token"))
        if span.error is not None:
            parts.append(f"✗ {short(one_line(self._redactor.name(message_of(span.error))), _DATA)}")
        return "   ".join(parts)

    def _said(self, span: Span[Any]) -> Iterable[str]:
        facts = facts_of(span.span_data)
        for word, value in (("in ", facts.input), ("out", facts.output)):
            if value is not None:
                clean = json.loads(self._redactor.json(encode(value)))
                text = clean if isinstance(clean, str) else json.dumps(clean, ensure_ascii=False)
                yield f"{word} {short(one_line(text), _DATA)}"

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            sys.stdout.write(f"{line}\n")


class _OpenTrace:
    """A trace that has not ended: its open spans, and how many ended."""

    def __init__(self, branch: Branch) -> None:
        self.branch = branch
        self.open: dict[str, tuple[Branch, str | None, str]] = {}
        self.spans = self.errors = self.first_us = self.last_us = 0

    def count(self, span: Span[Any]) -> None:
        """Count a span that has ended."""
        self.spans += 1
        self.errors += span.error is not None
        end = microseconds(span.ended_at or "1970-01-01")
        self.first_us = min(self.first_us or end, end - _took(span))
        self.last_us = max(self.last_us, end)

    def facts(self) -> str:
        """Say in a line how long it took and what it had."""
        parts = [seconds(self.last_us - self.first_us), many(self.spans, "span")]
        return "   ".join([*parts, many(self.errors, "error")] if self.errors else parts)

    def inside(self, parent_id: str | None, *, hidden: frozenset[str]) -> list[Branch]:
        """Return what a span is in, the outermost first."""
        line: list[Branch] = []
        while parent_id is not None and parent_id in self.open and len(line) < len(self.open):
            branch, parent_id, kind = self.open[parent_id]
            if kind not in hidden:
                line.append(branch)
        return [self.branch, *reversed(line)]


def _took(span: Span[Any]) -> int:
    if span.started_at is None or span.ended_at is None:
        return 0
    return microseconds(span.ended_at) - microseconds(span.started_at)
