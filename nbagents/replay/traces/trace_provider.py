"""Ids and times of traces in a replay: derived from what runs, so that two replays make the same ones."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from agents.tracing import Span, SpanData, Trace, TracingProcessor, get_trace_provider, set_trace_provider
from agents.tracing.provider import TraceProvider

if TYPE_CHECKING:
    from agents.tracing.config import TracingConfig

    from nbagents.replay.match.place import Where
    from nbagents.replay.traces.clock import ReplayClock

__all__ = ["ReplayTraceProvider", "derive", "restore"]


class ReplayTraceProvider(TraceProvider):
    """Makes ids from the cell, the parent and the name, and asks the replay's clock; the rest is another's work.

    Args:
        inner: The provider that was there before.
        clock: Tells the time.
        where: Returns which cell runs.
        seed: Goes into every id.
    """

    def __init__(self, inner: TraceProvider, clock: ReplayClock, where: Where, seed: str = "") -> None:
        self.inner = inner
        self.clock = clock
        self._seed = seed
        self._where = where
        self._lock = threading.Lock()
        self._made: Counter[tuple[str, ...]] = Counter()
        self._around: dict[str, tuple[str, ...]] = {}  # of each span: itself, its parents, its trace
        self._runs: dict[str, int] = {}  # of each execution: the how manieth of its cell

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other provider has
        return getattr(self.inner, name)

    def time_iso(self) -> str:
        """Return the replay's time."""
        return self.clock.iso(self._where().execution, self._inside())

    def gen_trace_id(self) -> str:
        """Return an id made of the cell and the number of its trace."""
        return f"trace_{self._derived('trace', *self._cell())[:32]}"

    def gen_span_id(self) -> str:
        """Return an id made of what the span is in, and its number there."""
        return f"span_{self._derived('span', *self._inside(), *self._cell())[:24]}"

    def gen_group_id(self) -> str:
        """Return an id made of the cell and the number of its group."""
        return f"group_{self._derived('group', *self._cell())[:24]}"

    def create_trace(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        name: str,
        trace_id: str | None = None,
        group_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        disabled: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        tracing: TracingConfig | None = None,
    ) -> Trace:
        """Make a trace whose id is derived."""
        return self.inner.create_trace(
            name, trace_id or self.gen_trace_id(), group_id, metadata, disabled=disabled, tracing=tracing
        )

    def create_span(
        self,
        span_data: SpanData,
        span_id: str | None = None,
        parent: Trace | Span[Any] | None = None,
        disabled: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
    ) -> Span[Any]:
        """Make a span whose id is derived from its parent, its type and its name."""
        around = self._inside() if parent is None else self._around_of(parent)
        if span_id is None:
            name = str(getattr(span_data, "name", "") or "")
            span_id = f"span_{self._derived('span', *around, span_data.type, name)[:24]}"
        with self._lock:
            self._around[span_id] = (span_id, *around)
        return self.inner.create_span(span_data, span_id, parent, disabled=disabled)

    def register_processor(self, processor: TracingProcessor) -> None:
        """Add a processor to the other provider's."""
        self.inner.register_processor(processor)

    def set_processors(self, processors: list[TracingProcessor]) -> None:
        """Replace the other provider's processors."""
        self.inner.set_processors(processors)

    def get_current_trace(self) -> Trace | None:
        """Return the current trace."""
        return self.inner.get_current_trace()

    def get_current_span(self) -> Span[Any] | None:
        """Return the current span."""
        return self.inner.get_current_span()

    def set_disabled(self, disabled: bool) -> None:  # noqa: FBT001 - the SDK's signature
        """Turn tracing off or on."""
        self.inner.set_disabled(disabled)

    def force_flush(self) -> None:
        """Flush the other provider's processors."""
        self.inner.force_flush()

    def shutdown(self) -> None:
        """Shut the other provider down."""
        self.inner.shutdown()

    def _inside(self) -> tuple[str, ...]:
        span, trace = self.inner.get_current_span(), self.inner.get_current_trace()
        if span is not None:
            return self._around_of(span)
        return () if trace is None else self._around_of(trace)

    def _around_of(self, parent: Trace | Span[Any]) -> tuple[str, ...]:
        if isinstance(parent, Trace):
            return (parent.trace_id,)
        with self._lock:
            return self._around.get(parent.span_id) or (parent.span_id, parent.trace_id)

    def _cell(self) -> tuple[str, str]:
        place = self._where()
        with self._lock:
            if place.execution not in self._runs:
                self._runs[place.execution] = self._made["run", place.cell]
                self._made["run", place.cell] += 1
            return place.cell, str(self._runs[place.execution])

    def _derived(self, *key: str) -> str:
        with self._lock:
            number = self._made[key]
            self._made[key] += 1
        return hashlib.sha256("\0".join((self._seed, *key, str(number))).encode("utf-8", "replace")).hexdigest()


def derive(clock: ReplayClock, where: Where, seed: str = "") -> bool:
    """Derive ids and times of traces from now on, unless the same clock does that already: its ids must go on.

    Args:
        clock: Tells the time.
        where: Returns which cell runs.
        seed: Goes into every id.

    Returns:
        Whether that is new.
    """
    found = get_trace_provider()
    if isinstance(found, ReplayTraceProvider) and found.clock is clock:
        return False
    restore()
    set_trace_provider(ReplayTraceProvider(get_trace_provider(), clock, where, seed))
    return True


def restore() -> None:
    """Put back the provider that was there before; one that was set since then stays."""
    provider = get_trace_provider()
    if isinstance(provider, ReplayTraceProvider):
        set_trace_provider(provider.inner)
