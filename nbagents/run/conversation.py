"""A conversation with an agent, turn by turn: streamed, stopped, and gone back on, which branches its session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agents import Runner, gen_trace_id, trace
from agents.tracing.scope import Scope  # there is no public way to leave a trace that somebody else began

from nbagents._now import seconds
from nbagents.run.turns import Entry, Turn, turns_of
from nbagents.sessions.sqlite.branching import Branching

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents import Agent, RunResultStreaming
    from agents.memory import Session

__all__ = ["Conversation"]


class Conversation:
    """Turns of one agent in one session; used in one event loop.

    Args:
        agent: The agent.
        session: Where the history is kept.
        changed: Called with the position of a turn that is new or changed, None when all may be.

    Attributes:
        session: The session, or the branch that is gone on with.
        turns: What was said so far.
        branches: The sessions that were gone back from, the newest last.
        trouble: Why the history could not be read, or empty.
    """

    def __init__(self, agent: Agent[Any], session: Session, changed: Callable[[int | None], None]) -> None:
        self.agent = agent
        self.session = session
        self.turns: list[Turn] = []
        self.branches: list[Session] = []
        self.trouble = ""
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self._task is not None and not self._task.done()

    @property
    def can_branch(self) -> bool:
        """Whether a past message can be edited."""
        return isinstance(self.session, Branching)

    def load(self) -> None:
        """Read the history that the session has; what is said meanwhile waits for it."""
        self._loading = asyncio.get_running_loop().create_task(self._load())

    def send(self, text: str) -> None:
        """Say something; does nothing while a turn is under way."""
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._turn(text))

    def stop(self) -> None:
        """Stop the turn that is under way; what it has said stays on the page."""
        if self._task is not None:
            self._task.cancel()

    def edit(self, turn: int, text: str) -> None:
        """Say something else in place of a past message: a branch of the session goes on from there.

        Args:
            turn: The message's turn.
            text: What is said now.
        """
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._again(turn, text))

    def switch(self, session_id: str) -> None:
        """Go on with a session that was gone back from.

        Args:
            session_id: Its name.
        """
        found = [one for one in self.branches if one.session_id == session_id]
        if found and not self.running:
            self.branches = [one for one in self.branches if one is not found[0]] + [self.session]
            self.session = found[0]
            self.load()

    async def _load(self) -> None:
        try:
            self.turns, self.trouble = turns_of(await self.session.get_items()), ""
        except Exception as exc:  # noqa: BLE001 - any session's code; it is said on the page
            self.turns, self.trouble = [], f"the history cannot be read: {type(exc).__name__}: {exc}"
        self._changed(None)

    async def _again(self, turn: int, text: str) -> None:
        try:
            branch = await self._branch(self.turns[turn].first)
        except Exception as exc:  # noqa: BLE001 - it is said on the page, where the edit was wanted
            self.turns[turn].error = f"{type(exc).__name__}: {exc}"
            self._changed(turn)
            return
        self.branches.append(self.session)
        self.session = branch
        self.turns = self.turns[:turn]
        self._changed(None)
        await self._turn(text)

    async def _branch(self, items: int) -> Session:
        session = self.session
        assert isinstance(session, Branching)  # noqa: S101 - the page offers it only then
        known = set((await session.branches())["session_id"])
        root = session.session_id.rpartition("~")[0] or session.session_id
        name = next(f"{root}~{n}" for n in range(2, len(known) + 3) if f"{root}~{n}" not in known)
        ids = (await session.to_frame())["id"].tolist()
        branch: Session = await session.branch(name, at=ids[max(0, items - 1)])
        if items == 0:
            await branch.clear_session()  # a branch begins with an item; this one begins before the first
        return branch

    async def _turn(self, text: str) -> None:
        if self._loading is not None:
            await asyncio.wait([self._loading])
        place, turn = len(self.turns), Turn(text, 0, state="running", trace_id=gen_trace_id())
        self.turns.append(turn)
        self._changed(place)
        began = seconds()
        try:
            await self._answer(turn, place)
            turn.state = "done"
        except asyncio.CancelledError:
            turn.state = "stopped"
        except Exception as exc:  # noqa: BLE001 - a turn that fails is said on the page, and the next may be tried
            turn.state, turn.error = "error", f"{type(exc).__name__}: {exc}"
        turn.seconds = seconds() - began
        self._changed(place)

    async def _answer(self, turn: Turn, place: int) -> None:
        turn.first = len(await self.session.get_items())
        Scope.set_current_trace(None)
        Scope.set_current_span(None)
        try:
            with trace(f"chat: {self.agent.name}", turn.trace_id, self.session.session_id):
                result = Runner.run_streamed(self.agent, turn.asked, session=self.session)
                await self._follow(result, turn, place)
        except BaseException:
            await self._drop_open_calls()
            raise

    async def _follow(self, result: RunResultStreaming, turn: Turn, place: int) -> None:
        try:
            async for event in result.stream_events():
                _take(event, turn, result.current_agent.name)
                self._changed(place)
        except asyncio.CancelledError:
            result.cancel()
            raise
        finally:
            turn.tokens = result.context_wrapper.usage.total_tokens

    async def _drop_open_calls(self) -> None:
        """A call without an output would be refused by the API in the next turn."""
        while items := await self.session.get_items(1):
            kind = items[-1].get("type")
            if kind not in {"function_call", "reasoning"}:
                return
            await self.session.pop_item()


def _take(event: Any, turn: Turn, agent: str) -> None:  # noqa: ANN401 - the SDK's union of events
    if event.type == "raw_response_event":
        if event.data.type == "response.output_text.delta":
            turn.write(event.data.delta, agent)
    elif event.type == "run_item_stream_event":
        item = event.item
        if item.type == "tool_call_item" and item.raw_item.type == "function_call":
            turn.call(item.raw_item.name, item.raw_item.arguments, item.raw_item.call_id)
        elif item.type == "tool_call_output_item":
            turn.answer(item.raw_item["call_id"], item.output)
        elif item.type == "handoff_output_item":
            turn.entries.append(Entry("note", f"{item.source_agent.name} → {item.target_agent.name}"))
