"""The list of sessions: a DataFrame that shows itself as a table, in text and in bare HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents._static_table import html_list
from nbagents.sessions.items.label import one_line
from nbagents.sessions.table.static import many, sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["SessionTable"]

_NAMES = ["session_id", "title", "tags", "items", "turns", "tokens", "agents", "first_time", "last_time"]
_HEADS = ("session", "title", "items", "turns", "tokens", "agents", "tags", "last (UTC)")
_TEXTS = frozenset({0, 1, 5, 6, 7})  # the places of cells that are not numbers
_WIDTHS = (24, 48, 7, 5, 9, 24, 20, 16)
_ROWS = 40


class SessionTable(pd.DataFrame):
    """A DataFrame of sessions; what pandas makes of it with other columns shows itself as pandas does.

    Example:
        >>> SessionTable(columns=_NAMES)
        no sessions
    """

    @property
    def _constructor(self) -> Callable[..., SessionTable]:
        return SessionTable

    def _repr_html_(self) -> str | None:
        if list(self.columns) != _NAMES:
            return super()._repr_html_()  # type: ignore[misc, no-any-return] # not in pandas' stubs
        return html_list(self._headline(" · "), _HEADS, self._cells(), texts=_TEXTS)

    def __repr__(self) -> str:
        if list(self.columns) != _NAMES:
            return super().__repr__()
        rows = [*self._cells()]
        return "\n".join([self._headline("   "), *map(_line, [_HEADS, *rows] if rows else [])])

    def _cells(self) -> Iterator[tuple[str, ...]]:
        return map(_cells_of, self.head(_ROWS).to_dict("records"))

    def _headline(self, gap: str) -> str:
        if self.empty:
            return "no sessions"
        parts = [many(len(self), "session"), many(int(self["items"].sum()), "item")]
        parts += [f"about {many(int(self['tokens'].sum()), 'token')}"]
        parts += [f"showing {_ROWS} of {len(self):,}"] if len(self) > _ROWS else []
        return gap.join(parts)


def _cells_of(row: dict[Any, Any]) -> tuple[str, ...]:
    texts = (row["session_id"], row["title"] or "", ", ".join(row["agents"]), ", ".join(row["tags"]))
    widths = (_WIDTHS[place] for place in (0, 1, 5, 6))
    session, title, agents, tags = (sound(one_line(*cell)) for cell in zip(texts, widths, strict=True))
    numbers = (f"{row[name]:,}" for name in ("items", "turns", "tokens"))
    last = "" if pd.isna(row["last_time"]) else f"{row['last_time']:%Y-%m-%d %H:%M}"
    return (session, title, *numbers, agents, tags, last)


def _line(cells: Sequence[str]) -> str:
    padded = [
        f"{cell:<{width}}" if place in _TEXTS else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    ]
    return "  ".join(padded).rstrip()
