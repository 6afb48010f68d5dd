"""The server's side of a conversation: its items, in order."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Items", "Refused", "new_id"]

Item = dict[str, Any]
_KINDS = frozenset({"message", "function_call", "function_call_output"})


def new_id(kind: str) -> str:
    """Return a fresh id in the API's form, such as ``item_...``."""
    return f"{kind}_{uuid.uuid4().hex[:21]}"


class Refused(Exception):  # noqa: N818 - it becomes an error event, and never leaves the server
    """A request that the API would refuse.

    Args:
        code: The API's code.
        message: Its message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Items:
    """Items in conversation order, and how much speech each holds.

    Args:
        emit: Sends an event.
    """

    def __init__(self, emit: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self._emit = emit
        self._items: list[Item] = []
        self._spoken_ms: dict[str, float] = {}

    def all(self) -> list[Item]:
        """Return the items, oldest first."""
        return list(self._items)

    @property
    def last_id(self) -> str | None:
        """The id of the newest item."""
        return self._items[-1]["id"] if self._items else None

    def get(self, item_id: str) -> Item:
        """Return one item.

        Raises:
            Refused: There is none.
        """
        found = next((item for item in self._items if item["id"] == item_id), None)
        if found is None:
            raise Refused("item_not_found", f"Item with item_id not found: {item_id}")
        return found

    async def create(self, item: Item, previous: str | None) -> None:
        """Take in an item of the client's, whole.

        Raises:
            Refused: The API would refuse it.
        """
        if item.get("type") not in _KINDS:
            raise Refused("invalid_value", f"Invalid value for item.type: {item.get('type')!r}")
        if any(item.get("id") == other["id"] for other in self._items):
            raise Refused("item_already_exists", f"Item already exists: {item['id']}")
        if item["type"] == "function_call_output":
            self._check_called(item.get("call_id"))
        whole = {"id": new_id("item"), "status": "completed", **item}
        before = await self.add(whole, previous)
        await self._emit("conversation.item.done", previous_item_id=before, item=whole)

    async def add(self, item: Item, previous: str | None = None) -> str | None:
        """Put an item in its place and say so; return the id of the one before it."""
        at = len(self._items)
        if previous is not None:
            at = 0 if previous == "root" else self._items.index(self.get(previous)) + 1
        before = self._items[at - 1]["id"] if at else None
        self._items.insert(at, item)
        await self._emit("conversation.item.added", previous_item_id=before, item=item)
        return before

    def speak(self, item_id: str, milliseconds: float) -> None:
        """Note speech that was sent."""
        self._spoken_ms[item_id] = self._spoken_ms.get(item_id, 0.0) + milliseconds

    async def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Cut an answer at what was heard; its transcript goes, as the API does.

        Raises:
            Refused: There is no speech, it is cut at 0, or it is shorter.
        """
        item = self.get(item_id)
        spoken = self._spoken_ms.get(item_id)
        if spoken is None or content_index != 0:
            raise Refused("invalid_value", "Only model output audio messages can be truncated")
        if audio_end_ms <= 0:
            raise Refused("invalid_value", f"Invalid audio_end_ms: {audio_end_ms}")
        if audio_end_ms > spoken:
            raise Refused(
                "invalid_value",
                f"Audio content of {int(spoken)}ms is already shorter than {audio_end_ms}ms",
            )
        self._spoken_ms[item_id] = audio_end_ms
        item["content"] = [{"type": "output_audio", "transcript": ""}]
        await self._emit(
            "conversation.item.truncated",
            item_id=item_id,
            content_index=content_index,
            audio_end_ms=audio_end_ms,
        )

    async def delete(self, item_id: str) -> None:
        """Remove an item.

        Raises:
            Refused: There is none.
        """
        self._items.remove(self.get(item_id))
        await self._emit("conversation.item.deleted", item_id=item_id)

    def _check_called(self, call_id: object) -> None:
        calls = {item["call_id"] for item in self._items if item["type"] == "function_call"}
        if call_id not in calls:
            raise Refused("invalid_tool_call_id", f"Tool call ID {call_id!r} not found in conversation.")
