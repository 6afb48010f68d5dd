"""One connection: what a client may send, and what is sent back."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from websockets.exceptions import ConnectionClosed

from nbagents.realtime.local.answering import Answering
from nbagents.realtime.local.hearing import Hearing
from nbagents.realtime.local.items import Items, Refused, new_id
from nbagents.realtime.local.session_object import new_session, updated

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from websockets.asyncio.server import ServerConnection

    from nbagents.realtime.local.server import LocalRealtimeServer

__all__ = ["Call"]

Event = dict[str, Any]


class Call:
    """One client's conversation.

    Args:
        server: Where its engines and faults are.
        connection: The WebSocket.
        call_id: The call it attaches to, or empty.
    """

    def __init__(self, server: LocalRealtimeServer, connection: ServerConnection, *, call_id: str = "") -> None:
        self.id = call_id or new_id("sess")
        self.server = server
        self.connection = connection
        self.session = new_session(new_id("sess"), int(time.time() + server.limit_s), server.engines.name)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.items = Items(self.emit)
        self.hearing = Hearing(self)
        self.answering = Answering(self)
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve until the client leaves or the time is up."""
        self.hearing.configure()
        await self.emit("session.created", session=self.session)
        try:
            async with asyncio.timeout(self.server.limit_s):
                async for message in self.connection:
                    await self._take(json.loads(message))
        except TimeoutError:
            await self.connection.close(1001, "session expired")
        except ConnectionClosed:
            pass
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something that ends with the connection."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def emit(self, name: str, /, **fields: Any) -> None:  # noqa: ANN401 - JSON values
        """Send an event, unless a fault says otherwise."""
        event = {"type": name, "event_id": new_id("event"), **fields}
        for fault in self.server.faults:
            if fault.strikes(name):
                if fault.kind == "close":
                    await self.connection.close(fault.code, "closed on request")
                    return
                if fault.kind == "error":
                    await self._send(_error("server_error", "an error on request", None))
                elif fault.kind == "slow":
                    await asyncio.sleep(fault.seconds)
                else:
                    self.start(self._send_late(event, fault.seconds))
                    return
        await self._send(event)

    async def refuse(self, error: Refused, event_id: str | None) -> None:
        """Send an error event."""
        await self._send(_error(error.code, str(error), event_id))

    async def _send_late(self, event: Event, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._send(event)

    async def _send(self, event: Event) -> None:
        with suppress(ConnectionClosed):
            async with self._sending:
                await self.connection.send(json.dumps(event))

    async def _take(self, event: Event) -> None:
        name = str(event.get("type"))
        self.server.received.append({key: value for key, value in event.items() if key != "audio"})
        try:
            await self._takes.get(name, Call._unknown)(self, event)
        except Refused as exc:
            await self.refuse(exc, event.get("event_id"))
        except (KeyError, TypeError, ValueError) as exc:
            await self.refuse(Refused("invalid_request", f"{name}: {exc!r}"), event.get("event_id"))

    async def _unknown(self, event: Event) -> None:
        raise Refused("invalid_value", f"Invalid value: {event.get('type')!r}. It is no client event.")

    async def _update(self, event: Event) -> None:
        self.session = updated(self.session, event["session"])
        self.hearing.configure()
        self.hearing.prepare()
        await self.emit("session.updated", session=self.session)

    async def _append(self, event: Event) -> None:
        await self.hearing.append(event["audio"])

    async def _commit(self, _event: Event) -> None:
        await self.hearing.commit()

    async def _clear(self, _event: Event) -> None:
        self.hearing.clear()
        await self.emit("input_audio_buffer.cleared")

    async def _create(self, event: Event) -> None:
        await self.items.create(event["item"], event.get("previous_item_id"))

    async def _truncate(self, event: Event) -> None:
        await self.items.truncate(event["item_id"], event["content_index"], event["audio_end_ms"])

    async def _retrieve(self, event: Event) -> None:
        await self.emit("conversation.item.retrieved", item=self.items.get(event["item_id"]))

    async def _delete(self, event: Event) -> None:
        await self.items.delete(event["item_id"])

    async def _respond(self, event: Event) -> None:
        self.answering.start(event.get("response") or {})

    async def _hush(self, _event: Event) -> None:
        await self.emit("output_audio_buffer.cleared", response_id=self.answering.response_id)

    async def _cancel(self, event: Event) -> None:
        await self.answering.cancel("client_cancelled", response_id=event.get("response_id"))

    _takes: ClassVar[dict[str, Callable[[Any, Event], Coroutine[Any, Any, None]]]] = {
        "session.update": _update,
        "input_audio_buffer.append": _append,
        "input_audio_buffer.commit": _commit,
        "input_audio_buffer.clear": _clear,
        "conversation.item.create": _create,
        "conversation.item.truncate": _truncate,
        "conversation.item.retrieve": _retrieve,
        "conversation.item.delete": _delete,
        "response.create": _respond,
        "response.cancel": _cancel,
        "output_audio_buffer.clear": _hush,
    }


def _error(code: str, message: str, event_id: str | None) -> Event:
    kind = "server_error" if code == "server_error" else "invalid_request_error"
    error = {"type": kind, "code": code, "message": message, "param": None, "event_id": event_id}
    return {"type": "error", "event_id": new_id("event"), "error": error}
