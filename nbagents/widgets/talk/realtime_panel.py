"""The realtime panel: talk to an agent, see what both said, approve its tools, and see where the time went.

The protocol is written at the top of ``realtime_panel.js``; this side of it, beside what ``talk.py`` says:

==========================  =====================================================================
from the page               what is done
==========================  =====================================================================
``connect``, ``hang_up``    a conversation begins or ends
``text`` (text)             something is said in writing
``approve``, ``reject``     a tool's call may run or not (call_id)
``called`` (call_id)        WebRTC: the page has called the model; the kernel attaches
``lost`` (text)             WebRTC: the page's call failed
==========================  =====================================================================

Sound takes its own way; see ``realtime_sound.py``.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents._given import check_given
from nbagents.errors import ConfigError
from nbagents.realtime.agent import RealtimeAgent
from nbagents.realtime.conversation import Conversation
from nbagents.realtime.frame import transcript_frame
from nbagents.realtime.local.engines import hearing_hint
from nbagents.realtime.log import EventLog
from nbagents.realtime.standing import Standing
from nbagents.realtime.static import conversation_html, conversation_text, figures_line
from nbagents.realtime.tally import Tally
from nbagents.realtime.turn_times import TurnTimes
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.widgets.module import module_text
from nbagents.widgets.talk.realtime_sound import DirectSound, RelaySound
from nbagents.widgets.talk.realtime_wire import line_json, log_json, tally_json
from nbagents.widgets.talk.talk import TalkPanel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    import pandas as pd

    from nbagents.realtime.events import RealtimeEvent
    from nbagents.realtime.session import RealtimeSession
    from nbagents.realtime.standing import Status
    from nbagents.tracing.record import TraceRecord
    from nbagents.widgets.live import Request
    from nbagents.widgets.talk.realtime_sound import Sound

__all__ = ["RealtimePanel"]

_LOG_ROWS = 400  # in one message


class RealtimePanel(TalkPanel):
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
        check_given("agent", agent, "an nbagents.RealtimeAgent, or one of agents.realtime", fits=agent is not None)
        self.agent = agent if isinstance(agent, RealtimeAgent) else RealtimeAgent(sdk_agent=agent)
        self.talk: RealtimeSession | None = None
        self._open_devices()
        self._session, self._context = session, context
        self._standing, self._times = Standing(), TurnTimes()
        self._direct = transport == "webrtc"
        self._sound: Sound = self._direct_sound() if self._direct else self._relay()
        self._painted: dict[str, dict[str, Any]] = {}
        self._called = False  # by a page, for the conversation that is being connected
        super().__init__(unknown)

    @property
    def status(self) -> Status:
        """``"off"``, ``"connecting"``, ``"live"``, ``"reconnecting"`` or ``"failed"``."""
        return self._standing.status

    def connect(self) -> None:
        """Begin a conversation; returns at once. ``status`` says how it is."""
        with self._lock:
            self._hang_up()
            self._standing, self._times = Standing("connecting"), TurnTimes()
            self._called, self._reset = False, True
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
        super().close()

    def static_forms(self) -> tuple[str, str]:
        """Return transcript and figures, as HTML and as text."""
        lines = self._conversation.lines()
        headline = figures_line(self.agent.name, lines, self._tally, self._cost())
        return conversation_html(headline, lines), conversation_text(headline, lines)

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

    def _relay(self) -> RelaySound:
        return RelaySound(
            self.microphone,
            self.speaker,
            interrupt=self._interrupt,
            played_out=self._paint_soon,
            hands_free=self.agent.config.hands_free,
        )

    def _direct_sound(self) -> DirectSound:
        config = self.agent.config
        return DirectSound(config, self.send, self._fail, hands_free=config.hands_free)

    def _start(self, call_id: str | None) -> None:
        keep = self._session if self._session is not None else self._new_session()
        talk = self.talk = self.agent.start_realtime_session(
            self._context, session=keep, reported=not self._direct, call_id=call_id
        )
        talk.listen(partial(self._take, talk))
        self._cell.copy().run(talk.begin).add_done_callback(partial(self._connected, talk))

    def _hang_up(self) -> None:
        talk, self._standing.status = self.talk, "off"
        self._sound.end()
        if talk is not None and not talk.closed:
            threading.Thread(target=self._end, args=(talk,), name="nbagents-hang-up", daemon=True).start()

    def _end(self, talk: RealtimeSession) -> None:
        talk.close_now()
        self._renew_static_form()

    def _connected(self, talk: RealtimeSession, begun: Future[None]) -> None:
        error = None if begun.cancelled() else begun.exception()
        with self._lock:
            if talk is not self.talk or self.status != "connecting":
                return  # somebody hung up meanwhile
            if begun.cancelled():
                self._standing.status = "off"  # the conversation was closed, not the panel
            elif error is None:
                self._standing.status = "live"
                self._sound.begin(talk)
        if error is not None:
            self._fail(str(error))
        self._paint_soon()

    def _fail(self, text: str) -> None:
        self._standing.fail(text)
        self._sound.end()
        self._paint_soon()

    def _interrupt(self) -> None:
        if self.talk is not None:
            self.talk.post(self.talk.interrupt())

    def _take(self, talk: RealtimeSession, event: RealtimeEvent) -> None:
        """Take in an event, on the connection's thread."""
        if talk is not self.talk:
            return  # of the conversation before, which is being closed
        self._times.take(event)
        self._sound.take(event)
        self._standing.take(event)
        if self.status == "failed":
            self._sound.end()
        self._paint_soon()

    # ------------------------------------------------------------------ the page

    def _news(self, *, reset: bool) -> dict[str, Any]:
        log = self.talk.log if self.talk is not None else EventLog()
        if reset:
            self._painted = {}
            log.begin_again()
        lines = [line for line in self._conversation.lines() if line.kind != "function_call_output"]
        told = {line.item_id: line_json(line, self._standing.calls.get(line.call_id)) for line in lines}
        changed = [line for item_id, line in told.items() if self._painted.get(item_id) != line]
        self._painted = told
        entries = log.take_news(_LOG_ROWS)
        if len(entries) == _LOG_ROWS:
            self._paint_soon()  # there may be more
        return {"order": list(told), "lines": changed, "log": log_json(entries)}

    def _state(self) -> dict[str, Any]:
        talk, config = self.talk, self.agent.config
        voice = talk.voice if talk is not None else config.voice
        return {
            "status": self.status,
            "trouble": self._standing.trouble,
            "agent": self.agent.name,
            "model": talk.model if talk is not None else config.model,
            "voice": voice,
            "hint": hearing_hint(voice, expected=bool(config.transcription.get("prompt"))),
            "hands_free": self._sound.hands_free,
            "talking": self._sound.talking,
            "user_speaks": talk is not None and talk.conversation.speaking,
            "thinks": talk is not None and talk.conversation.response_id is not None,
            "speaks": self._sound.playing,
            "direct": self._direct,
            "tally": tally_json(self._tally, self._cost()),
            "stages": [stage.facts() for stage in self._times.stages],
            "events": talk.log.events if talk is not None else 0,
        }

    def _on_connect(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.connect()

    def _on_hang_up(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.hang_up()

    def _on_talk(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        talk, down = self.talk, bool(message["down"])
        if talk is None or talk.closed or self._sound.hands_free or down == self._sound.talking:
            return
        if down:
            self._interrupt()
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
            first, self._called = self.status == "connecting" and not self._called, True
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
            self.talk.post(self.talk.send_text(text))

    def _on_stop(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._interrupt()

    def _on_approve(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self.talk is not None:
            self.talk.post(self.talk.approve(str(message["call_id"])))

    def _on_reject(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self.talk is not None:
            self._standing.calls[str(message["call_id"])] = "rejected"
            self.talk.post(self.talk.reject(str(message["call_id"])))
        self._paint_soon()

    _requests: ClassVar[Mapping[str, Request]] = {
        **TalkPanel._requests,  # noqa: SLF001 - its own
        "connect": _on_connect,
        "hang_up": _on_hang_up,
        "talk": _on_talk,
        "hands_free": _on_hands_free,
        "text": _on_text,
        "stop": _on_stop,
        "approve": _on_approve,
        "reject": _on_reject,
        "called": _on_called,
        "lost": _on_lost,
    }
