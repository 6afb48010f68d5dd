"""Watching a streamed answer for its first token, for the model call's span that is open where it is read."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import httpx2

from nbagents._first_token import note_first_token
from nbagents.replay.wire.pieces import AsyncPieces, Pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["watch", "watch_async"]

# An event of the Responses API with a piece of the answer, or a chunk of a chat completion that is not empty.
_TOKEN = re.compile(rb'\.delta["\s]|"(?:content|arguments|refusal|reasoning_content)": ?"[^"]')
_KEPT = 64  # bytes: an event that was cut in two is seen when the rest comes


async def watch_async(response: httpx2.Response) -> None:
    """Watch the stream of a response for its first token: a hook of an asynchronous httpx client."""
    span_id = _open_call(response)
    if span_id is not None and isinstance(response.stream, httpx2.AsyncByteStream):
        stream = response.stream
        response.stream = AsyncPieces(_watched_async(stream, _Watch(span_id)), stream.aclose)


def watch(response: httpx2.Response) -> None:
    """Watch the stream of a response for its first token: a hook of a synchronous httpx client."""
    span_id = _open_call(response)
    if span_id is not None and isinstance(response.stream, httpx2.SyncByteStream):
        stream = response.stream
        response.stream = Pieces(_watched(stream, _Watch(span_id)), stream.close)


def _open_call(response: httpx2.Response) -> str | None:
    """Return the id of the model call's span that is open here, if this is its stream."""
    tracing = sys.modules.get("agents.tracing")
    if tracing is None or not response.headers.get("content-type", "").startswith("text/event-stream"):
        return None
    span = tracing.get_current_span()
    return span.span_id if span is not None and span.span_data.type in {"response", "generation"} else None


class _Watch:
    """Looks through pieces until the first token is seen."""

    def __init__(self, span_id: str) -> None:
        self._span_id = span_id
        self._rest: bytes | None = b""

    def see(self, piece: bytes) -> None:
        """Take in a piece as it passes; the first with a token is noted, and what follows is not looked at."""
        if self._rest is None:
            return
        text = self._rest + piece
        if _TOKEN.search(text) is None:
            self._rest = text[-_KEPT:]
            return
        self._rest = None
        note_first_token(self._span_id, sys.modules["agents.tracing"].get_trace_provider().time_iso())


async def _watched_async(stream: httpx2.AsyncByteStream, watch: _Watch) -> AsyncIterator[bytes]:
    async for piece in stream:
        watch.see(piece)
        yield piece


def _watched(stream: httpx2.SyncByteStream, watch: _Watch) -> Iterator[bytes]:
    for piece in stream:
        watch.see(piece)
        yield piece
