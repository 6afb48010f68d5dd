"""Searching what was said, called and answered, in one session or in all of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.errors import ConfigError
from nbagents.sessions.sqlite.search_index import SEARCHED, words_of
from nbagents.sessions.table.records import TIME, frame_of_records
from nbagents.sessions.table.stats import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.sessions.sqlite.search_index import Hit

__all__ = ["check_search", "hits_frame"]

_AROUND = 60  # characters on each side of what was found

_TYPES = {
    "session_id": "object",
    "id": "int64",
    "created_at": TIME,
    "type": "object",
    "role": "object",
    "where": "object",
    "excerpt": "object",
}


def check_search(text: object, limit: object) -> list[str]:
    """Return the words that are searched.

    Raises:
        ConfigError: There is no word in the text, or the limit is no number of items.
    """
    words = words_of(text) if isinstance(text, str) else []
    if not words:
        raise ConfigError(f"there is no word to search in {text!r}; give one or more", name="text", value=text)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ConfigError(f"limit={limit!r} is no number of items; use 1 or more", name="limit", value=limit)
    return words


def hits_frame(hits: Sequence[Hit], words: Sequence[str], found: int) -> pd.DataFrame:
    """Show what was found; see ``SQLiteSession.search``."""
    records = []
    for hit in hits:
        where, excerpt = _excerpt(hit.columns, words)
        time = parse_time(hit.created_at)
        time_us = None if time is None else int(time.timestamp()) * 1_000_000
        records.append((hit.session_id, hit.id, time_us, hit.type, hit.role, where, excerpt))
    frame = frame_of_records(_TYPES, records)
    frame.attrs["found"] = found
    return frame


def _excerpt(columns: Sequence[str], words: Sequence[str]) -> tuple[str, str]:
    """Return the column that the first word stands in, and what stands around it there."""
    for word in words:
        wanted = word.strip('"').casefold()
        for name, text in zip(SEARCHED, columns, strict=True):
            place = text.casefold().find(wanted)
            if place >= 0:
                return name, _around(text, place, len(wanted))
    # It was found by another spelling of the same letters, such as with an accent.
    name, text = next(((name, text) for name, text in zip(SEARCHED, columns, strict=True) if text), ("item", ""))
    return name, _around(text, 0, _AROUND)


def _around(text: str, place: int, length: int) -> str:
    start, end = max(place - _AROUND, 0), place + length + _AROUND
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
