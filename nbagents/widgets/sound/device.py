"""What the microphone and the loudspeaker share in the kernel: which page has the device, and how it is there.

The page's side is ``device.js``. Several pages may show one notebook; one of them at a time has the device.

===================================================  ================================================
from the page                                        what is done
===================================================  ================================================
``status`` (client, state, reason, text, devices)    kept; who waits is told. A page that says ``live``
                                                     has the device from then on
===================================================  ================================================

To the page go ``leave`` (client), when another page has the device now, and ``known``, the answer to ``ready``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import traitlets

from nbagents._loops import call_soon
from nbagents._static_table import folding
from nbagents.errors import AudioDeviceError
from nbagents.widgets.live import LiveWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.widgets.live import Request

__all__ = ["PAGE_SECONDS", "AudioDevice", "Device", "State", "subscribe"]

PAGE_SECONDS = 10.0  # how long a page is waited for; a person who is asked for permission may take longer

State: TypeAlias = Literal["off", "asking", "click", "live", "elsewhere", "failed"]
"""off; asking for permission; waiting for a click in the page; live; in another tab; failed."""

Unsubscribe = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone or loudspeaker of the machine that shows the page.

    Attributes:
        id: What the browser calls it; empty for its default.
        name: What a person calls it; empty until the browser was allowed to tell.
    """

    id: str
    name: str


class AudioDevice(LiveWidget):
    """The part of ``Microphone`` and ``Speaker`` that is the same."""

    running = traitlets.Bool(default_value=False).tag(sync=True)
    device = traitlets.Unicode().tag(sync=True)

    _WHAT: ClassVar[str] = ""

    def __init__(self, unknown: Mapping[str, object], **traits: object) -> None:
        self._client: str | None = None
        self._devices: tuple[Device, ...] = ()
        self._state: State = "off"
        self._problem: AudioDeviceError | None = None
        self._watchers: list[Callable[[], None]] = []
        super().__init__(unknown, **traits)

    @property
    def state(self) -> State:
        """How it is: ``off``, ``asking``, ``click``, ``live``, ``elsewhere`` or ``failed``."""
        return self._state

    @property
    def problem(self) -> AudioDeviceError | None:
        """Why it cannot be used, and what to do, or None."""
        return self._problem

    @property
    def devices(self) -> tuple[Device, ...]:
        """The devices that the page offers; choose one by setting ``device`` to its id."""
        return self._devices

    def start(self) -> None:
        """Turn it on, in the page that shows the notebook; the browser may ask for permission."""
        self.running = True

    def stop(self) -> None:
        """Turn it off; the browser's sign that it is in use goes away."""
        self.running = False

    async def ready(self) -> None:
        """Turn it on and wait until it is live.

        Raises:
            AudioDeviceError: It cannot be used; ``reason`` says why, and the message what to do.
        """
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        unsubscribe = self._watch(lambda: call_soon(loop, changed.set))
        try:
            self.start()
            while self._state != "live":
                self._raise_problem()
                patience = PAGE_SECONDS if self._client is None and self._state == "off" else None
                await asyncio.wait_for(changed.wait(), patience)
                changed.clear()
        except TimeoutError as exc:
            raise AudioDeviceError(
                f"no page has answered for {PAGE_SECONDS:.0f} s: the {self._WHAT} is that of the browser that"
                " shows this notebook; open it in JupyterLab, and reload the page if it is open",
                reason="no-page",
            ) from exc
        finally:
            unsubscribe()

    def static_forms(self) -> tuple[str, str]:
        """Return one line that says what was here."""
        text = f"{self._WHAT.capitalize()}   {self._state}   run this cell in JupyterLab to use it"
        return folding(text, ""), text

    def _raise_problem(self) -> None:
        if self._state == "failed" and self._problem is not None:
            raise AudioDeviceError(str(self._problem), reason=self._problem.reason)

    def _watch(self, callback: Callable[[], None]) -> Unsubscribe:
        return subscribe(self._watchers, callback)

    def _on_ready(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.send({"type": "known"})

    def _on_status(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        client, state = str(message["client"]), message["state"]
        with self._lock:
            before = self._client
            if before not in {None, client} and state != "live":
                return  # a page that does not have the device speaks for itself alone
            self._client = {"live": client, "off": None}.get(state, before)
            self._state = state
            self._devices = tuple(Device(str(each["id"]), str(each["name"])) for each in message["devices"])
            failed = state == "failed"
            self._problem = AudioDeviceError(message["text"], reason=message["reason"]) if failed else None
        if state == "live" and before != client:
            if before is not None:
                self.send({"type": "leave", "client": before})
            self._moved()
        for watcher in list(self._watchers):
            watcher()

    def _moved(self) -> None:
        """Do what a page that has just got the device needs."""

    _requests: ClassVar[Mapping[str, Request]] = {"ready": _on_ready, "status": _on_status}


def subscribe(callbacks: list[Any], callback: Callable[..., None]) -> Unsubscribe:
    """Add a callback, and return what takes it away again, once or more often."""
    callbacks.append(callback)

    def unsubscribe() -> None:
        """Take the callback away, where it is still there."""
        if callback in callbacks:
            callbacks.remove(callback)

    return unsubscribe
