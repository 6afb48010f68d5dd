"""A conversation with a realtime agent: an async iterator of events, and the methods to take part in it.

The connection runs on a thread and loop of its own: a blocked cell does not stop it. What crosses over are bounded
queues; what does not fit in them is reported as ``RealtimeOverflowEvent``.
"""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from agents.realtime import RealtimeRunner
from agents.realtime.model_inputs import RealtimeModelSendInterrupt, RealtimeModelSendRawMessage

from nbagents.errors import RealtimeClosedError, RealtimeConnectionError
from nbagents.realtime.conversation import Conversation
from nbagents.realtime.events import (
    RealtimeConnectionEvent,
    RealtimeErrorEvent,
    RealtimeHistoryEvent,
    RealtimeOverflowEvent,
)
from nbagents.realtime.frame import transcript_frame
from nbagents.realtime.ledger import Ledger
from nbagents.realtime.loop_thread import LoopThread
from nbagents.realtime.mailbox import Closed, Mailbox
from nbagents.realtime.playback import Playback
from nbagents.realtime.spans import ConversationSpans
from nbagents.realtime.steady import SteadyModel
from nbagents.realtime.translate import Translator

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from concurrent.futures import Future
    from types import TracebackType

    import pandas as pd
    from agents.realtime import RealtimeAgent as SDKAgent
    from agents.realtime import RealtimeModel, RealtimeModelConfig, RealtimeRunConfig
    from agents.realtime import RealtimeSession as SDKSession

    from nbagents.realtime.config import RealtimeConfig
    from nbagents.realtime.events import ConnectionStatus, RealtimeEvent
    from nbagents.realtime.log import EventLog
    from nbagents.realtime.tally import Tally

__all__ = ["RealtimeSession"]

_EVENTS = 8_192  # about two minutes of a lively conversation that nobody reads
_MICROPHONE = 250  # chunks; 10 s of 40 ms each
_CLOSE_S = 0.9


