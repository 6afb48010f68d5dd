"""The list of sessions: a DataFrame that shows itself as a table, in text and in bare HTML."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents._short import one_line
from nbagents._static_table import StaticTable, html_list, many
from nbagents.sessions.table.static import sound

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SessionTable"]

_NAMES = ["session_id", "title", "tags", "items", "turns", "tokens", "agents", "first_time", "last_time"]
_HEADS = ("session", "title", "items", "turns", "tokens", "agents", "tags", "last (UTC)")
_TEXTS = frozenset({"session", "title", "agents", "tags", "last (UTC)"})
_MOST = (32, 60, 32, 32)  # characters of a session's name, its title, its agents and its tags
_ROWS = 40


class SessionTable(StaticTable, pd.DataFrame):
    """A DataFrame of sessions; what pandas makes of it with other columns shows itself as pandas does.

    Example:
        >>> SessionTable(columns=_NAMES)
        no sessions
    """

    def _is_whole(self) -> bool:
        return list(self.columns) == _NAMES

    def _static_html(self) -> str:
        heads, *rows = self._cells()
        texts = [place for place, head in enumerate(heads) if head in _TEXTS]
        return html_list(self._headline(" · "), heads, rows, texts=texts)

    def _static_text(self) -> str:
        lines = self._cells() if len(self) else []
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        return "\n".join([self._headline("   "), *(_line(cells, lines[0], widths) for cells in lines)])

    def _cells(self) -> list[tuple[str, ...]]:
        """Return the heads and the cells of each row, without the columns in which nothing stands."""
        rows = [_cells_of(row) for row in self.head(_ROWS).to_dict("records")]
        there = [any(cells) for cells in zip(*rows, strict=True)] or [True] * len(_HEADS)
        return [tuple(compress(cells, there)) for cells in (_HEADS, *rows)]

    def _headline(self, gap: str) -> str:
        if self.empty:
            return "no sessions"
        parts = [many(len(self), "session"), many(int(self["items"].sum()), "item")]
        parts += [f"about {many(int(self['tokens'].sum()), 'token')}"]
        parts += [f"showing {_ROWS} of {len(self):,}"] if len(self) > _ROWS else []
        return gap.join(parts)


def _cells_of(row: dict[Any, Any]) -> tuple[str, ...]:
    texts = (row["session_id"], row["title"] or "", ", ".join(row["agents"]), ", ".join(row["tags"]))
    session, title, agents, tags = (sound(one_line(text, most)) for text, most in zip(texts, _MOST, strict=True))
    numbers = (f"{row[name]:,}" for name in ("items", "turns", "tokens"))
    last = "" if pd.isna(row["last_time"]) else f"{row['last_time']:%Y-%m-%d %H:%M}"
    return (session, title, *numbers, agents, tags, last)


def _line(cells: Sequence[str], heads: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        f"{cell:<{width}}" if head in _TEXTS else f"{cell:>{width}}"
        for cell, head, width in zip(cells, heads, widths, strict=True)
    )
    return "  ".join(padded).rstrip()
