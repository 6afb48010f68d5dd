"""What the panels one talks in share: microphone and loudspeaker, paced news, a static form that keeps up.

The page's side is ``talk.js``. To the page goes ``news`` (reset, state, and what is new); from it, beside what
a panel adds, come ``stop`` (the page is silent already), ``talk`` (down): push-to-talk, and ``hands_free`` (on).
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbagents.widgets.live import LiveWidget
from nbagents.widgets.sound.microphone import Microphone
from nbagents.widgets.sound.speaker import Speaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.widgets.live import Request

__all__ = ["TalkPanel"]

_PAINT_S = 0.04  # between two messages to the page: it is a caption, not an oscilloscope


class TalkPanel(LiveWidget):
    """A panel one talks in. A subclass calls ``_open_devices`` first and ``__init__`` last.

    Attributes:
        microphone: The page's microphone.
        speaker: The page's loudspeaker.
    """

    microphone_id = traitlets.Unicode().tag(sync=True)
    speaker_id = traitlets.Unicode().tag(sync=True)

    microphone: Microphone
    speaker: Speaker

    def __init__(self, unknown: Mapping[str, object]) -> None:
        self._cell = contextvars.copy_context()  # traces and displays belong to the cell that made the panel
        self._shown = False
        self._reset = True  # whether the page forgets what it was told before
        self._painting = False  # a message to the page is on its way
        self._painted_at = 0.0
        super().__init__(unknown, microphone_id=self.microphone.view_id, speaker_id=self.speaker.view_id)

    def close(self) -> None:
        """Turn microphone and loudspeaker off, and end the widget."""
        for device in (vars(self).get("microphone"), vars(self).get("speaker")):
            if device is not None:  # else an argument was wrong, and there is nothing to end
                device.close()
        super().close()

    def _open_devices(self) -> None:
        self.microphone, self.speaker = Microphone(), Speaker()

    def _state(self) -> dict[str, Any]:
        """Return how it stands, for the page."""
        raise NotImplementedError

    def _news(self, *, reset: bool) -> dict[str, Any]:
        """Return what the page was not told yet, or all."""
        raise NotImplementedError

    def _paint_soon(self) -> None:
        """Tell the page what is new: at once, though not again before a while; on no thread that must not wait."""
        with self._lock:
            if self._painting:
                return
            self._painting = True
            pause = max(0.0, self._painted_at + _PAINT_S - time.monotonic())
        timer = threading.Timer(pause, self._paint)
        timer.daemon = True
        timer.start()

    def _paint(self) -> None:
        with self._lock:
            self._painting, self._painted_at = False, time.monotonic()
            reset, self._reset = self._reset, False
            self.send({"type": "news", "reset": reset, "state": self._state(), **self._news(reset=reset)})

    def _ipython_display_(self, **_options: object) -> None:
        """Show it under a name, so that what is said later is in the saved notebook too."""
        self._shown = True
        self._publish(update=False)

    def _renew_static_form(self) -> None:
        if self._shown:
            self._cell.copy().run(self._publish, update=True)

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data, _ = self._repr_mimebundle_()
        publish_display_data(  # type: ignore[no-untyped-call]  # IPython's
            data, transient={"display_id": self.view_id}, update=update
        )

    def _on_ready(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._reset = True
        self._paint()

    _requests: ClassVar[Mapping[str, Request]] = {"ready": _on_ready}
