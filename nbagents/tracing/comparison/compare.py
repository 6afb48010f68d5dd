"""Two traces side by side: spans aligned by their place in the tree and their name, with what changed."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from nbagents.tracing.measure.layout import MODEL, STRUCTURE, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["Pair", "TraceComparison", "align", "most_changed", "shown_depths"]

_Key = tuple[int, str, str, int]  # a place: the parent's number, type, name, number among equal siblings
_ROOT = 0
_NAMELESS = MODEL | STRUCTURE  # a model call is compared with the one in its place, whichever model answered
_TOKENS = ("input_tokens", "output_tokens")


class Pair(NamedTuple):
    """A place in the trees and what each trace has there; None is nothing."""

    a: SpanRecord | None
    b: SpanRecord | None

    @property
    def either(self) -> SpanRecord:
        """The span of the first trace, or that of the second where the first has none."""
        found = self.a if self.a is not None else self.b
        assert found is not None  # noqa: S101 - a place exists because a span was there
        return found

    @property
    def change(self) -> float:
        """The second's duration minus the first's, in seconds; what is missing took no time."""
        return (self.b.duration if self.b else 0.0) - (self.a.duration if self.a else 0.0)


def align(first: Sequence[SpanRecord], second: Sequence[SpanRecord]) -> list[Pair]:
    """Put spans of two trees together.

    Two spans belong together when they and their ancestors have the same type and name and the same number among
    siblings of that type and name. Of model calls the name does not count.

    Args:
        first: The spans of one trace, in tree order.
        second: Those of the other.

    Returns:
        In the order of the first tree; what only the second has comes after the sibling that it follows there.
    """
    places: dict[_Key, int] = {}
    left, right = _placed(first, places), _placed(second, places)
    return [Pair(left.get(place), right.get(place)) for place in _merged(left, right, list(places))]


def _placed(spans: Iterable[SpanRecord], places: dict[_Key, int]) -> dict[int, SpanRecord]:
    """Give each span the number of its place, the same in both trees."""
    line = [_ROOT]
    seen: Counter[tuple[int, str, str]] = Counter()
    placed: dict[int, SpanRecord] = {}
    for span in spans:
        del line[span.depth + 1 :]
        kind = (line[-1], span.row.type, "" if span.row.type in _NAMELESS else span.row.name)
        place = places.setdefault((*kind, seen[kind]), len(places) + 1)
        seen[kind] += 1
        line.append(place)
        placed[place] = span
    return placed


def _merged(first: Iterable[int], second: Iterable[int], keys: Sequence[_Key]) -> list[int]:
    """Merge two depth-first orders of places into one: each parent's children as a linked list."""
    following: dict[int, int | None] = {}  # the next sibling; by ``~place`` the first child
    for order in (first, second):
        last: dict[int, int] = {}
        for place in order:
            parent = keys[place - 1][0]
            previous = last.get(parent, ~parent)
            if place not in following:
                following[place], following[previous] = following.get(previous), place
            last[parent] = place
    merged: list[int] = []
    stack = [following.get(~_ROOT)]
    while stack:
        at = stack.pop()
        if at is not None:
            merged.append(at)
            stack += [following[at], following.get(~at)]
    return merged


def most_changed(pairs: Sequence[Pair], limit: int) -> list[Pair]:
    """Return the pairs whose durations changed most, in their order.

    Args:
        pairs: In tree order.
        limit: How many at most.
    """
    ranked = sorted(range(len(pairs)), key=lambda index: -abs(pairs[index].change))
    return [pairs[index] for index in sorted(ranked[:limit])]


def shown_depths(pairs: Sequence[Pair]) -> dict[Pair, int]:
    """Return the pairs worth a row, each with its depth: without the SDK's tasks and turns that did not fail."""
    hidden: list[int] = []  # depths of the hidden spans that the next one may lie in
    depths: dict[Pair, int] = {}
    for pair in pairs:
        span = pair.either
        while hidden and hidden[-1] >= span.depth:
            hidden.pop()
        if span.row.type in STRUCTURE and not any(each and each.row.error for each in pair):
            hidden.append(span.depth)
        else:
            depths[pair] = span.depth - len(hidden)
    return depths


