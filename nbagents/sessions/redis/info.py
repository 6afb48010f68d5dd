"""What Redis knows of a session beside its items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nbagents.sessions.redis.wire import address_of

if TYPE_CHECKING:
    from nbagents.sessions.redis.wire import Client

__all__ = ["RedisSessionInfo", "info_of"]


@dataclass(frozen=True, slots=True)
class RedisSessionInfo:
    """What Redis knows of a session beside its items.

    Attributes:
        session_id: The session.
        address: The server's host and port.
        key: The list that holds the items.
        item_count: Entries of the list.
        created_at: When the first item was stored, None where there is none.
        updated_at: When items were last added or edited.
        ttl: Seconds until Redis forgets the session; None where it never does, or where there is none.
    """

    session_id: str
    address: str
    key: str
    item_count: int
    created_at: datetime | None
    updated_at: datetime | None
    ttl: int | None


async def info_of(client: Client, session_id: str, session_key: str, messages_key: str) -> RedisSessionInfo:
    """Ask Redis.

    Args:
        client: A client.
        session_id: The session.
        session_key: The hash with its times.
        messages_key: The list with its items.
    """
    known: dict[Any, Any] = await client.hgetall(session_key)
    times = {_text(name): _text(value) for name, value in known.items()}
    count: int = await client.llen(messages_key)
    ttl: int = await client.ttl(messages_key)
    return RedisSessionInfo(
        session_id=session_id,
        address=address_of(client),
        key=messages_key,
        item_count=count,
        created_at=_time(times.get("created_at")),
        updated_at=_time(times.get("updated_at")),
        ttl=ttl if ttl >= 0 else None,
    )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _time(seconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
