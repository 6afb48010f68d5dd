"""The realtime panel: talk to an agent, see what both said, approve its tools, and see where the time went.

The protocol is written at the top of ``realtime_panel.js``; this side of it:

==========================  =====================================================================
from the page               what is done
==========================  =====================================================================
``connect``, ``hang_up``    a conversation begins or ends
``talk`` (down)             push-to-talk: the key went down or up
``hands_free`` (on)         whether the server finds the end of a turn
``text`` (text)             something is said in writing
``interrupt``               the agent is stopped
``approve``, ``reject``     a tool's call may run or not (call_id)
``called`` (call_id)        WebRTC: the page has called the model; the kernel attaches
``lost`` (text)             WebRTC: the page's call failed
==========================  =====================================================================

Sound takes its own way; see ``realtime_sound.py``.
"""

from __future__ import annotations

import contextvars
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbagents.errors import ConfigError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.conversation import Conversation
from nbagents.realtime.frame import transcript_frame
from nbagents.realtime.log import EventLog
from nbagents.realtime.static import conversation_html, conversation_text, figures_line
from nbagents.realtime.tally import Tally
from nbagents.realtime.turn_times import TurnTimes
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.widgets.live import LiveWidget
from nbagents.widgets.microphone import Microphone
from nbagents.widgets.module import module_text
from nbagents.widgets.realtime_sound import DirectSound, RelaySound
from nbagents.widgets.realtime_wire import line_json, log_json, tally_json
from nbagents.widgets.speaker import Speaker

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from concurrent.futures import Future

    import pandas as pd

    from nbagents.realtime.events import RealtimeEvent
    from nbagents.realtime.session import RealtimeSession
    from nbagents.tracing.record import TraceRecord
    from nbagents.widgets.live import Request
    from nbagents.widgets.realtime_sound import Sound

__all__ = ["RealtimePanel"]

_PAINT_S = 0.04  # between two messages to the page: it is a caption, not an oscilloscope
_LOG_ROWS = 400  # in one message


