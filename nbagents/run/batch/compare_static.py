"""A comparison of two results as text and as HTML without a script: totals, then the rows that changed most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents._static_table import LEFT, OUTER, RIGHT, WRAPPED, html_list, many, safe
from nbagents.run.batch.changed_words import Piece, alike, changed_words
from nbagents.tracing.capture.encode import encode
from nbagents.tracing.measure.layout import seconds
from nbagents.tracing.static.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Comparison", "comparison_html", "comparison_text"]

_ROWS = 10
_LABEL = 40  # characters of a row's label
_CELL, _LINE = 240, 110  # and of what each side says of it, in HTML and on a line of text
_TOTALS = {
    "failed": "failed",
    "tokens": "tokens",
    "cost": "cost",
    "seconds": "time of all rows",
    "seconds_p50": "median",
    "seconds_p95": "95 %",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is shown of a comparison.

    Attributes:
        names: What the two sides are called.
        labels: Which row each is.
        rows: ``same``, and ``NAME_a`` and ``NAME_b`` of each row.
        figures: The totals of side ``a`` and of side ``b``.
        left_out: How many rows only one side has.
    """

    names: Sequence[str]
    labels: Sequence[str]
    rows: Sequence[dict[Any, Any]]
    figures: dict[Any, dict[Any, Any]]
    left_out: int

    def headline(self, gap: str) -> str:
        """Say in one line how the two compare."""
        differ = sum(not row["same"] for row in self.rows)
        failed = [self.figures[side]["failed"] for side in ("a", "b")]
        parts = [many(len(self.rows), "row") if self.rows else "no rows in both results"]
        parts += [f"{differ:,} changed" if differ else "the same output in all"] if self.rows else []
        parts += [f"failed {failed[0]:,} → {failed[1]:,}"] if any(failed) else []
        parts += [f"{many(self.left_out, 'row')} in one result only"] if self.left_out else []
        return gap.join(parts)

    def changed(self) -> list[int]:
        """Return the places of rows that changed or failed: those that fail in one alone, then by what changed."""
        changed = [place for place, row in enumerate(self.rows) if not row["same"] or any(_failed(row))]
        return sorted(changed, key=lambda place: _urgency(self.rows[place]))


def comparison_text(comparison: Comparison) -> str:
    """Write a comparison as text.

    Args:
        comparison: The comparison.
    """
    lines = [comparison.headline("   ")]
    if comparison.rows:
        table = [("", *comparison.names, "change"), *_totals(comparison)]
        widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
        lines += ["  ".join(map(str.rjust, cells, widths)).rstrip() for cells in table]
    changed = comparison.changed()
    for place in changed[:_ROWS]:
        lines += ["", short(one_line(comparison.labels[place]), _LABEL)]
        pieces = _pieces(comparison.rows[place], _LINE)
        said = ["".join(piece.text for piece in side) for side in pieces]
        lines += [f"  {side}  {one_line(text)}" for side, text in zip("ab", said, strict=True)]
    return "\n".join([*lines, *(f"\n{text}" for text in _more(changed))])


def comparison_html(comparison: Comparison) -> str:
    """Write a comparison as HTML; everything from a model or a tool is escaped.

    Args:
        comparison: The comparison.
    """
    headline, names = comparison.headline(" · "), [safe(name) for name in comparison.names]
    if not comparison.rows:
        return html_list(headline, (), (), texts=())
    totals = html_list(headline, ("", *names, "change"), _totals(comparison), texts=(0,))
    changed = comparison.changed()
    if not changed:
        return totals
    head = "".join(f"<th {LEFT}>{name}</th>" for name in ("row", *names))
    head += "".join(f"<th {RIGHT}>{name}</th>" for name in ("time", "tokens"))
    body = "".join(_html_row(comparison.labels[n], comparison.rows[n]) for n in changed[:_ROWS])
    more = "".join(f"<p>{text}</p>" for text in _more(changed))
    return f"{totals}<div {OUTER}><table><tr>{head}</tr>{body}</table>{more}</div>"


def _html_row(label: str, row: dict[Any, Any]) -> str:
    texts = [
        "".join(f"<b>{safe(text)}</b>" if new else safe(text) for text, new in side)
        for side in _pieces(row, _CELL)
    ]
    took = _both(row, "seconds", _seconds)
    tokens = _both(row, "tokens", "{:,.0f}".format)
    cells = "".join(f"<td {WRAPPED}>{text}</td>" for text in texts)
    numbers = "".join(f"<td {RIGHT}>{escape(text)}</td>" for text in (took, tokens))
    name = safe(short(one_line(label), _LABEL))
    return f"<tr><td {LEFT}>{name}</td>{cells}{numbers}</tr>"


def _pieces(row: dict[Any, Any], limit: int) -> tuple[list[Piece], list[Piece]]:
    return changed_words(_said(row, "a"), _said(row, "b"), limit)


def _said(row: dict[Any, Any], side: str) -> str:
    """What a side says of a row: its output, or with a cross how it failed."""
    error, output = row[f"error_{side}"], row[f"output_{side}"]
    if isinstance(error, str):
        return f"✗ {error}"
    return output if isinstance(output, str) else "" if output is None else encode(output)


def _failed(row: dict[Any, Any]) -> tuple[bool, ...]:
    return tuple(isinstance(row[f"error_{side}"], str) for side in ("a", "b"))


def _urgency(row: dict[Any, Any]) -> tuple[bool, bool, float]:
    """What rows are sorted by: one that fails in b alone comes first."""
    failed = _failed(row)
    return failed[0] == failed[1], not failed[1], alike(_said(row, "a"), _said(row, "b"))


def _totals(comparison: Comparison) -> list[tuple[str, ...]]:
    """The figures of both sides and their change; what is known of neither is left out."""
    lines = []
    for name, word in _TOTALS.items():
        a, b = (float(comparison.figures[side][name]) for side in ("a", "b"))
        if not (math.isnan(a) and math.isnan(b)) and (a or b):
            form = "${:.4f}".format if name == "cost" else _seconds if "seconds" in name else "{:,.0f}".format
            lines.append((word, *("-" if math.isnan(x) else form(x) for x in (a, b)), _change(name, a, b)))
    return lines


def _change(name: str, a: float, b: float) -> str:
    if math.isnan(a) or math.isnan(b) or a == b:
        return ""
    if name == "failed":
        return f"{b - a:+,.0f}"
    return f"{100 * (b - a) / a:+,.0f} %" if a else ""


def _both(row: dict[Any, Any], name: str, form: Any) -> str:  # noqa: ANN401 - number to text
    a, b = (float(row[f"{name}_{side}"]) for side in ("a", "b"))
    said = ["-" if math.isnan(x) else form(x) for x in (a, b)]
    return said[0] if said[0] == said[1] else " → ".join(said)


def _seconds(value: float) -> str:
    return seconds(round(value * 1e6))


def _more(changed: Sequence[int]) -> list[str]:
    if len(changed) <= _ROWS:
        return []
    return [f"showing {_ROWS} of {many(len(changed), 'row')} that changed or failed, those that changed most"]
