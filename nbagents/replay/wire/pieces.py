"""A response's body from a generator, which may be asked for more than once, and what happens when it is closed.

After the last event openai asks for the body again and reads on, to free the connection: it must get the rest of
the same pieces and not all of them once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = ["AsyncPieces", "Pieces"]


class AsyncPieces(httpx2.AsyncByteStream):
    """The body of a response to an asynchronous client.

    Args:
        pieces: The body.
        close: Called when the client reads no further; None where nothing is to be done.
    """

    def __init__(self, pieces: AsyncIterator[bytes], close: Callable[[], Awaitable[None]] | None = None) -> None:
        self._pieces = pieces
        self._close = close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        """Close what gave the pieces."""
        if self._close is not None:
            await self._close()


class Pieces(httpx2.SyncByteStream):
    """The body of a response to a synchronous client.

    Args:
        pieces: The body.
        close: Called when the client reads no further; None where nothing is to be done.
    """

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None] | None = None) -> None:
        self._pieces = pieces
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Close what gave the pieces."""
        if self._close is not None:
            self._close()