class RealtimePanel(LiveWidget):
    """A conversation with a realtime agent: connect, talk, read along.

    Args:
        agent: A ``RealtimeAgent`` of ours or of the SDK.
        session: Where the conversation is stored; None is a ``SQLiteSession`` beside the notebook, a new one for
            each conversation.
        context: What tools get as their context.
        transport: ``"relay"``: sound goes through the kernel, in every mode; ``"webrtc"``: the page and the model
            have it to themselves, in mode live.

    Attributes:
        microphone: The microphone's widget.
        speaker: The loudspeaker's widget.
        talk: The conversation that runs or ran last, or None.

    Raises:
        ConfigError: An argument that does not exist, or a transport that does not.

    Example:
        >>> panel = RealtimePanel(RealtimeAgent("Weather", "Say how the weather is."))
        >>> panel.status, len(panel.transcript())
        ('off', 0)
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))
    _KNOWN: ClassVar = ("agent", "session", "context", "transport")

    microphone_id = traitlets.Unicode().tag(sync=True)
    speaker_id = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        agent: Any,  # noqa: ANN401 - ours or the SDK's
        *,
        session: Any = None,  # noqa: ANN401 - whatever satisfies the SDK's session protocol
        context: Any = None,  # noqa: ANN401 - the user's own
        transport: str = "relay",
        **unknown: object,
    ) -> None:
        if transport not in {"relay", "webrtc"}:
            raise ConfigError(
                f"transport={transport!r}: use 'relay' or 'webrtc'", name="transport", value=transport
            )
        self.agent = agent if isinstance(agent, RealtimeAgent) else RealtimeAgent(sdk_agent=agent)
        self.microphone, self.speaker = Microphone(), Speaker()
        self.talk: RealtimeSession | None = None
        self._session, self._context = session, context
        self._cell = contextvars.copy_context()  # a trace belongs to the cell that made the panel
        self._status, self._trouble = "off", ""
        self._direct = transport == "webrtc"
        self._sound: Sound = self._direct_sound() if self._direct else self._relay()
        self._times = TurnTimes()
        self._calls: dict[str, str] = {}
        self._painted: dict[str, dict[str, Any]] = {}
        self._shown = False
        self._called = False  # by a page, for the conversation that is being connected
        self._waits = False  # a message to the page is on its way
        super().__init__(unknown, microphone_id=self.microphone.view_id, speaker_id=self.speaker.view_id)

    @property
    def status(self) -> str:
        """``"off"``, ``"connecting"``, ``"live"``, ``"reconnecting"`` or ``"failed"``."""
        return self._status

    def connect(self) -> None:
        """Begin a conversation; returns at once. ``status`` says how it is."""
        with self._lock:
            self._hang_up()
            self._forget()
            self._status, self._called = "connecting", False
        if self._direct:
            self._sound.call()
        else:
            self._start(None)
        self._paint_soon()

    def hang_up(self) -> None:
        """End the conversation, and turn microphone and loudspeaker off."""
        with self._lock:
            self._hang_up()
        self._paint_soon()

    def transcript(self) -> pd.DataFrame:
        """Return the conversation as a frame, one row for each item."""
        return transcript_frame(self._conversation.lines())

    def events(self) -> pd.DataFrame:
        """Return every event as a frame; what came in pieces is one row with a count."""
        return (self.talk.log if self.talk is not None else EventLog()).to_frame()

    def trace(self) -> TraceRecord | None:
        """Return the conversation's trace, or None where none was stored (see ``enable``)."""
        from nbagents.errors import TraceNotFoundError
        from nbagents.tracing.stored.store import TraceStore

        try:
            trace_id = self.talk.trace_id if self.talk is not None else None
            return None if trace_id is None else TraceStore().get(trace_id)
        except TraceNotFoundError:
            return None

    def close(self) -> None:
        """End the conversation and the widget."""
        if hasattr(self, "_lock"):  # else an argument was wrong, and there is nothing to end
            with self._lock:
                self._hang_up()
            self.microphone.close()
            self.speaker.close()
        super().close()

    def static_forms(self) -> tuple[str, str]:
        """Return transcript and figures, as HTML and as text."""
        lines = self._conversation.lines()
        headline = figures_line(self.agent.name, lines, self._tally, self._cost())
        return conversation_html(headline, lines), conversation_text(headline, lines)

    def _ipython_display_(self) -> None:
        self._shown = True
        self._display(update=False)

    def _display(self, *, update: bool) -> None:
        """Leave the static form in the notebook, where the live one takes its place; again when a talk ends."""
        from IPython.display import publish_display_data

        data, _ = self._repr_mimebundle_()
        publish_display_data(  # type: ignore[no-untyped-call]  # IPython's
            data, transient={"display_id": self.view_id}, update=update
        )

    @property
    def _conversation(self) -> Conversation:
        return self.talk.conversation if self.talk is not None else Conversation()

    @property
    def _tally(self) -> Tally:
        return self.talk.tally if self.talk is not None else Tally()

    def _cost(self) -> float | None:
        return self._tally.cost(self.talk.model) if self.talk is not None else None

    def _new_session(self) -> SQLiteSession:
        return SQLiteSession(f"{self.agent.name} {time.strftime('%Y-%m-%d %H:%M:%S')}")

    def _forget(self) -> None:
        self._times = TurnTimes()
        self._calls, self._painted, self._trouble = {}, {}, ""
        self.send({"type": "clear"})

    def _relay(self) -> RelaySound:
        hands_free = self.agent.config.hands_free
        return RelaySound(self.microphone, self.speaker, self._post_interrupt, hands_free=hands_free)

    def _direct_sound(self) -> DirectSound:
        config = self.agent.config
        return DirectSound(config, self.send, self._fail, hands_free=config.hands_free)

    def _start(self, call_id: str | None) -> None:
        keep = self._session if self._session is not None else self._new_session()
        talk = self.agent.start_realtime_session(
            self._context, session=keep, reported=not self._direct, call_id=call_id
        )
        talk.listen(self._take)
        self.talk = talk
        self._cell.copy().run(talk.begin).add_done_callback(self._connected)

    def _hang_up(self) -> None:
        talk, self._status = self.talk, "off"
        self._sound.end()
        if talk is not None and not talk.closed:
            threading.Thread(target=self._end, args=(talk,), name="nbagents-hang-up", daemon=True).start()

    def _end(self, talk: RealtimeSession) -> None:
        talk.close_now()
        if self._shown:
            self._cell.copy().run(self._display, update=True)

    def _connected(self, begun: Future[None]) -> None:
        talk = self.talk
        if not begun.cancelled() and (error := begun.exception()) is not None:
            self._fail(str(error))
        elif talk is not None and not talk.closed:
            self._status = "live"
            self._sound.begin(talk)
        self._paint_soon()

    def _fail(self, text: str) -> None:
        self._status, self._trouble = "failed", text
        self._sound.end()
        self._paint_soon()

    def _post_interrupt(self) -> None:
        if self.talk is not None:
            self.talk.post(self.talk.interrupt())

    def _take(self, event: RealtimeEvent) -> None:
        """Take in an event, on the connection's thread."""
        self._times.take(event)
        self._sound.take(event)
        take = self._takes.get(event.type)
        if take is not None:
            take(self, event)
        self._paint_soon()

    def _on_connection(self, event: Any) -> None:  # noqa: ANN401 - the event of that type
        if event.status == "reconnecting":
            self._status = "reconnecting"
        elif event.status == "reconnected":
            self._status = "live"

    def _on_error(self, event: Any) -> None:  # noqa: ANN401 - the event of that type
        self._trouble = event.message
        if event.fatal:
            self._fail(event.message)

    def _on_approval(self, event: Any) -> None:  # noqa: ANN401 - the event of that type
        self._calls[event.call_id] = "waits"

    def _on_tool(self, event: Any) -> None:  # noqa: ANN401 - the event of that type
        self._calls[event.call_id] = "runs" if event.type == "tool_start" else "done"

    _takes: ClassVar[dict[str, Any]] = {
        "connection": _on_connection,
        "error": _on_error,
        "tool_approval": _on_approval,
        "tool_start": _on_tool,
        "tool_end": _on_tool,
    }

    # ------------------------------------------------------------------ the page

    def _paint_soon(self) -> None:
        with self._lock:
            if self._waits:
                return
            self._waits = self.talk is not None and self.talk.later(_PAINT_S, self._paint)
        if not self._waits:
            self._paint()

    def _paint(self) -> None:
        with self._lock:
            self._waits = False
            lines = [line for line in self._conversation.lines() if line.kind != "function_call_output"]
            told = {line.item_id: line_json(line, self._calls.get(line.call_id)) for line in lines}
            changed = [line for item_id, line in told.items() if self._painted.get(item_id) != line]
            self._painted = told
            entries = self.talk.log.take_news(_LOG_ROWS) if self.talk is not None else []
            self.send({
                "type": "news",
                "state": self._state(),
                "order": list(told),
                "lines": changed,
                "log": log_json(entries),
            })  # fmt: skip

    def _state(self) -> dict[str, Any]:
        talk = self.talk
        return {
            "status": self._status,
            "trouble": self._trouble,
            "agent": self.agent.name,
            "model": talk.model if talk is not None else self.agent.config.model,
            "voice": talk.voice if talk is not None else self.agent.config.voice,
            "hands_free": self._sound.hands_free,
            "talking": self._sound.talking,
            "user_speaks": talk is not None and talk.conversation.speaking,
            "thinks": talk is not None and talk.conversation.response_id is not None,
            "speaks": self._sound.playing,
            "direct": self._direct,
            "tally": tally_json(self._tally, self._cost()),
            "times": self._times.to_json(),
            "events": talk.log.events if talk is not None else 0,
        }

    def _on_ready(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            self._painted = {}
            if self.talk is not None:
                self.talk.log.begin_again()
            self.send({"type": "clear"})
        self._paint()

    def _on_connect(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.connect()

    def _on_hang_up(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.hang_up()

    def _on_talk(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        talk, down = self.talk, bool(message["down"])
        if talk is None or talk.closed or self._sound.hands_free or down == self._sound.talking:
            return
        if down:
            self._post_interrupt()
        if self._sound.key(down=down):
            self._times.begin(time.time())
            talk.post(talk.end_turn())
        self._paint_soon()

    def _on_hands_free(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._sound.hands_free = bool(message["on"])
        if self.talk is not None:
            turns = self.agent.config.turns_when(hands_free=self._sound.hands_free)
            self.talk.post(self.talk.set_turn_detection(turns))
        self._paint_soon()

    def _on_called(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        call_id = str(message["call_id"])
        with self._lock:
            first, self._called = self._status == "connecting" and not self._called, True
        if first:
            self._start(call_id)
        else:  # of two pages that called the second is one too many
            self.send({"type": "hang_up", "call_id": call_id})

    def _on_lost(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._fail(str(message["text"]))

    def _on_text(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        text = str(message["text"]).strip()
        if text and self.talk is not None:
            self._times.begin(time.time())
            self._then(self.talk.send_text(text))

    def _on_interrupt(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._post_interrupt()

    def _on_approve(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self.talk is not None:
            self._then(self.talk.approve(str(message["call_id"])))

    def _on_reject(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self.talk is not None:
            self._calls[str(message["call_id"])] = "rejected"
            self._then(self.talk.reject(str(message["call_id"])))

    def _then(self, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.talk is not None:
            self.talk.post(coroutine)
        self._paint_soon()

    _requests: ClassVar[Mapping[str, Request]] = {
        "ready": _on_ready,
        "connect": _on_connect,
        "hang_up": _on_hang_up,
        "talk": _on_talk,
        "hands_free": _on_hands_free,
        "text": _on_text,
        "interrupt": _on_interrupt,
        "approve": _on_approve,
        "reject": _on_reject,
        "called": _on_called,
        "lost": _on_lost,
    }
