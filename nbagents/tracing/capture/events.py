"""What the agent's thread hands to the writer: plain tuples, which nothing changes any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Piece", "SpanEnded", "SpanStarted", "TraceEnded", "TraceStarted", "microseconds", "text_of"]


Piece: TypeAlias = "str | Callable[[], str]"


class TraceStarted(NamedTuple):
    """A trace began; times are the SDK's ISO 8601 text, read by the writer."""

    trace_id: str
    name: str
    started_at: str
    group_id: str | None
    metadata: str | None
    cell_id: str | None


class TraceEnded(NamedTuple):
    """A trace ended."""

    trace_id: str
    name: str
    ended_at: str


class SpanStarted(NamedTuple):
    """A span began."""

    trace_id: str
    span_id: str
    parent_id: str | None
    type: str
    name: str
    started_at: str


class SpanEnded(NamedTuple):
    """A span ended: all of it, so that one whose start was not seen is whole too.

    ``tokens`` are input, output, cached and reasoning; ``payload`` is JSON in pieces, each text or what gives it.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    type: str
    name: str
    started_at: str
    ended_at: str
    model: str | None
    tokens: tuple[int | None, int | None, int | None, int | None]
    error: str | None
    payload: tuple[Piece, ...]
    first_token_at: str | None = None


def microseconds(moment: str) -> int:
    """Return an ISO 8601 moment as whole microseconds since 1970 UTC; one without a zone is UTC.

    Example:
        >>> microseconds("1970-01-01T00:00:01.500000+00:00")
        1500000
    """
    parsed = datetime.fromisoformat(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return round(parsed.timestamp() * 1e6)  # exact: doubles hold whole microseconds until the year 2255


def text_of(piece: Piece) -> str:
    """Return a piece's text."""
    return piece if isinstance(piece, str) else piece()
