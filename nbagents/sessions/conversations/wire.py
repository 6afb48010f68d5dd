"""The Conversations API as a session sees it: what its errors mean, and what an edit costs. No I/O."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.errors import SessionRefusedError, SessionUnreachableError
from nbagents.sessions.loops.home_loop import HomeEndedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openai import AsyncOpenAI

    from nbagents.sessions.items.rows import Item, Row
    from nbagents.sessions.table.edited import Wanted

__all__ = ["MOST_AT_ONCE", "Rewrite", "batches", "plan_rewrite", "stored_item", "translated"]

MOST_AT_ONCE = 20  # items that one request may create

_UNKNOWN = "(not begun)"
_CURES = {
    401: "check OPENAI_API_KEY",
    403: "this key may not use the conversation; check its project",
    404: "there is no such conversation, or it belongs to another project; make a session without conversation_id "
    "to begin a new one",
    429: "too many requests or no credit left; wait, or look at your limits",
}
# The API gives these ids; the others must bring theirs.
_NAMED_BY_SERVER = frozenset(
    {
        "message",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "reasoning",
    }
)


def address_of(client: AsyncOpenAI) -> str:
    """Return where a client's server is."""
    url = client.base_url
    return url.host if url.port is None else f"{url.host}:{url.port}"


@contextmanager
def translated(client: AsyncOpenAI, conversation_id: str | None, *, doing: str = "") -> Iterator[None]:
    """Turn what openai raises within a block into our errors.

    Args:
        client: The client.
        conversation_id: The conversation, None where it is not begun.
        doing: How far the work came, as a sentence for the message.

    Raises:
        SessionUnreachableError: The server does not answer.
        SessionRefusedError: It answered with an error.
    """
    import openai

    address = address_of(client)
    name = conversation_id or _UNKNOWN
    try:
        yield
    except openai.APIStatusError as exc:
        cure = _CURES.get(exc.status_code, "try again later" if exc.status_code >= 500 else "see its message")  # noqa: PLR2004 - HTTP's
        raise SessionRefusedError(
            f"conversation {name}: {address} answered {exc.status_code} ({exc.message}); {cure}{doing}",
            session_id=name,
            address=address,
            status=exc.status_code,
        ) from exc
    except HomeEndedError as exc:
        raise SessionUnreachableError(
            f"conversation {name}: the event loop that asked {address} has ended meanwhile, as a panel's does "
            "when it is closed. What was sent last may have been written; try again",
            session_id=name,
            address=address,
        ) from exc
    except openai.APIConnectionError as exc:
        raise SessionUnreachableError(
            f"conversation {name}: {address} does not answer ({exc.__cause__ or exc}). The history is not empty, "
            f"it cannot be read. Check the network and OPENAI_BASE_URL, then try again{doing}",
            session_id=name,
            address=address,
        ) from exc


def batches(items: Sequence[Any]) -> list[list[Any]]:
    """Cut items into what one request may create.

    Example:
        >>> [len(batch) for batch in batches(range(41))]
        [20, 20, 1]
    """
    return [list(items[start : start + MOST_AT_ONCE]) for start in range(0, len(items), MOST_AT_ONCE)]


def stored_item(item: Item) -> Item:
    """Return an item as it can be created again: without the id that the API gave it, where it gives one.

    Example:
        >>> stored_item({"type": "message", "id": "msg_1", "role": "user", "content": []})
        {'type': 'message', 'role': 'user', 'content': []}
    """
    kind = item.get("type", "message")
    if kind not in _NAMED_BY_SERVER or (kind == "reasoning" and not item.get("encrypted_content")):
        return item
    return {key: value for key, value in item.items() if key != "id"}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What an edit takes: the API can delete any item, and create items at the end.

    Attributes:
        deleted: Ids of the items that go.
        created: Items to create at the end.
    """

    deleted: list[str]
    created: list[Item]


def plan_rewrite(before: Sequence[Row], after: Sequence[Wanted]) -> Rewrite:
    """Return the least that makes one history the other.

    Items stay up to the first that is new, changed or out of order; what follows is created again.

    Args:
        before: The history, each row with its place as id.
        after: The history that is wanted.
    """
    was = {row.id: row.data for row in before}
    kept: list[int] = []
    for row in after:
        if row.id is None or was.get(row.id) != row.data or (kept and row.id < kept[-1]):
            break
        kept.append(row.id)
    staying = set(kept)
    return Rewrite(
        [str(json.loads(row.data)["id"]) for row in before if row.id not in staying],
        [stored_item(json.loads(row.data)) for row in after[len(kept) :]],
    )
