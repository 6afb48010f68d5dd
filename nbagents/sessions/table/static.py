"""A session without a kernel: a table that needs no script, no style sheet and no network, and the same as text.

GitHub and nbviewer strip styles and classes; what matters is in words and plain attributes. Everything that comes
from a model or a tool is escaped, and ``$`` and backslashes are kept away from MathJax.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents._short import one_line, short
from nbagents._static_table import OUTER, many, safe
from nbagents.errors import NbAgentsError
from nbagents.sessions.items.label import label_of, said
from nbagents.sessions.table.columns import read_columns
from nbagents.sessions.table.stats import parse_time, stats_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbagents.sessions.table.history import History

__all__ = [
    "Glimpse",
    "Line",
    "bundle",
    "lines_of",
    "many",
    "render_html",
    "render_text",
    "said_only",
    "sound",
    "static_forms",
]

_MOST_BYTES = 17_000  # of all lines, in both forms; a saved notebook must stay small
_TEXT_COLUMNS = 50  # bytes of a line of text beside what it says
_MOST_CHARACTERS = 160
_HEADS = ("#", "type", "text", "tokens", "time (UTC)")
_RIGHT = 'align="right"'  # as notebooks do anyway
_LEFT = 'align="left" style="text-align:left"'
_TEXT = 'align="left" style="text-align:left;overflow-wrap:anywhere" dir="auto"'
_PAIR_BAR = '<span style="color:#009e73">▍</span>'  # Okabe and Ito's green: tells apart on light and on dark


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it is shown.

    Attributes:
        position: Its place in the history, from 1.
        kind: ``user``, ``assistant``, ``call``, ``output``, or another type's name.
        text: One line of what it says.
        tokens: The estimate.
        time: ``HH:MM:SS``, UTC, or empty.
        partner: The place of a call's output or an output's call, None where there is none.
        is_code: Whether the text is a tool's, not a person's or a model's.
    """

    position: int
    kind: str
    text: str
    tokens: int
    time: str
    partner: int | None
    is_code: bool

    @property
    def label(self) -> str:
        """The kind, and where its other half stands."""
        if self.partner is None:
            return self.kind
        return f"{self.kind} {'→' if self.kind == 'call' else '←'} {self.partner}"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The end of a history, or all of it.

    Attributes:
        history: What was read.
        earlier: How many items came before and were not read.
    """

    history: History
    earlier: int = 0


def bundle(session_id: str, read: Callable[[], Glimpse]) -> dict[str, str]:
    """Make what IPython shows of a session.

    Args:
        session_id: The session.
        read: Reads its history; where it cannot, that is shown.
    """
    try:
        glimpse = read()
    except (NbAgentsError, sqlite3.Error, OSError) as exc:
        return said_only(f"session {session_id}: cannot be read now ({exc})")
    return static_forms(session_id, glimpse)


def said_only(text: str) -> dict[str, str]:
    """Return a sentence as HTML and as text."""
    return {"text/html": f"<div {OUTER}>{safe(text)}</div>", "text/plain": text}


def static_forms(session_id: str, glimpse: Glimpse) -> dict[str, str]:
    """Return a session as HTML and as text: as many of its newest items as stay small in a saved notebook.

    Args:
        session_id: The session.
        glimpse: The end of its history.
    """
    lines = lines_of(glimpse.history, glimpse.earlier)
    budget, count = _MOST_BYTES, 0
    for line in reversed(lines):
        budget -= len(_row_html(line).encode()) + len(line.text.encode()) + _TEXT_COLUMNS
        if budget < 0 and count:
            break
        count += 1
    shown = lines[len(lines) - count :]
    foot = _foot(glimpse, count)
    return {"text/html": render_html(session_id, shown, foot), "text/plain": render_text(session_id, shown, foot)}


def lines_of(history: History, earlier: int = 0) -> list[Line]:
    """Turn a history into lines.

    Args:
        history: What was read.
        earlier: How many items came before.
    """
    values = read_columns(history.rows, history.items)
    partners = _partners(values["type"], values["call_id"])
    lines = []
    for place, (kind, role, item) in enumerate(zip(values["type"], values["role"], history.items, strict=True)):
        name = label_of(kind, role)
        cells = {column: values[column][place] for column in ("text", "tool", "arguments", "output")}
        time = parse_time(values["created_at"][place])
        lines.append(
            Line(
                position=earlier + place + 1,
                kind=name,
                text=sound(one_line(said(name, cells, item), _MOST_CHARACTERS)),
                tokens=values["tokens"][place],
                time=f"{time:%H:%M:%S}" if time else "",
                partner=earlier + partners[place] if place in partners else None,
                is_code=name in {"call", "output"},
            )
        )
    return lines


def sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no notebook can hold."""
    return text.encode(errors="replace").decode()


