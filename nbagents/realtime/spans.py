"""The conversation as spans of the SDK's tracing, which makes none of its own for realtime.

A turn is an agent span; in it are what the user said (transcription), each answer of the model (generation), what
the agent said (speech, until it was played or cut off), tools and handoffs.
"""

from __future__ import annotations

from contextvars import Context, copy_context
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from agents import tracing
from agents.tracing import get_trace_provider

from nbagents._first_token import note_first_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.tracing import Span, Trace

    from nbagents.realtime.conversation import Conversation
    from nbagents.realtime.playback import Playback

__all__ = ["ConversationSpans"]


class ConversationSpans:
    """Makes the trace of one session from its events.

    Args:
        agent_name: The agent that starts.
        conversation: What is said.
        playback: What is heard; speech lasts until then.
        disabled: Whether nothing is traced, as the SDK's run configuration may ask.
    """

    def __init__(
        self, agent_name: str, conversation: Conversation, playback: Playback, *, disabled: bool = False
    ) -> None:
        self._disabled = disabled
        self._agent = agent_name
        self._conversation = conversation
        self._playback = playback
        self.model = self.voice = ""  # as the server says
        self._listener: str | None = None  # the model that transcribes
        self._trace: Trace | None = None
        self._trace_id: str | None = None
        self._turn: Span[Any] | None = None
        self._heard: dict[str, Span[Any]] = {}
        self._response: Span[Any] | None = None
        self._first_token = False
        self._speech: tuple[str, Span[Any]] | None = None
        self._tools: dict[str, Span[Any]] = {}

    @property
    def trace_id(self) -> str | None:
        """The trace, once there is one."""
        return self._trace_id

    def take(self, event: Any) -> None:  # noqa: ANN401 - any event of the session
        """Take in one event, on the connection's thread.

        Args:
            event: Any event of the session.
        """
        take = self._takes.get(event.type)
        if take is not None:
            self._context.run(take, self, event)

    def played(self) -> None:
        """Note that what plays may have ended."""
        if self._speech is not None and self._playback.playing is None:
            self._context.run(self._end_speech)

    def close(self) -> None:
        """End all that is open."""
        self._context.run(self._close)

    @cached_property
    def _context(self) -> Context:
        """Where every span is begun and ended: in a replay, time goes on in the context that asks for it."""
        return copy_context()

    def _close(self) -> None:
        self._end_turn()
        for span in [*self._heard.values(), *self._tools.values()]:
            _finish(span)
        self._heard.clear()
        self._tools.clear()
        if self._trace is not None:
            self._trace.finish(reset_current=False)
            self._trace = None

    def _in_turn(self) -> Span[Any]:
        if self._trace is None:
            self._trace = tracing.trace(f"Realtime: {self._agent}", disabled=self._disabled)
            self._trace.start(mark_as_current=False)
            self._trace_id = self._trace.trace_id
        if self._turn is None:
            self._turn = _started(tracing.agent_span(self._agent, parent=self._trace))
        return self._turn

    def _end_turn(self) -> None:
        self._end_response(None)
        self._end_speech()
        if self._turn is not None:
            _finish(self._turn)
            self._turn = None

    def _end_response(self, usage: dict[str, Any] | None) -> None:
        if self._response is None:
            return
        data = self._response.span_data
        data.usage = _usage(usage or {}) or None
        data.model = self.model or None
        _finish(self._response)
        self._response = None

    def _end_speech(self) -> None:
        if self._speech is None:
            return
        item_id, span = self._speech
        line = self._conversation.line(item_id)
        if line is not None:
            span.span_data.input = line.text if line.heard is None else line.heard
        _finish(span)
        self._speech = None

    def _raw(self, event: Any) -> None:  # noqa: ANN401 - see take
        data = event.data if isinstance(event.data, dict) else {}
        if data.get("type") in {"session.created", "session.updated"}:
            self.model = str(data["session"].get("model") or "")
            audio = data["session"].get("audio") or {}
            self.voice = str((audio.get("output") or {}).get("voice") or "")
            heard = audio.get("input") or {}
            self._listener = (heard.get("transcription") or {}).get("model")
        elif data.get("type") == "conversation.item.added" and data["item"].get("role") == "user":
            if data["item"]["id"] not in self._heard:
                self._end_turn()
            self._in_turn()
        elif data.get("type") == "output_audio_buffer.started":
            self._speech_begins(self._last_said(), "webrtc")
        elif data.get("type") in {"output_audio_buffer.stopped", "output_audio_buffer.cleared"}:
            self._end_speech()

    def _last_said(self) -> str:
        said = [line.item_id for line in self._conversation.lines() if line.role == "assistant"]
        return said[-1] if said else ""

    def _speech_begins(self, item_id: str, audio_format: str) -> None:
        self._end_speech()
        now = get_trace_provider().time_iso()
        span = tracing.speech_span(
            model=self.model or None, output_format=audio_format, first_content_at=now, parent=self._in_turn()
        )
        self._speech = item_id, _started(span)

    def _speech_started(self, event: Any) -> None:  # noqa: ANN401 - see take
        self._end_turn()
        span = tracing.transcription_span(model=self._listener, input_format=None, parent=self._in_turn())
        self._heard[event.item_id] = _started(span)

    def _caption(self, event: Any) -> None:  # noqa: ANN401 - see take
        span = self._heard.pop(event.item_id, None) if event.is_final else None
        if span is not None:
            span.span_data.output = event.text
            _finish(span)

    def _response_start(self, event: Any) -> None:  # noqa: ANN401 - see take
        self._agent = event.agent_name
        self._end_response(None)
        self._response = _started(tracing.generation_span(parent=self._in_turn()))
        self._first_token = False

    def _token(self, _event: Any) -> None:  # noqa: ANN401 - see take
        if self._response is not None and not self._first_token:
            self._first_token = True
            note_first_token(self._response.span_id, get_trace_provider().time_iso())

    def _response_end(self, event: Any) -> None:  # noqa: ANN401 - see take
        if self._response is not None and event.status in {"failed", "incomplete"}:
            self._response.set_error({"message": f"answer {event.status}", "data": None})
        self._end_response(event.usage)

    def _audio(self, event: Any) -> None:  # noqa: ANN401 - see take
        self._token(event)
        if self._speech is None or self._speech[0] != event.item_id:
            self._speech_begins(event.item_id, event.format)

    def _audio_end(self, _event: Any) -> None:  # noqa: ANN401 - see take
        if not self._playback.reported:
            self._end_speech()

    def _interrupted(self, event: Any) -> None:  # noqa: ANN401 - see take
        if self._speech is not None:  # no error: it is what a conversation is like
            self._speech[1].span_data.model_config = {"interrupted_after_ms": event.played_ms}
            self._end_speech()

    def _tool_start(self, event: Any) -> None:  # noqa: ANN401 - see take
        self._end_tool(event.call_id, None)
        span = tracing.function_span(event.tool_name, input=event.arguments, parent=self._in_turn())
        self._tools[event.call_id] = _started(span)

    def _tool_end(self, event: Any) -> None:  # noqa: ANN401 - see take
        self._end_tool(event.call_id, event.output)

    def _approval(self, event: Any) -> None:  # noqa: ANN401 - see take
        name = f"{event.tool_name}: waits for approval"
        self._tools[event.call_id] = _started(tracing.custom_span(name, parent=self._in_turn()))

    def _end_tool(self, call_id: str, output: str | None) -> None:
        span = self._tools.pop(call_id, None)
        if span is not None:
            if span.span_data.type == "function":
                span.span_data.output = output
            _finish(span)

    def _handoff(self, event: Any) -> None:  # noqa: ANN401 - see take
        span = tracing.handoff_span(event.from_agent, event.to_agent, parent=self._in_turn())
        _finish(_started(span))

    _takes: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        "raw": _raw,
        "speech_started": _speech_started,
        "user_caption": _caption,
        "response_start": _response_start,
        "response_end": _response_end,
        "text": _token,
        "audio": _audio,
        "audio_end": _audio_end,
        "interrupted": _interrupted,
        "tool_start": _tool_start,
        "tool_end": _tool_end,
        "tool_approval": _approval,
        "handoff": _handoff,
    }


def _started(span: Span[Any]) -> Span[Any]:
    span.start(mark_as_current=False)
    return span


def _finish(span: Span[Any]) -> None:
    span.finish(reset_current=False)


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    """Return the usage in the words of the other APIs."""
    if not usage:
        return {}
    details = usage.get("input_token_details") or {}
    return {
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "input_tokens_details": {"cached_tokens": details.get("cached_tokens") or 0},
    }
