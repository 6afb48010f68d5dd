"""Mode record at a realtime model: what is sent and received passes by, and is noted in its order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from agents.realtime import RealtimeModel, RealtimeModelListener, RealtimeModelSendAudio

from nbagents.replay.conversation.notes import Notes
from nbagents.replay.conversation.script import COMMIT
from nbagents.replay.conversation.sounds import is_pcm
from nbagents.replay.match.canonical import canonical_value
from nbagents.replay.realtime.events import asked_of, received_data, sent_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.realtime import RealtimeModelConfig, RealtimeModelEvent, RealtimeModelSendEvent

    from nbagents.replay.match.place import Place
    from nbagents.replay.wire.recorder import Recorder

__all__ = ["RecordingRealtimeModel"]


class RecordingRealtimeModel(RealtimeModel, RealtimeModelListener):
    """Passes everything to another model and back; the conversation is written when it is closed.

    Args:
        inner: The model that is recorded.
        recorder: Writes the cassette.
    """

    def __init__(self, inner: RealtimeModel, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._place: Place | None = None
        self._call = 0
        self._asked: dict[str, Any] = {}
        self._notes = Notes(recorder.scrubber)
        self._failure: dict[str, Any] = {}

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Connect the other model.

        Raises:
            CassetteError: An earlier call could not be written.
        """
        self._place, self._call = self._recorder.next_call()
        self._recorder.unfinished.add(self.write)
        self._asked = canonical_value(asked_of(options), self._recorder.scrubber)
        self._notes = Notes(self._recorder.scrubber)
        self._notes.pcm = is_pcm(self._asked["body"])
        self._inner.add_listener(self)  # before the others: what they send in answer comes after
        try:
            await self._inner.connect(options)
        except Exception as exc:
            self._failure = {"end": type(exc).__name__, "message": self._recorder.scrubber.text(str(exc))}
            self.write()
            raise

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Add a listener to the other model."""
        self._inner.add_listener(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """Remove a listener from the other model."""
        self._inner.remove_listener(listener)

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Note and send an event."""
        self._sent(event)
        await self._inner.send_event(event)

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Note and send an event where the other model finds that it may be sent."""

        def _noted() -> bool:
            allowed = send_if()
            if allowed:
                self._sent(event)
            return allowed

        return await self._inner.send_event_if(event, _noted)

    async def close(self) -> None:
        """Close the other model and write the conversation.

        Raises:
            CassetteError: The file cannot be written, or a secret would stay in it.
        """
        try:
            await self._inner.close()
        finally:
            self.write()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        """Note what was received."""
        kind, data = received_data(event)
        self._notes.received(kind, self._notes.sounds.take(kind, data))

    def _retire_response_audio(self, response_id: str) -> None:
        self._inner._retire_response_audio(response_id)  # noqa: SLF001 - the SDK's session calls it on every model

    def write(self) -> None:
        """Write the conversation; does nothing the second time."""
        if self._place is None:
            return
        place, self._place = self._place, None
        self._recorder.unfinished.discard(self.write)
        self._inner.remove_listener(self)
        self._recorder.write(place, self._call, self._asked, partial(_response, self._notes, self._failure))

    def _sent(self, event: RealtimeModelSendEvent) -> None:
        if not isinstance(event, RealtimeModelSendAudio):
            self._notes.sent(*sent_data(event))
            return
        self._notes.speak(event.audio)
        if event.commit:
            self._notes.sent(COMMIT, None)


def _response(notes: Notes, failure: dict[str, Any], keep: Callable[[str, bytes], None]) -> dict[str, Any]:
    return {**notes.response(keep), **failure}
