"""The chat panel: talk to an agent, watch its tools, stop it, go back on what was said, look at each turn's trace.

The protocol is written at the top of ``chat_panel.js``; this side of it:

===========================  ==============================================================
from the page                what is done
===========================  ==============================================================
``ready``                    everything is sent (``all``)
``send`` (text)              a turn begins
``stop``                     the turn that is under way stops
``edit`` (turn, text)        the session branches before a past message, and goes on
``switch`` (session_id)      a session that was gone back from is gone on with
``trace`` (trace_id)         the turn's trace is opened in a view of its own (``trace``)
===========================  ==============================================================
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents._displays import quiet
from nbagents._given import check_given, check_session
from nbagents._now import new_name
from nbagents._static_table import TO_TALK, many
from nbagents.errors import DisplayError
from nbagents.run.conversation import Conversation
from nbagents.run.turns import turns_html, turns_text
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.widgets.module import module_text
from nbagents.widgets.run.opened_traces import OpensTraces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents import Agent
    from agents.memory import Session

    from nbagents.widgets.live import Request

__all__ = ["ChatPanel", "chat"]

_SEND_EVERY_S = 0.05  # while text streams: more would only be drawn over


class ChatPanel(OpensTraces):
    """A conversation with an agent; ``chat(agent)`` makes one.

    Turns run in the event loop in which the panel was made, the notebook's own.

    Args:
        agent: The agent.
        session: Where the history is kept.

    Raises:
        DisplayError: There is no running event loop.
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))

    def __init__(self, agent: Agent[Any], session: Session) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError as exc:
            raise DisplayError(
                "a chat panel needs a running event loop; make it in a notebook cell or in an async function"
            ) from exc
        self._conversation = Conversation(agent, session, self._changed)
        self._stale: set[int] = set()
        self._wake: asyncio.TimerHandle | None = None
        self._handle: Any = None
        super().__init__()
        self._in_loop(self._conversation.load)

    @property
    def session(self) -> Session:
        """The session, or the branch that is gone on with."""
        return self._conversation.session

    def static_forms(self) -> tuple[str, str]:
        """Return what is left of it in a saved notebook: the conversation."""
        talk = self._conversation
        counted = many(len(talk.turns), "turn") if talk.turns else TO_TALK
        title = f"{talk.agent.name}   {talk.session.session_id}   {counted}"
        return turns_html(title, talk.turns), turns_text(title, talk.turns)

    def close(self) -> None:
        """Stop what is under way and let go of the traces that were opened."""
        with suppress(AttributeError, RuntimeError):  # it was never made, or its loop has ended
            self._in_loop(self._conversation.stop)
        super().close()

    def _ipython_display_(self) -> None:
        """Show it under a name, so that what is said later is in the saved notebook too."""
        from IPython.display import display

        data, _ = self._repr_mimebundle_()
        self._handle = display(data, raw=True, display_id=uuid.uuid4().hex)  # type: ignore[no-untyped-call]  # IPython's

    def _in_loop(self, work: Callable[[], object]) -> None:
        """Do something in the event loop; the page's requests come on any thread."""

        def quietly() -> None:
            """Work without strips: the panel is the display of these runs."""
            with quiet():
                work()

        self._loop.call_soon_threadsafe(quietly)

    def _changed(self, place: int | None) -> None:
        """Send what has changed, soon and together; in the event loop."""
        if place is None:
            self._send_all()
            self._settle()
            return
        self._stale.add(place)
        if self._wake is None:
            self._wake = self._loop.call_later(_SEND_EVERY_S, self._send_stale)

    def _send_stale(self) -> None:
        self._wake = None
        turns = self._conversation.turns
        stale, self._stale = self._stale, set()
        with self._lock:  # a turn must not be overtaken by an older "all"
            for place in sorted(stale):
                if place < len(turns):
                    self.send({"type": "turn", "place": place, "turn": turns[place].as_json()})
        self._settle()

    def _settle(self) -> None:
        """Leave the static form while no turn is under way."""
        if self._handle is not None and all(turn.state != "running" for turn in self._conversation.turns):
            data, _ = self._repr_mimebundle_()
            self._handle.update(data, raw=True)

    def _send_all(self) -> None:
        talk = self._conversation
        with self._lock:
            self.send(
                {
                    "type": "all",
                    "agent": talk.agent.name,
                    "session": talk.session.session_id,
                    "branches": [one.session_id for one in talk.branches],
                    "can_branch": talk.can_branch,
                    "turns": [turn.as_json() for turn in talk.turns],
                }
            )
            if talk.trouble:
                self.send({"type": "error", "about": {"type": "ready"}, "text": talk.trouble})

    def _on_ready(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._send_all()  # here and now: a cell that blocks holds up the event loop

    def _on_send(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        text = str(message["text"])
        self._in_loop(lambda: self._conversation.send(text))

    def _on_stop(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._in_loop(self._conversation.stop)

    def _on_edit(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        turn, text = int(message["turn"]), str(message["text"])
        self._in_loop(lambda: self._conversation.edit(turn, text))

    def _on_switch(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        name = str(message["session_id"])
        self._in_loop(lambda: self._conversation.switch(name))

    _requests: ClassVar[Mapping[str, Request]] = {
        **OpensTraces._requests,  # noqa: SLF001 - its own
        "ready": _on_ready,
        "send": _on_send,
        "stop": _on_stop,
        "edit": _on_edit,
        "switch": _on_switch,
    }


def chat(agent: Agent[Any], session: Session | None = None) -> ChatPanel:
    """Return a panel in which one talks to an agent.

    Answers stream, tool calls are cards, Esc stops, and each turn's trace is one click away. Editing a past
    message goes on from there in a branch of the session (where it is a ``SQLiteSession``); the old one stays.

    Args:
        agent: The agent.
        session: Where the history is kept, and goes on from; None is a new ``SQLiteSession`` in the file beside
            the notebook.

    Raises:
        ConfigError: The agent is none, or the session.
        DisplayError: There is no running event loop.

    Example:
        >>> from agents import Agent
        >>> chat(Agent(name="Support"))  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
            ...
        DisplayError: a chat panel needs a running event loop; make it in a notebook cell
    """
    from agents import Agent

    check_given("agent", agent, 'an agents.Agent, such as Agent(name="Support")', fits=isinstance(agent, Agent))
    if session is not None:
        check_session("session", session)
    return ChatPanel(agent, session if session is not None else SQLiteSession(f"chat-{new_name()}"))
