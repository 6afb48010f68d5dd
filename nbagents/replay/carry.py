"""Mode record on the wire: a response passes by as it comes, and every piece of it is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nbagents.replay.recorder import Take

__all__ = ["carry", "carry_async"]

# The pieces are passed on decoded and in their own sizes.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


async def carry_async(client: httpx2.AsyncClient, request: httpx2.Request, take: Take) -> httpx2.Response:
    """Send a request and pass on the response, noting both.

    Args:
        client: The way to the network.
        request: What the outer client wants sent.
        take: Where it is noted.
    """
    try:
        response = await client.send(request, auth=None, follow_redirects=False, stream=True)
    except Exception as exc:
        take.fail(exc)
        raise
    except BaseException:  # the task was cancelled
        take.close()
        raise
    return _outer(response, take, _AsyncPieces(response, take))


def carry(client: httpx2.Client, request: httpx2.Request, take: Take) -> httpx2.Response:
    """Likewise, for a synchronous client."""
    try:
        response = client.send(request, auth=None, follow_redirects=False, stream=True)
    except Exception as exc:
        take.fail(exc)
        raise
    except BaseException:  # the kernel was interrupted
        take.close()
        raise
    return _outer(response, take, _Pieces(response, take))


def _outer(
    response: httpx2.Response, take: Take, stream: httpx2.AsyncByteStream | httpx2.SyncByteStream
) -> httpx2.Response:
    take.respond(response.status_code, response.headers.get("content-type", ""))
    headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _OF_THE_WIRE]
    return httpx2.Response(response.status_code, headers=headers, stream=stream)


class _AsyncPieces(httpx2.AsyncByteStream):
    def __init__(self, response: httpx2.Response, take: Take) -> None:
        self._response = response
        self._take = take
        self._pieces = self._read()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces  # openai reads on after the last event, to free the connection

    async def _read(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.aiter_bytes():
                self._take.chunk(piece)
                yield piece
        except httpx2.HTTPError as exc:
            self._take.fail(exc)
            raise
        self._take.finish()

    async def aclose(self) -> None:
        await self._response.aclose()
        self._take.close()


class _Pieces(httpx2.SyncByteStream):
    def __init__(self, response: httpx2.Response, take: Take) -> None:
        self._response = response
        self._take = take
        self._pieces = self._read()

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces  # as above

    def _read(self) -> Iterator[bytes]:
        try:
            for piece in self._response.iter_bytes():
                self._take.chunk(piece)
                yield piece
        except httpx2.HTTPError as exc:
            self._take.fail(exc)
            raise
        self._take.finish()

    def close(self) -> None:
        self._response.close()
        self._take.close()
