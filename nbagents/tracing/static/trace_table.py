"""The list of traces: a DataFrame that shows itself as a table with bars, in text and in bare HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents._short import short
from nbagents._static_table import StaticTable, html_list, many
from nbagents.tracing.columns import TRACE_COLUMNS
from nbagents.tracing.figures.colors import color_of
from nbagents.tracing.measure.layout import seconds
from nbagents.tracing.static.plain_text import bar, column, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TraceTable"]

_NAMES = [column.name for column in TRACE_COLUMNS]
_ROWS = 40
_BAR = 12
_NAME, _ID = 60, 14
_HEADS = ("name", "started (UTC)", "", "duration", "spans", "tokens", "errors", "status", "trace")
_MARKS = {"error": "✗ error", "running": "● running", "interrupted": "◌ interrupted"}


class TraceTable(StaticTable, pd.DataFrame):
    """A DataFrame of traces; what pandas makes of it with other columns shows itself as pandas does.

    Example:
        >>> from nbagents import traces
        >>> traces()
        no traces
    """

    def _is_whole(self) -> bool:
        return list(self.columns) == _NAMES

    def _static_html(self) -> str:
        return html_list(self._summary(" · "), _HEADS, self._cells(), texts=_TEXTS, around={_BAR_PLACE: _DRAWN})

    def _static_text(self) -> str:
        return "\n".join([self._summary("   "), *(_text_row(cells) for cells in self._cells())])

    def _cells(self) -> Iterator[tuple[str, ...]]:
        longest = max(self["duration"], default=0) or 1
        for row in self.head(_ROWS).to_dict("records"):
            yield _cells_of(row, row["duration"] / longest)

    def _summary(self, gap: str) -> str:
        if self.empty:
            return "no traces"
        parts = [many(len(self), "trace"), many(int(self["spans"].sum()), "span")]
        parts += [many(int(self["total_tokens"].sum()), "token")] if self["total_tokens"].any() else []
        parts += [many(int(self["errors"].sum()), "error")] if self["errors"].any() else []
        parts += [f"showing {_ROWS} of {len(self):,}"] if len(self) > _ROWS else []
        return gap.join(parts)


_BAR_PLACE = 2
_DRAWN = f'<span style="color: {color_of("agent")}">{{}}</span>'
_TEXTS = frozenset({0, 1, 2, 7, 8})  # the places of cells that are not numbers


def _cells_of(row: dict[Any, Any], share: float) -> tuple[str, ...]:
    return (
        short(one_line(row["name"]), _NAME),
        f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
        bar(0, share, _BAR).rstrip(),
        seconds(round(row["duration"] * 1e6)),
        f"{row['spans']:,}",
        f"{row['total_tokens']:,}" if row["total_tokens"] else "",
        f"{row['errors']:,}" if row["errors"] else "",
        _MARKS.get(row["status"], row["status"]),
        short(one_line(row["trace_id"].removeprefix("trace_")), _ID),
    )


def _text_row(cells: tuple[str, ...]) -> str:
    name, started, drawn, took, spans, tokens, errors, status, trace_id = cells
    counts = f"{spans:>7} spans  {tokens:>9}{' tokens' if tokens else '       '}"
    failed = f"{status} ({errors})" if errors else status
    return f"{column(name)}{started}  {drawn:<{_BAR}}  {took:>10}  {counts}  {trace_id}  {failed}".rstrip()
