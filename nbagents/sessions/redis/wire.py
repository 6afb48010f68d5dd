"""Redis as a session sees it: where it is, what its errors mean, and one item taken out of a list whole."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbagents._optional import require
from nbagents.errors import SessionRefusedError, SessionUnreachableError
from nbagents.sessions.items.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis.asyncio import Redis
    from redis.asyncio.cluster import RedisCluster

    Client = Redis | RedisCluster

__all__ = ["address_of", "is_cluster", "read_list", "remove_from_end", "translated"]

# Compares and removes in one step, on one key, so that a cluster does it too.
_REMOVE = """
if redis.call('LINDEX', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('LSET', KEYS[1], ARGV[1], ARGV[3])
return redis.call('LREM', KEYS[1], -1, ARGV[3])
"""


def is_cluster(client: Client) -> bool:
    """Tell whether a client is one of Redis Cluster."""
    return isinstance(client, require("redis.asyncio.cluster", extra="redis").RedisCluster)


def address_of(client: Client) -> str:
    """Return where a client's server is, without user and password.

    Example:
        >>> address_of(require("redis.asyncio", extra="redis").from_url("redis://me:secret@example.com:6380/0"))
        'example.com:6380'
    """
    if is_cluster(client):
        node: Any = client.get_default_node()  # type: ignore[union-attr] # is_cluster tells
        return f"{node.host}:{node.port}" if node is not None else "a Redis Cluster"
    known: dict[str, Any] = client.connection_pool.connection_kwargs  # type: ignore[union-attr] # likewise
    if "path" in known:
        return str(known["path"])
    return f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"


@contextmanager
def translated(client: Client, *, session_id: str) -> Iterator[None]:
    """Turn what Redis raises within a block into our errors.

    Raises:
        SessionUnreachableError: The server does not answer.
        SessionRefusedError: It answered with an error.
    """
    errors = require("redis.exceptions", extra="redis")
    try:
        yield
    except (errors.AuthenticationError, errors.AuthorizationError) as exc:
        raise _refused(exc, client, session_id, "check user and password in its URL") from exc
    except (errors.ConnectionError, errors.TimeoutError, errors.WatchError, OSError) as exc:
        # A connection that is lost while keys are watched is a WatchError; a lost race is not: it is run again.
        address = address_of(client)
        raise SessionUnreachableError(
            f"session {session_id!r}: Redis at {address} does not answer ({type(exc).__name__}: {exc}). The "
            "history is not empty, it cannot be read. Start the server or check the URL, then try again",
            session_id=session_id,
            address=address,
        ) from exc
    except errors.RedisError as exc:
        raise _refused(exc, client, session_id, "nothing was changed by what it refused") from exc


def _refused(exc: Exception, client: Client, session_id: str, cure: str) -> SessionRefusedError:
    address = address_of(client)
    return SessionRefusedError(
        f"session {session_id!r}: Redis at {address} refused ({type(exc).__name__}: {exc}); {cure}",
        session_id=session_id,
        address=address,
    )


async def read_list(client: Client, key: str, newest: int | None) -> list[Row]:
    """Read the end of a list, oldest first; a row's id is its place in the list, from 1.

    Args:
        client: A client.
        key: The list.
        newest: How many of the newest; None is all.
    """
    texts: list[Any] = await client.lrange(key, 0 if newest is None else -newest, -1)
    first = 1 if newest is None or len(texts) < newest else await client.llen(key) - len(texts) + 1
    return [Row(place, None, _text(text)) for place, text in enumerate(texts, first)]


def _text(text: str | bytes) -> str | bytes:
    try:
        return text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        return text


async def remove_from_end(client: Client, key: str, place: int, text: str | bytes) -> bool:
    """Remove one entry of a list if it still is what it was.

    Args:
        client: A client.
        key: The list.
        place: Its place from the end, from 1.
        text: What it was.

    Returns:
        Whether it was removed.
    """
    removed: Any = await client.eval(_REMOVE, 1, key, str(-place), text, secrets.token_hex(16))
    return bool(removed)
