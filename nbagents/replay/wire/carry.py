"""Mode record on the wire: a response passes by as it comes, and every piece of it is noted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import httpx2

from nbagents.replay.wire.pieces import AsyncPieces, Pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nbagents.replay.wire.pools import AsyncPools
    from nbagents.replay.wire.recorder import Take

__all__ = ["carry", "carry_async"]

# The pieces are passed on decoded and in their own sizes.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


async def carry_async(pools: AsyncPools, request: httpx2.Request, take: Take) -> httpx2.Response:
    """Send a request and pass on the response, noting both.

    Args:
        pools: The way to the network.
        request: What the outer client wants sent.
        take: Where it is noted.
    """
    with take.noting():
        response = await pools.send(request)
    return _outer(response, take, AsyncPieces(_read_async(response, take), partial(_close_async, response, take)))


def carry(client: httpx2.Client, request: httpx2.Request, take: Take) -> httpx2.Response:
    """Likewise, for a synchronous client."""
    with take.noting():
        response = client.send(request, auth=None, follow_redirects=False, stream=True)
    return _outer(response, take, Pieces(_read(response, take), partial(_close, response, take)))


def _outer(
    response: httpx2.Response, take: Take, stream: httpx2.AsyncByteStream | httpx2.SyncByteStream
) -> httpx2.Response:
    take.respond(response.status_code, response.headers.get("content-type", ""))
    headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _OF_THE_WIRE]
    return httpx2.Response(response.status_code, headers=headers, stream=stream)


async def _read_async(response: httpx2.Response, take: Take) -> AsyncIterator[bytes]:
    with take.noting():
        async for piece in response.aiter_bytes():
            take.chunk(piece)
            yield piece
    take.finish()


def _read(response: httpx2.Response, take: Take) -> Iterator[bytes]:
    with take.noting():
        for piece in response.iter_bytes():
            take.chunk(piece)
            yield piece
    take.finish()


async def _close_async(response: httpx2.Response, take: Take) -> None:
    await response.aclose()
    take.close()


def _close(response: httpx2.Response, take: Take) -> None:
    response.close()
    take.close()
