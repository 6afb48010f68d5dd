"""The SDK's session events in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.realtime import events as e

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbagents.realtime.conversation import Conversation
    from nbagents.realtime.playback import Playback

__all__ = ["Translator"]


class Translator:
    """Turns each event of the SDK's session into none, one or several of ours.

    Args:
        conversation: What was said so far.
        playback: How much of it was heard.
        audio_format: The format of the speech that comes.
    """

    def __init__(self, conversation: Conversation, playback: Playback, audio_format: str) -> None:
        self._conversation = conversation
        self._playback = playback
        self._format = audio_format
        self._calls: list[tuple[str, str, str]] = []  # name, arguments, id of calls that have not ended
        self._captions: dict[str, str] = {}  # what was heard so far of items that are not final

    def __call__(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - any event of the SDK's session
        """Translate one event.

        Args:
            event: A ``RealtimeSessionEvent`` of the SDK.
        """
        take = self._session.get(event.type)
        if take is not None:
            yield from take(self, event)

    def _raw(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        data = event.data
        if data.type == "raw_server_event":
            yield e.RealtimeRawEvent(data=data.data)
            take = self._server.get(str(data.data.get("type")))
        else:
            take = self._model.get(data.type)
            data = event
        if take is not None:
            yield from take(self, data.data)

    def _audio(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        place = {"item_id": event.item_id, "content_index": event.content_index}
        yield e.RealtimeAudioEvent(audio_data=event.audio.data, format=self._format, **place)

    def _audio_end(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        yield e.RealtimeAudioEndEvent(item_id=event.item_id, content_index=event.content_index)

    def _interrupted(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        played = self._playback.cut_ms(event.item_id, event.content_index)
        yield e.RealtimeInterruptedEvent(
            item_id=event.item_id, content_index=event.content_index, played_ms=played
        )

    def _tool_start(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        call_id = self._call_id(event.tool.name, event.arguments)
        yield e.RealtimeToolStartEvent(tool_name=event.tool.name, arguments=event.arguments, call_id=call_id)

    def _tool_end(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        call_id = self._call_id(event.tool.name, event.arguments)
        self._calls = [call for call in self._calls if call[2] != call_id]
        yield e.RealtimeToolEndEvent(
            tool_name=event.tool.name, arguments=event.arguments, output=str(event.output), call_id=call_id
        )

    def _approval(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        yield e.RealtimeToolApprovalEvent(
            tool_name=event.tool.name, arguments=event.arguments, call_id=event.call_id
        )

    def _handoff(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        yield e.RealtimeHandoffEvent(from_agent=event.from_agent.name, to_agent=event.to_agent.name)

    def _guardrail(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        names = tuple(result.guardrail.get_name() for result in event.guardrail_results)
        yield e.RealtimeGuardrailEvent(guardrails=names, message=event.message)

    def _error(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        error = event.error
        message = error.get("message") if isinstance(error, dict) else getattr(error, "message", None)
        yield e.RealtimeErrorEvent(message=str(message or error), code=getattr(error, "code", None))

    def _history(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        items = event.history if event.type == "history_updated" else [event.item]
        yield e.RealtimeHistoryEvent(items=tuple(items))

    def _agent_start(self, event: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see __call__
        yield e.RealtimeResponseStartEvent(agent_name=event.agent.name, response_id=self._conversation.response_id)

    def _call(self, data: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - the SDK's model event
        self._calls.append((data.name, data.arguments, data.call_id))
        yield e.RealtimeFunctionCallEvent(function_name=data.name, arguments=data.arguments, call_id=data.call_id)

    def _text(self, data: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see _call
        yield e.RealtimeTextEvent(text_delta=data.delta, item_id=data.item_id)

    def _heard(self, data: Any) -> Iterator[e.RealtimeEvent]:  # noqa: ANN401 - see _call
        self._captions.pop(data.item_id, None)
        yield e.RealtimeUserCaptionEvent(text=data.transcript.strip(), is_final=True, item_id=data.item_id)

    def _hearing(self, data: dict[str, Any]) -> Iterator[e.RealtimeEvent]:
        item_id = data["item_id"]
        text = self._captions[item_id] = self._captions.get(item_id, "") + data["delta"]
        yield e.RealtimeUserCaptionEvent(text=text.strip(), is_final=False, item_id=item_id)

    def _speech_started(self, data: dict[str, Any]) -> Iterator[e.RealtimeEvent]:
        yield e.RealtimeSpeechStartedEvent(item_id=data["item_id"], audio_ms=data["audio_start_ms"])

    def _speech_stopped(self, data: dict[str, Any]) -> Iterator[e.RealtimeEvent]:
        yield e.RealtimeSpeechStoppedEvent(item_id=data["item_id"], audio_ms=data["audio_end_ms"])

    def _response_done(self, data: dict[str, Any]) -> Iterator[e.RealtimeEvent]:
        response = data["response"]
        yield e.RealtimeResponseEndEvent(
            response_id=response.get("id"), status=response.get("status"), usage=response.get("usage") or {}
        )

    def _call_id(self, name: str, arguments: str) -> str:
        """Find the call: the SDK's tool events do not name it."""
        same = [call_id for tool, given, call_id in self._calls if tool == name and given == arguments]
        return same[0] if same else ""

    _session: ClassVar[dict[str, Callable[[Any, Any], Iterator[e.RealtimeEvent]]]] = {
        "raw_model_event": _raw,
        "audio": _audio,
        "audio_end": _audio_end,
        "audio_interrupted": _interrupted,
        "tool_start": _tool_start,
        "tool_end": _tool_end,
        "tool_approval_required": _approval,
        "handoff": _handoff,
        "guardrail_tripped": _guardrail,
        "error": _error,
        "history_updated": _history,
        "history_added": _history,
        "agent_start": _agent_start,
    }
    _model: ClassVar[dict[str, Callable[[Any, Any], Iterator[e.RealtimeEvent]]]] = {
        "function_call": _call,
        "transcript_delta": _text,
        "output_text_delta": _text,
        "input_audio_transcription_completed": _heard,
    }
    _server: ClassVar[dict[str, Callable[[Any, Any], Iterator[e.RealtimeEvent]]]] = {
        "conversation.item.input_audio_transcription.delta": _hearing,
        "input_audio_buffer.speech_started": _speech_started,
        "input_audio_buffer.speech_stopped": _speech_stopped,
        "response.done": _response_done,
    }