class RealtimeSession:
    """One conversation; ``RealtimeAgent.start_realtime_session`` makes it.

    Its methods may be awaited on any loop, and called on any thread through ``post``.

    Args:
        agent: The SDK's realtime agent that starts.
        config: The settings.
        context: What tools get as their context.
        connection: Address and credentials, in the SDK's form.
        make_model: Makes the model of one connection.
        run_config: The SDK's settings of a run, such as output guardrails.
        reported: Whether somebody reports what was played; see ``Playback``.
        keep_in: A session that the conversation is written into, such as ``SQLiteSession``.

    Attributes:
        conversation: What was said, in conversation order.
        playback: What was heard; report to it where something plays.
        history: The SDK's realtime items.
    """

    def __init__(  # noqa: PLR0913 - one conversation brings them all together
        self,
        agent: SDKAgent[Any],
        config: RealtimeConfig,
        *,
        context: Any = None,  # noqa: ANN401 - the user's own
        connection: Callable[[], RealtimeModelConfig],
        make_model: Callable[[], RealtimeModel],
        run_config: RealtimeRunConfig | None = None,
        reported: bool = False,
        keep_in: Any = None,  # noqa: ANN401 - whatever satisfies the SDK's session protocol
    ) -> None:
        self.config = config
        self.conversation = Conversation()
        self.playback = Playback(reported=reported)
        self.history: tuple[Any, ...] = ()
        untraced = bool((run_config or {}).get("tracing_disabled"))
        spans = ConversationSpans(agent.name, self.conversation, self.playback, disabled=untraced)
        self._ledger = Ledger(spans, self.conversation, self.playback, keep_in=keep_in, publish=self.publish)
        self._agent, self._context, self._run_config = agent, context, run_config
        self._connection = connection
        self._steady = SteadyModel(make_model, self.conversation, self.playback, self._status)
        self._listeners: list[Callable[[RealtimeEvent], None]] = [self._ledger.take]
        self._events: Mailbox[RealtimeEvent] = Mailbox(_EVENTS)
        self._microphone: Mailbox[tuple[bytes, bool, bool]] = Mailbox(_MICROPHONE)
        self._thread: LoopThread | None = None
        self._sdk: SDKSession | None = None
        self._error: BaseException | None = None
        self._started: Future[None]
        self._closed = False
        self._is_call = False  # a browser's: its sound does not come here
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Connect.

        Raises:
            RealtimeConnectionError: The server cannot be reached.
            RealtimeClosedError: It was closed before.
        """
        await asyncio.wrap_future(self.begin())

    def begin(self) -> Future[None]:
        """Connect without waiting; may be called on any thread."""
        if self._closed:
            raise RealtimeClosedError("this realtime session is closed; start another one")
        if self._thread is None:
            self._thread = LoopThread("nbagents-realtime")
            self._started = self._thread.submit(self._connect())
        return self._started

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RealtimeEvent:
        if self._thread is None:
            await self.start()
        if dropped := self._events.take_dropped():
            return RealtimeOverflowEvent(queue="events", dropped=dropped)
        try:
            return await self._events.get()
        except Closed:
            if self._error is not None:
                raise self._error from None
            raise StopAsyncIteration from None

    def listen(self, listener: Callable[[RealtimeEvent], None]) -> None:
        """Call a function with every event as it comes, on the connection's thread; it must not block.

        Args:
            listener: The function.
        """
        self._listeners.append(listener)

    async def send_text(self, text: str) -> None:
        """Say something in writing; the agent answers.

        Args:
            text: What is said.
        """
        await self._do(self._session().send_message(text))

    async def send_audio(self, audio: bytes, *, commit: bool = False) -> None:
        """Send the next samples from the microphone.

        Args:
            audio: In the configuration's ``input_audio_format``: PCM16 is 24 kHz, mono, little endian.
            commit: Whether the turn ends here; for push-to-talk.
        """
        self.put_audio(audio, commit=commit)

    def put_audio(self, audio: bytes, *, commit: bool = False) -> None:
        """Do as ``send_audio``, on any thread and without waiting."""
        self._session()
        self._microphone.put((audio, commit, False))

    async def send_image(self, image: bytes | str, *, text: str = "", media_type: str = "image/png") -> None:
        """Show an image; the agent answers.

        Args:
            image: The file's bytes, or an address the model can read.
            text: What is said about it.
            media_type: What the bytes are.
        """
        encoded = image if isinstance(image, str) else base64.b64encode(image).decode()
        url = encoded if isinstance(image, str) else f"data:{media_type};base64,{encoded}"
        parts: list[Any] = [{"type": "input_image", "image_url": url}]
        if text:
            parts.insert(0, {"type": "input_text", "text": text})
        await self._do(self._session().send_message({"type": "message", "role": "user", "content": parts}))

    async def interrupt(self) -> None:
        """Stop the agent: its speech is cut at what was heard, and its answer is cancelled.

        The SDK's ``interrupt()`` leaves the cancelling to the server, which does it only when it hears the user.
        """
        await self._do(self._steady.send_event(RealtimeModelSendInterrupt(force_response_cancel=True)))
        if self._is_call and self.conversation.aloud:
            await self._do(self._steady.send_event(_raw("output_audio_buffer.clear")))

    async def respond(self) -> None:
        """Ask for an answer to what was said; for push-to-talk."""
        await self._do(self._steady.send_event(_raw("response.create")))

    async def end_turn(self) -> None:
        """End what the user says, and ask for an answer; for push-to-talk."""
        self._session()
        self._microphone.put((b"", True, True))  # after what was heard, which may still wait there

    async def clear_input(self) -> None:
        """Forget what the server has heard and not taken for a turn."""
        await self._do(self._steady.send_event(_raw("input_audio_buffer.clear")))

    async def set_turn_detection(self, turns: Mapping[str, Any] | None) -> None:
        """Change how the end of a turn is found; connections that follow keep it.

        Args:
            turns: As in ``RealtimeConfig.turn_detection``; None is push-to-talk.
        """
        await self._do(self._steady.set_turn_detection(turns))

    async def update_agent(self, agent: Any) -> None:  # noqa: ANN401 - ours or the SDK's
        """Go on with another agent.

        Args:
            agent: A ``RealtimeAgent`` of ours or of the SDK.
        """
        await self._do(self._session().update_agent(getattr(agent, "sdk_agent", agent)))

    async def approve(self, call_id: str, *, always: bool = False) -> None:
        """Let a tool run that waits for it.

        Args:
            call_id: The call.
            always: Whether later calls of the tool need not ask.
        """
        await self._do(self._session().approve_tool_call(call_id, always=always))

    async def reject(self, call_id: str, *, message: str | None = None, always: bool = False) -> None:
        """Do not let a tool run; the model is told.

        Args:
            call_id: The call.
            message: What the model is told.
            always: Whether later calls of the tool are rejected too.
        """
        await self._do(self._session().reject_tool_call(call_id, always=always, rejection_message=message))

    async def close(self) -> None:
        """End the conversation, within a second."""
        if (thread := self._close_soon()) is not None:
            with suppress(TimeoutError, asyncio.CancelledError, Exception):
                await asyncio.wait_for(asyncio.wrap_future(thread.submit(self._shut())), _CLOSE_S)
            await asyncio.to_thread(self._stop, thread)

    def close_now(self) -> None:
        """End the conversation, within a second; for code that cannot await."""
        if (thread := self._close_soon()) is not None:
            with suppress(TimeoutError, CancelledError, Exception):
                thread.submit(self._shut()).result(_CLOSE_S)
            self._stop(thread)

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    def post(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run one of the methods on the connection's thread without waiting; what fails becomes an event.

        Args:
            coroutine: Such as ``session.send_text("Hello")``.
        """
        if self._thread is None or not self._thread.alive:
            coroutine.close()
            return
        self._thread.submit(self._guarded(coroutine))

    @property
    def log(self) -> EventLog:
        """Every event."""
        return self._ledger.log

    @property
    def tally(self) -> Tally:
        """Tokens so far."""
        return self._ledger.tally

    @property
    def trace_id(self) -> str | None:
        """The conversation's trace, or None before it has one."""
        return self._ledger.spans.trace_id

    @property
    def model(self) -> str:
        """The model that answers, as the server says."""
        return self._ledger.spans.model or self.config.model

    @property
    def voice(self) -> str:
        """The voice that speaks, as the server says; the local server names its engines."""
        return self._ledger.spans.voice or self.config.voice

    def transcript(self) -> pd.DataFrame:
        """Return the conversation, one row for each item; see ``nbagents.realtime.frame``."""
        return transcript_frame(self.conversation.lines())

    def events(self) -> pd.DataFrame:
        """Return every event; what came in pieces is one row with a count."""
        return self._ledger.log.to_frame()

    def report_played(self, item_id: str, content_index: int, played_ms: float) -> None:
        """Say how much of an item was played, on any thread; of one that was cut off nothing more is taken.

        Args:
            item_id: The item.
            content_index: The part of the item.
            played_ms: Milliseconds from the start of its speech.
        """
        self.playback.report(item_id, content_index, played_ms)
        if self._thread is not None and self._thread.alive:
            self._thread.post(self._ledger.spans.played)

    def later(self, seconds: float, function: Callable[[], object]) -> bool:
        """Call a function on the connection's thread; may be called on any thread.

        Args:
            seconds: When.
            function: What.

        Returns:
            Whether it will be called: there is no such thread before ``start`` and after ``close``.
        """
        thread = self._thread
        if thread is None or not thread.alive or self._closed:
            return False
        thread.post(thread.loop.call_later, seconds, function)
        return True

    def publish(self, event: RealtimeEvent) -> None:
        """Hand an event to the listeners and to whoever iterates; on the connection's thread.

        A listener that raises is not called again, and the conversation goes on.
        """
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception as exc:  # noqa: BLE001 - anybody's code; what it raised is said in the session
                self._listeners.remove(listener)
                self.publish(RealtimeErrorEvent(message=f"a listener failed: {type(exc).__name__}: {exc}"))
        self._events.put(event)

    async def _guarded(self, coroutine: Coroutine[Any, Any, object]) -> None:
        try:
            await coroutine
        except Exception as exc:  # noqa: BLE001 - there is nobody to raise to; it is said in the session
            self.publish(RealtimeErrorEvent(message=f"{type(exc).__name__}: {exc}"))

    async def _do(self, coroutine: Coroutine[Any, Any, object]) -> None:
        thread = self._thread
        if thread is None or self._closed:
            coroutine.close()
            raise RealtimeClosedError("this realtime session is closed; start another one")
        await thread.run(coroutine)

    def _session(self) -> SDKSession:
        if self._sdk is None or self._closed:
            state = "closed; start another one" if self._closed else "not connected yet; await start() first"
            raise RealtimeClosedError(f"this realtime session is {state}")
        return self._sdk

    def _status(self, status: ConnectionStatus, detail: str) -> None:
        self.publish(RealtimeConnectionEvent(status=status, detail=detail))

    async def _connect(self) -> None:
        runner = RealtimeRunner(self._agent, model=self._steady, config=self._run_config)
        try:
            connection: Any = dict(self._connection())
            self._is_call = "call_id" in connection
            connection["initial_model_settings"] = self.config.settings(call=self._is_call)
            session = await runner.run(context=self._context, model_config=connection)
            self._sdk = await session.enter()
        except Exception as exc:
            self._events.close()
            raise _not_connected(exc) from exc
        self._tasks = {
            asyncio.create_task(self._pump(session), name="nbagents-realtime-events"),
            asyncio.create_task(self._send_microphone(session), name="nbagents-realtime-microphone"),
        }

    async def _pump(self, session: SDKSession) -> None:
        translate = Translator(self.conversation, self.playback, self.config.output_audio_format)
        try:
            async for event in session:
                for ours in translate(event):
                    if isinstance(ours, RealtimeHistoryEvent):
                        self.history = ours.items
                    self.publish(ours)
        except Exception as exc:  # noqa: BLE001 - raised to whoever iterates
            self._error = exc
            self.publish(RealtimeErrorEvent(message=f"{type(exc).__name__}: {exc}", fatal=True))
        finally:
            if not self._closed:  # else it is closed once the connection has said that it is
                self._events.close()

    async def _send_microphone(self, session: SDKSession) -> None:
        with suppress(Closed):
            while True:
                audio, commit, answer = await self._microphone.get()
                if dropped := self._microphone.take_dropped():
                    self.publish(RealtimeOverflowEvent(queue="microphone", dropped=dropped))
                try:
                    if audio:
                        await session.send_audio(audio)
                    if commit:
                        await self._steady.send_event(_raw("input_audio_buffer.commit"))
                    if answer:
                        await self._steady.send_event(_raw("response.create"))
                except Exception as exc:  # noqa: BLE001 - said in the session; the next chunk may go through
                    self.publish(RealtimeErrorEvent(message=f"the microphone's sound was not sent: {exc}"))

    def _close_soon(self) -> LoopThread | None:
        if self._closed:
            return None
        self._closed = True
        self._microphone.close()
        if self._thread is None:
            self._events.close()
        return self._thread

    async def _shut(self) -> None:
        if self._sdk is not None:
            await self._sdk.close()
        else:
            self._started.cancel()
        await self._ledger.close()

    def _stop(self, thread: LoopThread) -> None:
        self._events.close()
        thread.stop(0.2)


def _raw(name: str) -> RealtimeModelSendRawMessage:
    return RealtimeModelSendRawMessage(message={"type": name})


def _not_connected(exc: Exception) -> Exception:
    if not isinstance(exc, OSError | TimeoutError) and "websockets" not in type(exc).__module__:
        return exc
    return RealtimeConnectionError(f"the realtime server cannot be reached: {exc}", attempts=1)
