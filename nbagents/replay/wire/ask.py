"""A request as the seam sees it: plain values, whichever client it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

__all__ = ["Ask", "ask_of"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One HTTP request.

    Attributes:
        method: Such as "POST".
        path: The URL's path.
        query: The URL's query, without the question mark.
        content_type: The body's type, or "".
        body: The body.
        attempt: 0, or how often the client has tried this request before.
    """

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""
    attempt: int = 0


def ask_of(request: httpx2.Request, body: bytes) -> Ask:
    """Take a request's plain values.

    Args:
        request: The client's request.
        body: Its body, read.
    """
    attempt = request.headers.get("x-stainless-retry-count", "0")
    return Ask(
        method=request.method,
        path=request.url.path,
        query=request.url.query.decode("ascii", "replace"),
        content_type=request.headers.get("content-type", ""),
        body=body,
        attempt=int(attempt) if attempt.isdigit() else 0,
    )
