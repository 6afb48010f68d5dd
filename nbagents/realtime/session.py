"""A conversation with a realtime agent: an async iterator of events, and the methods to take part in it.

The connection runs on a thread and loop of its own: a blocked cell does not stop it. What crosses over are bounded
queues; what does not fit in them is reported as ``RealtimeOverflowEvent``.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Self

from agents.realtime import RealtimeRunner
from agents.realtime.model_inputs import RealtimeModelSendInterrupt

from nbagents.realtime.connection import Connection
from nbagents.realtime.conversation import Conversation
from nbagents.realtime.events import (
    RealtimeConnectionEvent,
    RealtimeErrorEvent,
    RealtimeHistoryEvent,
    RealtimeOverflowEvent,
)
from nbagents.realtime.frame import transcript_frame
from nbagents.realtime.ledger import Ledger
from nbagents.realtime.mailbox import Closed, Mailbox
from nbagents.realtime.playback import Playback
from nbagents.realtime.raw import raw_message
from nbagents.realtime.spans import ConversationSpans
from nbagents.realtime.steady import SteadyModel
from nbagents.realtime.translate import Translator

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from concurrent.futures import Future
    from types import TracebackType

    import pandas as pd
    from agents.realtime import RealtimeAgent as SDKAgent
    from agents.realtime import RealtimeModel, RealtimeModelConfig, RealtimeRunConfig, RealtimeSessionEvent
    from agents.realtime import RealtimeSession as SDKSession

    from nbagents.realtime.config import RealtimeConfig
    from nbagents.realtime.events import ConnectionStatus, RealtimeEvent
    from nbagents.realtime.log import EventLog
    from nbagents.realtime.tally import Tally

__all__ = ["RealtimeSession"]

_EVENTS = 8_192  # about two minutes of a lively conversation that nobody reads


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

    Example:
        >>> async def ask(agent, question):
        ...     async with agent.start_realtime_session() as session:
        ...         await session.send_text(question)
        ...         async for event in session:
        ...             print(event)
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
        self._target = connection
        self._steady = SteadyModel(make_model, self.conversation, self.playback, self._status)
        self._listeners: list[Callable[[RealtimeEvent], None]] = [self._ledger.take]
        self._events: Mailbox[RealtimeEvent] = Mailbox(_EVENTS)
        self._error: BaseException | None = None
        self._is_call = False  # a browser's: its sound does not come here
        self._translate = Translator(self.conversation, self.playback, config.output_audio_format)
        self._way = Connection(
            self._steady,
            connect=self._connect,
            take=self._take,
            publish=self.publish,
            end=self._end,
            settle=self._ledger.close,
        )

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
        return self._way.begin()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RealtimeEvent:
        if not self._way.begun:
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
        await self._way.run(self._way.session.send_message(text))

    async def send_audio(self, audio: bytes, *, commit: bool = False) -> None:
        """Send the next samples from the microphone.

        Args:
            audio: In the configuration's ``input_audio_format``: PCM16 is 24 kHz, mono, little endian.
            commit: Whether the turn ends here; for push-to-talk.
        """
        self.put_audio(audio, commit=commit)

    def put_audio(self, audio: bytes, *, commit: bool = False) -> None:
        """Do as ``send_audio``, on any thread and without waiting."""
        self._way.hear(audio, commit=commit)

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
        await self._way.run(self._way.session.send_message({"type": "message", "role": "user", "content": parts}))

    async def interrupt(self) -> None:
        """Stop the agent: its speech is cut at what was heard, and its answer is cancelled.

        The SDK's ``interrupt()`` leaves the cancelling to the server, which does it only when it hears the user.
        """
        await self._way.run(self._steady.send_event(RealtimeModelSendInterrupt(force_response_cancel=True)))
        if self._is_call and self.conversation.aloud:
            await self._way.run(self._steady.send_event(raw_message("output_audio_buffer.clear")))

    async def respond(self) -> None:
        """Ask for an answer to what was said; for push-to-talk."""
        await self._way.run(self._steady.send_event(raw_message("response.create")))

    async def end_turn(self) -> None:
        """End what the user says, and ask for an answer; for push-to-talk."""
        self._way.hear(b"", commit=True, answer=True)  # after what was heard, which may still wait there

    async def clear_input(self) -> None:
        """Forget what the server has heard and not taken for a turn."""
        await self._way.run(self._steady.send_event(raw_message("input_audio_buffer.clear")))

    async def set_turn_detection(self, turns: Mapping[str, Any] | None) -> None:
        """Change how the end of a turn is found; connections that follow keep it.

        Args:
            turns: As in ``RealtimeConfig.turn_detection``; None is push-to-talk.
        """
        await self._way.run(self._steady.set_turn_detection(turns))

    async def update_agent(self, agent: Any) -> None:  # noqa: ANN401 - ours or the SDK's
        """Go on with another agent.

        Args:
            agent: A ``RealtimeAgent`` of ours or of the SDK.
        """
        await self._way.run(self._way.session.update_agent(getattr(agent, "sdk_agent", agent)))

    async def approve(self, call_id: str, *, always: bool = False) -> None:
        """Let a tool run that waits for it.

        Args:
            call_id: The call.
            always: Whether later calls of the tool need not ask.
        """
        await self._way.run(self._way.session.approve_tool_call(call_id, always=always))

    async def reject(self, call_id: str, *, message: str | None = None, always: bool = False) -> None:
        """Do not let a tool run; the model is told.

        Args:
            call_id: The call.
            message: What the model is told.
            always: Whether later calls of the tool are rejected too.
        """
        await self._way.run(self._way.session.reject_tool_call(call_id, always=always, rejection_message=message))

    async def close(self) -> None:
        """End the conversation, within a second."""
        await self._way.close()

    def close_now(self) -> None:
        """End the conversation, within a second; for code that cannot await."""
        self._way.close_now()

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._way.closed

    def post(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run one of the methods on the connection's thread without waiting; what fails becomes an event.

        Args:
            coroutine: Such as ``session.send_text("Hello")``.
        """
        self._way.post(coroutine)

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
        self._way.call(self._ledger.spans.played)

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

    def _status(self, status: ConnectionStatus, detail: str) -> None:
        self.publish(RealtimeConnectionEvent(status=status, detail=detail))

    async def _connect(self) -> SDKSession:
        runner = RealtimeRunner(self._agent, model=self._steady, config=self._run_config)
        target: Any = dict(self._target())
        self._is_call = "call_id" in target
        target["initial_model_settings"] = self.config.settings(call=self._is_call)
        session = await runner.run(context=self._context, model_config=target)
        return await session.enter()

    def _take(self, event: RealtimeSessionEvent) -> None:
        for ours in self._translate(event):
            if isinstance(ours, RealtimeHistoryEvent):
                self.history = ours.items
            self.publish(ours)

    def _end(self, error: BaseException | None) -> None:
        self._error = self._error or error
        self._events.close()