def _partners(kinds: Sequence[str | None], call_ids: Sequence[str | None]) -> dict[int, int]:
    """Return for each place of a pair the other half's place, from 1."""
    calls: dict[tuple[str, str], int] = {}
    partners: dict[int, int] = {}
    for place, (kind, call_id) in enumerate(zip(kinds, call_ids, strict=True)):
        if kind is None or call_id is None:
            continue
        call = calls.pop((kind.removesuffix("_output"), call_id), None) if kind.endswith("_output") else None
        if call is not None:
            partners[place], partners[call] = call + 1, place + 1
        elif kind.endswith("_call"):
            calls[kind, call_id] = place
    return partners


def _foot(glimpse: Glimpse, shown: int) -> str:
    history = glimpse.history
    stats = stats_of("", history.rows, history.items)
    items, bad = glimpse.earlier + stats.item_count, len(history.bad)
    parts = [many(items, "item")]
    if not glimpse.earlier:
        parts += [many(stats.turns, "turn"), f"about {many(stats.tokens, 'token')}"]
    if bad:
        parts.append(f"{many(bad, 'row')} that {'holds' if bad == 1 else 'hold'} no item")
    if shown < items:
        parts.append(f"showing {shown:,} of {items:,}, the newest")
    return " · ".join(parts)


def render_html(session_id: str, lines: Sequence[Line], foot: str) -> str:
    """Render lines as a static table.

    Args:
        session_id: The session.
        lines: What is shown.
        foot: The line under it.
    """
    heads = "".join(
        f"<th {_RIGHT if head in {'#', 'tokens'} else _LEFT}>{_unbroken(head)}</th>" for head in _heads(lines)
    )
    rows = "".join(map(_row_html, lines))
    return (
        f"<div {OUTER}><b>{safe(session_id)}</b>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<small>{safe(foot)}</small></div>"
    )


def _row_html(line: Line) -> str:
    label = _unbroken(line.label) if line.partner else safe(line.label)
    text = safe(line.text)
    return (
        f"<tr><td {_RIGHT}>{line.position}</td>"
        f"<td {_LEFT}>{_PAIR_BAR + label if line.is_code else label}</td>"
        f"<td {_TEXT}>{f'<code>{text}</code>' if line.is_code else text}</td>"
        f"<td {_RIGHT}>{line.tokens}</td>{f'<td {_LEFT}>{line.time}</td>' if line.time else ''}</tr>"
    )


def _unbroken(text: str) -> str:
    return text.replace(" ", "&nbsp;")


def _heads(lines: Sequence[Line]) -> tuple[str, ...]:
    """Return the columns' names; most sessions of others keep no times."""
    return _HEADS if any(line.time for line in lines) else _HEADS[:-1]


def render_text(session_id: str, lines: Sequence[Line], foot: str) -> str:
    """Render lines as text with the same facts.

    Args:
        session_id: The session.
        lines: What is shown.
        foot: The line under it.
    """
    table = [(*_heads(lines), "")[:5], *((str(x.position), x.label, x.text, str(x.tokens), x.time) for x in lines)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADS))]
    widths[2] = min(widths[2], 72)
    body = [
        f"{number:>{widths[0]}}  {kind:<{widths[1]}}  {short(text, widths[2]):<{widths[2]}}  "
        f"{tokens:>{widths[3]}}  {time}".rstrip()
        for number, kind, text, tokens, time in table
    ]
    return "\n".join([session_id, *body, foot])
