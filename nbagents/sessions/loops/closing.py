"""Sessions that are closed where ``async with`` ends."""

from __future__ import annotations

from typing import Self

__all__ = ["Closing"]


class Closing:
    """A session that has something to close."""

    async def close(self) -> None:
        """Close it; what was begun is finished first. Closing twice is nothing."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()
