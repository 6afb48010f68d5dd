"""A session in a few figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbagents._short import one_line
from nbagents.sessions.table.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.items.rows import Item, RawRow

__all__ = ["SessionStats", "opening_of", "parse_time", "stats_of"]

_MOST_OPENING = 80


@dataclass(frozen=True, slots=True)
class SessionStats:
    """A session in a few figures.

    Attributes:
        session_id: The session.
        item_count: Items in the history; rows that hold none do not count.
        turns: Messages of the user.
        first_item_time: When the oldest item was stored, None where there is none.
        last_item_time: When the newest item was stored.
        tokens: An estimate, four characters each: items do not say what they cost. The tokens a run really used
            are in ``result.context_wrapper.usage`` and in its trace.
        types: Items of each type.
        agents: The agents that items name, in the order in which they come.
        opening: How the user began, at most 80 characters; None where there is no such text.
    """

    session_id: str
    item_count: int
    turns: int
    first_item_time: datetime | None
    last_item_time: datetime | None
    tokens: int
    types: Mapping[str, int]
    agents: Sequence[str] = ()
    opening: str | None = None


def stats_of(session_id: str, rows: Sequence[RawRow], items: Sequence[Item]) -> SessionStats:
    """Count a history.

    Args:
        session_id: The session.
        rows: The good rows.
        items: Their items.

    Example:
        >>> from nbagents.sessions.items.rows import Row
        >>> stats_of("s", [Row(1, "2026-01-01 10:00:00", "")], [{"role": "user", "content": "Hello"}]).tokens
        2
    """
    values = read_columns(rows, items)
    times = sorted(time for time in map(parse_time, values["created_at"]) if time is not None)
    return SessionStats(
        session_id=session_id,
        item_count=len(items),
        turns=values["role"].count("user"),
        first_item_time=times[0] if times else None,
        last_item_time=times[-1] if times else None,
        tokens=sum(values["tokens"]),
        types=dict(Counter(kind or "unknown" for kind in values["type"])),
        agents=tuple(dict.fromkeys(agent for agent in values["agent"] if agent)),
        opening=opening_of(values["role"], values["text"]),
    )


def opening_of(roles: Sequence[str | None], texts: Sequence[str | None]) -> str | None:
    """Return the first thing that the user said, in one line and cut; None where there is no such text.

    Example:
        >>> opening_of(["system", "user"], ["Be polite.", "Is my lamp  on its way?"])
        'Is my lamp on its way?'
    """
    said = next((text for role, text in zip(roles, texts, strict=True) if role == "user" and text), None)
    return None if said is None else one_line(said, _MOST_OPENING)


def parse_time(text: str | None) -> datetime | None:
    """Read SQLite's UTC text, None where it is something else.

    Example:
        >>> parse_time("2026-01-01 10:00:00").isoformat()
        '2026-01-01T10:00:00+00:00'
    """
    try:
        time = datetime.fromisoformat(text or "")
    except (TypeError, ValueError):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
