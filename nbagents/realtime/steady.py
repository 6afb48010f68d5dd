"""A realtime model that stays up: it reconnects after a loss, renews before the time limit, restores the history.

It stands between the SDK's session and the SDK's model, at the ``RealtimeModel`` seam: the session keeps its
history, its tools and its approvals while the connections below it come and go.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agents.realtime.model import RealtimeModel
from agents.realtime.model_events import (
    RealtimeModelAudioInterruptedEvent,
    RealtimeModelErrorEvent,
    RealtimeModelExceptionEvent,
    RealtimeModelTurnEndedEvent,
)
from agents.realtime.model_inputs import (
    RealtimeModelSendInterrupt,
    RealtimeModelSendSessionUpdate,
    RealtimeModelSendToolOutput,
)
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from nbagents.errors import RealtimeConnectionError
from nbagents.realtime.ear import Ear
from nbagents.realtime.limit import Limit
from nbagents.realtime.playback import ConnectionPlayback
from nbagents.realtime.raw import raw_message
from nbagents.realtime.restore import needs_answer, restored_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents.realtime import RealtimeSessionModelSettings
    from agents.realtime.model import RealtimeModelConfig, RealtimeModelListener
    from agents.realtime.model_events import RealtimeModelEvent
    from agents.realtime.model_inputs import RealtimeModelSendEvent

    from nbagents.realtime.conversation import Conversation
    from nbagents.realtime.events import ConnectionStatus
    from nbagents.realtime.playback import Playback

__all__ = ["SteadyModel"]

_WAITS_S = (0.0, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0, 8.0, 10.0)
_HANDSHAKE_S = 10.0
_CLOSE_S = 0.5
_ECHO_S = 1.0  # until the server has confirmed what was restored
_LIMIT_S = 3600.0
_LOST = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)


class SteadyModel(RealtimeModel):
    """Keeps one conversation over as many connections as it takes.

    Args:
        make: Makes the model of one connection.
        conversation: What was said; it is told everything and asked what to restore.
        playback: Told what speech was received.
        on_status: Told when the connection changes, and why.
        limit_s: After how long the server ends a connection, in seconds, where it does not say so itself.
    """

    def __init__(
        self,
        make: Callable[[], RealtimeModel],
        conversation: Conversation,
        playback: Playback,
        on_status: Callable[[ConnectionStatus, str], None],
        *,
        limit_s: float = _LIMIT_S,
    ) -> None:
        self._make = make
        self._conversation = conversation
        self._playback = playback
        self._on_status = on_status
        self._limit = Limit(limit_s)
        self._listeners: list[RealtimeModelListener] = []
        self._inner: RealtimeModel | None = None
        self._ear: Ear | None = None
        self._options: RealtimeModelConfig = {}
        self._up = asyncio.Event()
        self._closing = False
        self._failed: RealtimeConnectionError | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._cancelled: str | None = None
        self._turns: dict[str, Any] = {}  # turn detection that was changed since

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Connect for the first time; a failure here is the caller's, and nothing is tried again."""
        self._options = options
        self._on_status("connecting", "")
        await self._open()
        self._up.set()
        self._on_status("connected", "")
        self._start(self._renew_in_time())

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Add a listener."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """Remove a listener."""
        with suppress(ValueError):
            self._listeners.remove(listener)

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Send, on the next connection where this one is lost.

        Raises:
            RealtimeConnectionError: The connection was given up.
        """
        if isinstance(event, RealtimeModelSendSessionUpdate):
            event = RealtimeModelSendSessionUpdate(session_settings=self._settle(event.session_settings))
        if isinstance(event, RealtimeModelSendToolOutput):
            self._conversation.returned(event.tool_call.call_id, event.output)
        if isinstance(event, RealtimeModelSendInterrupt) and event.force_response_cancel:
            self._cancelled = self._conversation.response_id
            await self._cut_restored()
        inner = await self._connected()
        try:
            await inner.send_event(event)
        except (*_LOST, AssertionError) as exc:  # the SDK asserts that it is connected
            self._lost(inner, exc)
            if isinstance(event, RealtimeModelSendToolOutput):
                return  # restored with its call
            await (await self._connected()).send_event(event)

    async def set_turn_detection(self, turns: Mapping[str, Any] | None) -> None:
        """Change how the end of a turn is found, whichever agent answers.

        Args:
            turns: As the API has it; None is push-to-talk.
        """
        self._turns = {"turn_detection": turns}
        settings = self._settle({})
        await self.send_event(RealtimeModelSendSessionUpdate(session_settings=settings))

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Send where a condition holds at that moment."""
        return await (await self._connected()).send_event_if(event, send_if)

    async def close(self) -> None:
        """Close whatever connection there is."""
        self._closing = True
        self._up.set()
        for task in list(self._work):
            if task is not asyncio.current_task():
                task.cancel()
        await self._shut(self._inner)
        self._on_status("closed", "")

    def _settle(self, settings: RealtimeSessionModelSettings) -> RealtimeSessionModelSettings:
        """Return all settings after an update, and keep them for the next connection."""
        whole: Any = {**self._options.get("initial_model_settings", {}), **settings}
        audio = whole.get("audio") or {}
        whole["audio"] = {**audio, "input": {**(audio.get("input") or {}), **self._turns}}
        self._options = {**self._options, "initial_model_settings": whole}
        settled: RealtimeSessionModelSettings = whole
        return settled

    async def _heard(self, ear: Ear, event: RealtimeModelEvent) -> None:
        """Take an event of one of the connections."""
        if self._closing or ear is not self._ear:
            return
        if event.type == "exception":
            if isinstance(event.exception, _LOST):
                self._lost(ear.model, event.exception)
            else:
                await self._tell(RealtimeModelErrorEvent(error=event.exception))
        elif event.type == "end_of_stream":
            self._lost(ear.model, None)
        elif not ear.is_echo(event) and not self._cut_off(event):
            if event.type == "raw_server_event" and event.data.get("type") == "input_audio_buffer.speech_started":
                await self._cut_restored()
            self._note(event, ear.tracker)
            await self._tell(event)

    async def _cut_restored(self) -> None:
        """Cut off speech of an earlier connection that still plays: the SDK and the server do not know it."""
        key = self._playback.playing
        if key is None or self._ear is None or self._ear.tracker.owns(key):
            return
        self._playback.note_cut()
        self._conversation.apply(
            {
                "type": "conversation.item.truncated",
                "item_id": key[0],
                "audio_end_ms": self._playback.cut_ms(*key),
            }
        )
        self._playback.on_interrupted()
        await self._tell(RealtimeModelAudioInterruptedEvent(item_id=key[0], content_index=key[1]))

    def _note(self, event: RealtimeModelEvent, tracker: ConnectionPlayback) -> None:
        if event.type == "raw_server_event":
            self._conversation.apply(event.data)
            if event.data.get("type") == "response.done":
                self._playback.all_ended()
            if event.data.get("type") in {"session.created", "session.updated"}:
                self._limit.note(event.data["session"].get("expires_at"))
        elif event.type == "audio":
            tracker.received(event.item_id, event.content_index, len(event.data))
        elif event.type == "audio_done":
            self._playback.ended(event.item_id, event.content_index)
        elif event.type == "audio_interrupted":
            self._playback.note_cut()

    def _cut_off(self, event: RealtimeModelEvent) -> bool:
        """Tell speech that was still on its way when it was cut off: nobody may hear it."""
        return event.type == "audio" and (
            event.response_id == self._cancelled or self._playback.was_cut(event.item_id, event.content_index)
        )

    async def _tell(self, event: RealtimeModelEvent) -> None:
        for listener in list(self._listeners):
            await listener.on_event(event)

    async def _connected(self) -> RealtimeModel:
        await self._up.wait()
        if self._failed is not None:
            raise self._failed
        if self._inner is None or self._closing:
            raise RealtimeConnectionError("the realtime session is closed", attempts=0)
        return self._inner

    async def _open(self) -> None:
        inner = self._make()
        ear = Ear(inner, ConnectionPlayback(self._playback), self._heard)
        inner.add_listener(ear)
        before, self._ear = self._ear, ear
        self._limit.note()
        try:
            await asyncio.wait_for(inner.connect({**self._options, "playback_tracker": ear.tracker}), _HANDSHAKE_S)
        except BaseException:
            self._ear = before
            raise
        if before is not None:
            before.tracker.leave()
        self._inner = inner

    def _lost(self, inner: RealtimeModel | None, cause: BaseException | None) -> None:
        if inner is self._inner and self._up.is_set() and not self._closing:
            self._up.clear()
            self._start(self._reconnect(str(cause or "the server ended the connection")))

    def _start(self, coroutine: Any) -> None:  # noqa: ANN401 - any coroutine
        task = asyncio.get_running_loop().create_task(coroutine)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _reconnect(self, reason: str) -> None:
        self._on_status("reconnecting", reason)
        await self._tell_lost_response()
        last = reason
        if self._ear is not None:
            self._ear.tracker.leave()
        self._start(self._shut(self._inner))
        for wait in _WAITS_S:
            await asyncio.sleep(wait)
            try:
                await self._open()
                await self._restore(answer=True)
            except _LOST as exc:
                last = str(exc) or type(exc).__name__
            else:
                self._up.set()
                self._on_status("reconnected", f"{len(self._conversation.lines())} items")
                return
        await self._give_up(last)

    async def _give_up(self, reason: str) -> None:
        attempts = len(_WAITS_S)
        self._failed = RealtimeConnectionError(
            f"the realtime connection was lost and {attempts} attempts to restore it failed: {reason}",
            attempts=attempts,
        )
        self._up.set()
        await self._tell(RealtimeModelExceptionEvent(exception=self._failed, context="reconnect"))

    async def _tell_lost_response(self) -> None:
        response_id = self._conversation.response_id
        self._conversation.forget_response()
        self._playback.all_ended()
        if response_id is not None:
            await self._tell(RealtimeModelTurnEndedEvent(response_id=response_id))

    async def _restore(self, *, answer: bool) -> None:
        inner, ear = self._inner, self._ear
        if inner is None or ear is None or "call_id" in self._options:
            return  # a call goes on without us, and knows what was said
        lines = self._conversation.lines()
        items = restored_items(lines)
        ear.expect({item["id"] for item in items if "id" in item})
        for item in items:
            await inner.send_event(raw_message("conversation.item.create", item=item))
        with suppress(TimeoutError):
            await asyncio.wait_for(ear.echoed.wait(), _ECHO_S)
        if answer and needs_answer(lines):
            await inner.send_event(raw_message("response.create"))

    async def _renew_in_time(self) -> None:
        while not self._closing:
            await self._limit.tick()
            if self._up.is_set() and self._limit.due(idle=self._conversation.idle):
                await self._renew()

    async def _renew(self) -> None:
        old = self._inner
        self._up.clear()
        try:
            await self._open()
            await self._restore(answer=False)
        except _LOST as exc:
            self._start(self._reconnect(str(exc)))
            return
        self._up.set()
        self._on_status("renewed", f"{len(self._conversation.lines())} items")
        await self._shut(old)

    @staticmethod
    async def _shut(inner: RealtimeModel | None) -> None:
        if inner is None:
            return
        transport = getattr(getattr(inner, "_websocket", None), "transport", None)
        with suppress(Exception):  # it is gone either way
            await asyncio.wait_for(inner.close(), _CLOSE_S)
        if transport is not None:  # a server that does not answer the close would keep the socket open
            transport.abort()

    def _retire_response_audio(self, response_id: str) -> None:
        if self._inner is not None:
            self._inner._retire_response_audio(response_id)  # noqa: SLF001 - the SDK's session calls it on its model
