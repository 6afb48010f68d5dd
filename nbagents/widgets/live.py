"""What every widget of nbagents shares in the kernel: requests answered on any thread, and a static form.

The page's side is ``live.js``. A widget is a class of its own with a table of what the page may ask:

==============  ===================================================================================
from the page   what is done
==============  ===================================================================================
``ready``       everything is sent (when a page starts, and when the kernel came back); a page that was
                not answered asks again, by the same name (asking), and is answered once
others          as the widget's ``_requests`` says
==============  ===================================================================================

A request that fails is answered with ``{type: "error", about, text}``, ``about`` being the request.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import anywidget
import traitlets

from nbagents._location import current_environment, locate
from nbagents.errors import ConfigError
from nbagents.widgets.bundle import mime_bundle

__all__ = ["LiveWidget", "Request"]

Request = Callable[[Any, dict[str, Any], list[memoryview]], None]
"""How a widget answers one kind of message: itself, the message and its buffers."""


class LiveWidget(anywidget.AnyWidget):
    """A widget that shows itself in place of its static form while its kernel lives.

    Every method may be called on any thread, and the page's requests are answered on whichever thread they arrive:
    from the end of ``__init__`` on, so that a widget calls it last.

    Args:
        unknown: Keyword arguments that the widget does not have.
        traits: First values of its synced traits.

    Raises:
        ConfigError: There are unknown arguments.
    """

    view_id = traitlets.Unicode().tag(sync=True)

    _KNOWN: ClassVar[tuple[str, ...]] = ()
    _requests: ClassVar[Mapping[str, Request]] = {}

    def __init__(self, unknown: Mapping[str, object] | None = None, **traits: Any) -> None:  # noqa: ANN401 - any trait
        for name, value in (unknown or {}).items():
            known = ", ".join(self._KNOWN)
            raise ConfigError(
                f"{type(self).__name__} has no argument {name!r}; it has: {known}", name=name, value=value
            )
        self._lock = threading.RLock()
        self._answered: set[object] = set()  # what pages have asked for that they were sent
        super().__init__(view_id=uuid.uuid4().hex, **traits)
        _answer_in_blocked_cells(self.comm)
        self.on_msg(self._receive)

    def open(self) -> None:
        """Open the way to a page where there is one: a program that runs the notebook would save the widget."""
        if locate(current_environment()).live:
            super().open()

    def close(self) -> None:
        """Let go of it, and of the layout that ipywidgets made for it, which would stay with the kernel."""
        layout = self.layout if self.comm is not None else None
        super().close()
        if layout is not None:
            layout.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # a layout asks for it, and must not be kept waiting by a file

    def static_forms(self) -> tuple[str, str]:
        """Return what is left of it in a saved notebook: HTML without a script, and the same facts as text."""
        raise NotImplementedError

    def _receive(self, _widget: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        asking = message.get("asking")
        if asking in self._answered:
            return
        try:
            self._requests[message["type"]](self, message, buffers)
            if asking is not None:
                self._answered.add(asking)
        except Exception as exc:  # noqa: BLE001 - what fails is said in the page; a handler has nobody to raise to
            self.send({"type": "error", "about": message, "text": f"{type(exc).__name__}: {exc}"})

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        html, text = self.static_forms()
        return mime_bundle(self, html, text, locate(current_environment()).frontend), {}


def _answer_in_blocked_cells(comm: Any) -> None:  # noqa: ANN401 - whatever kind of comm this kernel has
    """Keep requests where they were sent: ipykernel 7.4 else moves them to a thread that a cell may block."""
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 - there is no public way
