"""The two ways of sound in a realtime conversation: by way of the kernel, or between the page and the model."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from nbagents.realtime.played import PlayedItems
from nbagents.realtime.webrtc import call_ticket

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbagents.realtime.config import RealtimeConfig
    from nbagents.realtime.session import RealtimeSession
    from nbagents.widgets.sound.microphone import Microphone
    from nbagents.widgets.sound.speaker import Speaker

__all__ = ["DirectSound", "RelaySound", "Sound"]

_PRE_ROLL = 12  # frames of 20 ms that were heard before the key went down
_SHORTEST_TALK = 6  # frames; the API takes no turn of under 100 ms


class Sound(Protocol):
    """How sound gets to the model and back."""

    hands_free: bool
    talking: bool

    @property
    def playing(self) -> bool:
        """Whether the agent is heard."""

    def call(self) -> None:
        """Begin, where the page calls the model before the kernel does."""

    def begin(self, talk: RealtimeSession) -> None:
        """Carry sound for a conversation that is connected."""

    def end(self) -> None:
        """Turn microphone and loudspeaker off."""

    def key(self, *, down: bool) -> bool:
        """Begin or end what is said by push-to-talk; return whether it is a turn."""

    def take(self, event: Any) -> None:  # noqa: ANN401 - any event of a session
        """Take in an event of the conversation."""


class RelaySound:
    """Microphone → kernel → model, and back; what was played is reported to the conversation.

    Args:
        microphone: Its frames go straight to the connection's thread.
        speaker: It is given the agent's speech, and reports what was really played.
        interrupt: Called when a person stopped the loudspeaker.
        played_out: Called when all that was to be heard was heard.
        hands_free: Whether the server finds the end of a turn.
    """

    def __init__(
        self,
        microphone: Microphone,
        speaker: Speaker,
        *,
        interrupt: Callable[[], None],
        played_out: Callable[[], None],
        hands_free: bool,
    ) -> None:
        self.hands_free, self.talking = hands_free, False
        self._microphone, self._speaker = microphone, speaker
        self._interrupt, self._played_out = interrupt, played_out
        self._ending = threading.Lock()  # nothing is played once it has ended
        self._talk: RealtimeSession | None = None
        self._items = PlayedItems()
        self._before: deque[bytes] = deque(maxlen=_PRE_ROLL)
        self._sent = 0
        microphone.on_frame(self.heard)
        speaker.on_played(self.played)
        speaker.on_stop(self._stopped)

    @property
    def playing(self) -> bool:
        """Whether something is in the loudspeaker that was not played yet."""
        return self._speaker.playing

    def call(self) -> None:
        """Do nothing: the kernel calls."""

    def begin(self, talk: RealtimeSession) -> None:
        """Carry sound for a conversation that is connected."""
        self._items.clear()
        self._talk = talk
        self._speaker.start()
        self._microphone.start()

    def end(self) -> None:
        """Turn microphone and loudspeaker off."""
        with self._ending:
            self._talk, self.talking = None, False
            self._microphone.stop()
            self._speaker.clear()
            self._speaker.stop()

    def key(self, *, down: bool) -> bool:
        """Begin or end what is said; what was heard just before belongs to it."""
        self.talking = down
        if down and self._talk is not None:
            self._sent = len(self._before)
            while self._before:
                self._talk.put_audio(self._before.popleft())
        return not down and self._sent >= _SHORTEST_TALK

    def heard(self, frame: bytes) -> None:
        """Take a frame from the microphone, on any thread."""
        talk = self._talk
        if talk is None or talk.closed:
            return
        if self.hands_free or self.talking:
            self._sent += 1
            talk.put_audio(frame)
        else:
            self._before.append(frame)

    def played(self, samples: int) -> None:
        """Take the loudspeaker's report, on any thread."""
        if self._talk is not None:
            for item in self._items.played(samples):
                self._talk.report_played(item.item_id, item.content_index, item.milliseconds)
        if not self.playing:
            self._played_out()

    def take(self, event: Any) -> None:  # noqa: ANN401 - any event of a session
        """Play speech, and stop where it was interrupted."""
        if event.type == "audio":
            with self._ending:
                if self._talk is not None:
                    self._items.wrote(event.item_id, event.content_index, len(event.audio_data) // 2)
                    self._speaker.write(event.audio_data)
        elif event.type == "interrupted":
            self._items.clear()
            self._speaker.clear()

    def _stopped(self, samples: int) -> None:
        self.played(samples)
        self._items.clear()
        self._interrupt()


class DirectSound:
    """The page and the model have the sound to themselves (WebRTC); the page gets a secret that soon is none.

    Args:
        config: Model and voice of the call.
        send: Sends the page a message.
        failed: Called with what went wrong.
        hands_free: Whether the server finds the end of a turn.
    """

    def __init__(
        self,
        config: RealtimeConfig,
        send: Callable[[dict[str, Any]], None],
        failed: Callable[[str], None],
        *,
        hands_free: bool,
    ) -> None:
        self.hands_free, self.talking = hands_free, False
        self._config, self._send, self._failed = config, send, failed
        self._talk: RealtimeSession | None = None

    @property
    def playing(self) -> bool:
        """Whether the server says that the agent is heard."""
        return self._talk is not None and self._talk.conversation.aloud

    def call(self) -> None:
        """Get a client secret and let the page call; returns at once."""
        threading.Thread(target=self._ticket, name="nbagents-call-ticket", daemon=True).start()

    def begin(self, talk: RealtimeSession) -> None:
        """Note the conversation; its sound is in the page."""
        self._talk = talk

    def end(self) -> None:
        """Let the page hang up."""
        self._talk, self.talking = None, False
        self._send({"type": "hang_up"})

    def key(self, *, down: bool) -> bool:
        """Begin or end what is said; what the server heard before does not belong to it."""
        self.talking = down
        if down and self._talk is not None:
            self._talk.post(self._talk.clear_input())
        return not down

    def take(self, _event: Any) -> None:  # noqa: ANN401 - any event of a session
        """Do nothing: nothing of it is sound."""

    def _ticket(self) -> None:
        try:
            ticket = call_ticket(self._config)
        except Exception as exc:  # noqa: BLE001 - said in the page: this thread has nobody to raise to
            self._failed(str(exc))
        else:
            self._send({"type": "call", "url": ticket.url, "secret": ticket.secret})
