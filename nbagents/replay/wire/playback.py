"""Mode replay on the wire: a recording becomes a response again, in its pieces and at its pace."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2

from nbagents.errors import CassetteError
from nbagents.replay.cassette.reply import CANCELLED
from nbagents.replay.wire.pace import pause
from nbagents.replay.wire.pieces import AsyncPieces, Pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nbagents.replay.wire.ask import Ask
    from nbagents.replay.wire.deck import Deck
    from nbagents.replay.wire.player import Playback

__all__ = ["ERROR", "play", "play_async", "refusal"]

ERROR = "nbagents_error"  # the response's extension in which an error of ours reaches our client
_PATIENCE_SECONDS = 5  # for a client that cancelled when it was recorded, and is a little later this time


async def play_async(deck: Deck, ask: Ask) -> httpx2.Response:
    """Answer a request from the cassette."""
    try:
        playback = deck.answer(ask)
    except CassetteError as exc:
        return refusal(exc)
    if "status" not in playback.reply:
        await asyncio.sleep(_seconds(playback.reply["ms"], deck.speed))
        deck.advance(playback.reply["ms"])
        await _end_async(playback, deck)
    return _response(playback, deck, AsyncPieces(_read_async(playback, deck)))


def play(deck: Deck, ask: Ask) -> httpx2.Response:
    """Likewise, for a synchronous client."""
    try:
        playback = deck.answer(ask)
    except CassetteError as exc:
        return refusal(exc)
    if "status" not in playback.reply:
        pause(_seconds(playback.reply["ms"], deck.speed))
        deck.advance(playback.reply["ms"])
        _end(playback, deck)
    return _response(playback, deck, Pieces(_read(playback, deck)))


def refusal(error: CassetteError) -> httpx2.Response:
    """Return a response that our own clients turn into the error it carries, and others into one of openai's."""
    body = {"error": {"message": str(error), "type": "invalid_request_error", "code": "cassette", "param": None}}
    return httpx2.Response(409, headers={"x-should-retry": "false"}, json=body, extensions={ERROR: error})


def _response(
    playback: Playback, deck: Deck, stream: httpx2.AsyncByteStream | httpx2.SyncByteStream
) -> httpx2.Response:
    headers = {"content-type": playback.reply["type"], "x-should-retry": str(playback.retried).lower()}
    if not deck.speed:
        headers["retry-after-ms"] = "1"
    return httpx2.Response(playback.reply["status"], headers=headers, stream=stream)


def _seconds(ms: float, speed: float) -> float:
    return max(ms, 0) / 1000 * speed


async def _read_async(playback: Playback, deck: Deck) -> AsyncIterator[bytes]:
    before = 0
    for ms, piece in playback.chunks:
        await asyncio.sleep(_seconds(ms - before, deck.speed))  # 0 still lets other tasks run
        deck.advance(ms - before)
        before = ms
        yield piece
    await _end_async(playback, deck)


def _read(playback: Playback, deck: Deck) -> Iterator[bytes]:
    before = 0
    for ms, piece in playback.chunks:
        pause(_seconds(ms - before, deck.speed))
        deck.advance(ms - before)
        before = ms
        yield piece
    _end(playback, deck)


async def _end_async(playback: Playback, deck: Deck) -> None:
    if playback.reply.get("end") == CANCELLED:
        await asyncio.sleep(_PATIENCE_SECONDS)
    _end(playback, deck)


def _end(playback: Playback, deck: Deck) -> None:
    """Fail as the recording failed; do nothing where it ended well."""
    reply: dict[str, Any] = playback.reply
    end = reply.get("end")
    if end is None:
        return
    if end != CANCELLED:
        raise _error_class(end)(reply.get("message", ""))
    one = playback.recording
    path = deck.player.cassette.path if deck.player is not None else ""
    raise CassetteError(
        f"the recording of {one.title} (cell {one.cell}, call {one.call}) ends here: it was cancelled when it was "
        "recorded, and this time it was not; record again",
        path=path,
    )


def _error_class(name: str) -> type[httpx2.TransportError]:
    found = getattr(httpx2, name, None)
    if isinstance(found, type) and issubclass(found, httpx2.TransportError):
        return found
    return httpx2.ReadError