class TraceComparison:
    """Two traces, aligned.

    Args:
        a: The one that is compared.
        b: The one it is compared with; differences are its figures minus those of ``a``.
    """

    def __init__(self, a: TraceRecord, b: TraceRecord) -> None:
        self.a = a
        self.b = b

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The aligned spans, in tree order."""
        return tuple(align(self.a.spans, self.b.spans))

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each place in the trees: the figures of both, and what changed from ``a`` to ``b``.

        ``status`` is ``"both"``, ``"only a"`` or ``"only b"``; times are in seconds; what is missing is NA, and
        counts as nothing in the changes.
        """
        import pandas as pd

        return pd.DataFrame([_row(pair) for pair in self.pairs], columns=list(_TYPES)).astype(_TYPES)

    def gantt(self, *, limit: int = 200, height: int | None = None) -> go.Figure:
        """Return a plain Plotly figure: two bars for each place, the duration in each trace, and the change.

        Args:
            limit: How many places at most: those that changed most.
            height: Of the figure, in pixels; None follows from the number of rows.

        Raises:
            ConfigError: ``limit`` or ``height`` is not positive.
        """
        from nbagents.tracing.comparison.figure import comparison_figure
        from nbagents.tracing.static.figure import trace_figure

        return trace_figure(comparison_figure(self, limit=limit, height=height))

    def view(self) -> Any:  # noqa: ANN401 - a widget, of a layer above this one
        """Return the interactive view of the first trace, with the second beside it."""
        view = self.a.view()
        view.compare(self.b)
        return view

    def _repr_mimebundle_(self, **_options: object) -> Any:  # noqa: ANN401 - what IPython takes: a dict or a pair of them
        from nbagents._location import current_environment, locate
        from nbagents.tracing.comparison.static import comparison_forms

        if locate(current_environment()).live:
            return self.view()._repr_mimebundle_()
        html, text = comparison_forms(self)
        return {"text/plain": text, "text/html": html}

    def __repr__(self) -> str:
        change = self.b.duration - self.a.duration
        spans = f"{len(self.pairs):,} places in the trees"
        return f"<TraceComparison {self.a.name!r} → {self.b.name!r}, {signed(change)}, {spans}>"


_TYPES = {
    "name": "str",
    "type": "str",
    "depth": "int64",
    "status": "str",
    "duration_a": "float64",
    "duration_b": "float64",
    "duration_change": "float64",
    **{f"{field}_{side}": "Int64" for field in _TOKENS for side in ("a", "b", "change")},
    "cost_a": "float64",
    "cost_b": "float64",
    "cost_change": "float64",
    "error_a": "str",
    "error_b": "str",
    "span_id_a": "str",
    "span_id_b": "str",
}


def _row(pair: Pair) -> dict[str, object]:
    span = pair.either
    sides = {"a": pair.a, "b": pair.b}
    status = "both" if pair.a and pair.b else "only a" if pair.a else "only b"
    row: dict[str, object] = {"name": span.row.name, "type": span.row.type, "depth": span.depth, "status": status}
    for side, found in sides.items():
        row[f"duration_{side}"] = found.duration if found else None
        row |= {f"{field}_{side}": getattr(found.row, field) if found else None for field in _TOKENS}
        row[f"cost_{side}"] = found.cost if found else None
        row[f"error_{side}"] = found.row.error if found else None
        row[f"span_id_{side}"] = found.row.span_id if found else None
    row["duration_change"] = pair.change
    row |= {f"{field}_change": _change(row[f"{field}_a"], row[f"{field}_b"]) for field in _TOKENS}
    row["cost_change"] = _cost_change(pair)
    return row


def _change(a: Any, b: Any) -> Any:  # noqa: ANN401 - numbers or None
    return None if a is None and b is None else (b or 0) - (a or 0)


def _cost_change(pair: Pair) -> float | None:
    """Return the difference where both prices are known; a call that was not made cost nothing."""
    costs = [0.0 if span is None else span.cost for span in pair]
    return (
        None if costs[0] is None or costs[1] is None or pair.either.row.type not in MODEL else costs[1] - costs[0]
    )
