"""The way to the model: a thread and loop of its own, with the SDK's session on it, and what crosses over."""

from __future__ import annotations

import asyncio
from concurrent.futures import wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbagents._loop_thread import LoopThread
from nbagents.errors import RealtimeClosedError, RealtimeConnectionError
from nbagents.realtime.events import RealtimeErrorEvent, RealtimeOverflowEvent
from nbagents.realtime.mailbox import Closed, Mailbox
from nbagents.realtime.raw import raw_message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future

    from agents.realtime import RealtimeSession as SDKSession

    from nbagents.realtime.events import RealtimeEvent
    from nbagents.realtime.steady import SteadyModel

__all__ = ["Connection"]

_MICROPHONE = 250  # chunks; 10 s of 40 ms each
_CLOSE_S, _STOP_S = 0.8, 0.1


class Connection:
    """Runs one conversation of the SDK's where a blocked cell does not stop it; may be used on any thread.

    Args:
        steady: The model, which the microphone's sound ends its turns at.
        connect: Makes the SDK's session, connected.
        take: Is called with each of its events, on the connection's thread.
        publish: Tells the conversation what happened here.
        end: Is called once no more events come, with what failed or None.
        settle: Is awaited before it closes.
    """

    def __init__(  # noqa: PLR0913 - its ends are many; each is one function
        self,
        steady: SteadyModel,
        *,
        connect: Callable[[], Awaitable[SDKSession]],
        take: Callable[[Any], None],
        publish: Callable[[RealtimeEvent], None],
        end: Callable[[BaseException | None], None],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        self._steady = steady
        self._make, self._take, self._publish = connect, take, publish
        self._end, self._settle = end, settle
        self._microphone: Mailbox[tuple[bytes, bool, bool]] = Mailbox(_MICROPHONE)
        self._thread: LoopThread | None = None
        self._sdk: SDKSession | None = None
        self._started: Future[None]
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False

    def begin(self) -> Future[None]:
        """Connect, the first time that this is asked; returns at once.

        Raises:
            RealtimeClosedError: It was closed.
        """
        if self.closed:
            raise RealtimeClosedError("this realtime session is closed; start another one")
        if self._thread is None:
            self._thread = LoopThread("nbagents-realtime")
            self._started = self._thread.submit(self._connect())
        return self._started

    @property
    def begun(self) -> bool:
        """Whether it was begun."""
        return self._thread is not None

    @property
    def session(self) -> SDKSession:
        """The SDK's session.

        Raises:
            RealtimeClosedError: It is closed, or not connected yet.
        """
        if self._sdk is None or self.closed:
            state = "closed; start another one" if self.closed else "not connected yet; await start() first"
            raise RealtimeClosedError(f"this realtime session is {state}")
        return self._sdk

    async def run(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine there, and wait for it here.

        Raises:
            RealtimeClosedError: It is closed, or was never begun.
        """
        thread = self._thread
        if thread is None or self.closed:
            coroutine.close()
            raise RealtimeClosedError("this realtime session is closed; start another one")
        await thread.run(coroutine)

    def post(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine there without waiting; what fails becomes an event."""
        if self._thread is None or not self._thread.alive:
            coroutine.close()
        else:
            self._thread.submit(self._guarded(coroutine))

    def call(self, function: Callable[[], object]) -> None:
        """Call a function there soon, where it still runs."""
        if self._thread is not None:
            self._thread.post(function)

    def hear(self, audio: bytes, *, commit: bool = False, answer: bool = False) -> None:
        """Send sound, in order and without waiting.

        Args:
            audio: The samples; may be none.
            commit: Whether the turn ends here.
            answer: Whether to ask for an answer.
        """
        self.session  # noqa: B018 - raises where there is none
        self._microphone.put((audio, commit, answer))

    async def close(self) -> None:
        """Close it, within a second; what takes longer to be stored is stored after that."""
        if (thread := self._close_soon()) is not None:
            await asyncio.to_thread(self._end_there, thread)  # which goes on where whoever waits is cancelled

    def close_now(self) -> None:
        """Do as ``close``; for code that cannot await."""
        if (thread := self._close_soon()) is not None:
            self._end_there(thread)

    async def _guarded(self, coroutine: Coroutine[Any, Any, object]) -> None:
        try:
            await coroutine
        except Exception as exc:  # noqa: BLE001 - there is nobody to raise to; it is said in the session
            self._publish(RealtimeErrorEvent(message=f"{type(exc).__name__}: {exc}"))

    async def _connect(self) -> None:
        try:
            session = self._sdk = await self._make()
        except Exception as exc:
            self._end(None)
            raise _not_connected(exc) from exc
        self._tasks = {
            asyncio.create_task(self._pump(session), name="nbagents-realtime-events"),
            asyncio.create_task(self._send_microphone(session), name="nbagents-realtime-microphone"),
        }

    async def _pump(self, session: SDKSession) -> None:
        error = None
        try:
            async for event in session:
                self._take(event)
        except Exception as exc:  # noqa: BLE001 - raised to whoever iterates
            error = exc
            self._publish(RealtimeErrorEvent(message=f"{type(exc).__name__}: {exc}", fatal=True))
        finally:
            if not self.closed:  # else it ends once the connection has said that it is closed
                self._end(error)

    async def _send_microphone(self, session: SDKSession) -> None:
        failed = ""  # said once, not for each of fifty frames a second
        with suppress(Closed):
            while True:
                audio, commit, answer = await self._microphone.get()
                if dropped := self._microphone.take_dropped():
                    self._publish(RealtimeOverflowEvent(queue="microphone", dropped=dropped))
                try:
                    if audio:
                        await session.send_audio(audio)
                    if commit:
                        await self._steady.send_event(raw_message("input_audio_buffer.commit"))
                    if answer:
                        await self._steady.send_event(raw_message("response.create"))
                    failed = ""
                except Exception as exc:  # noqa: BLE001 - said in the session; the next chunk may go through
                    if failed != (failed := str(exc)):
                        self._publish(RealtimeErrorEvent(message=f"the microphone's sound was not sent: {exc}"))

    def _close_soon(self) -> LoopThread | None:
        if self.closed:
            return None
        self.closed = True
        self._microphone.close()
        if self._thread is None:
            self._end(None)
        return self._thread

    async def _shut(self) -> None:
        try:
            if self._sdk is not None:
                await self._sdk.close()
            else:
                self._started.cancel()
        finally:
            await self._settle()

    def _end_there(self, thread: LoopThread) -> None:
        shut = thread.submit(self._shut())
        shut.add_done_callback(lambda _: thread.stop(0))
        if wait({shut}, _CLOSE_S).done:
            thread.stop(_STOP_S)
        self._end(None)


def _not_connected(exc: Exception) -> Exception:
    if not isinstance(exc, OSError | TimeoutError) and "websockets" not in type(exc).__module__:
        return exc
    return RealtimeConnectionError(f"the realtime server cannot be reached: {exc}", attempts=1)
