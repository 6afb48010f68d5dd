"""The agent's part of a turn, as a workflow of the SDK's voice pipeline."""

from __future__ import annotations

import asyncio
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from agents import Runner, get_current_trace
from agents.voice import VoiceWorkflowBase

from nbagents.voice.cut import WINDOW
from nbagents.voice.events import (
    VoiceStreamEventAgentResponse,
    VoiceStreamEventTool,
    VoiceStreamEventTranscription,
)
from nbagents.voice.turn import ToolCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from agents import Agent, RunResultStreaming
    from agents.memory import Session

    from nbagents.voice.events import VoiceStreamEvent
    from nbagents.voice.turn import VoiceTurn

__all__ = ["AgentWorkflow"]


class AgentWorkflow(VoiceWorkflowBase):
    """Runs an agent on what was said, and tells what happens.

    Args:
        agent: Who answers.
        session: The conversation.
        context: Passed to the agent's run.
        turn: Takes what happens down.
        tell: Is awaited with every event.

    Attributes:
        agent: Who answered last, after handoffs.
        before: The newest items of the session from before the turn, known once the agent is asked.
    """

    def __init__(
        self,
        agent: Agent[Any],
        session: Session,
        context: object,
        turn: VoiceTurn,
        tell: Callable[[VoiceStreamEvent], Awaitable[None]],
    ) -> None:
        self.agent = agent
        self._session = session
        self._context = context
        self._turn = turn
        self._tell = tell
        self.before: list[Any] = []
        self._reading: asyncio.Future[list[Any]] | None = None

    def begin(self) -> None:
        """Read the session, while it is recognised what was said."""
        self._reading = asyncio.ensure_future(self._session.get_items(WINDOW))

    def end(self) -> None:
        """Read no more; the turn is over. Of what reading failed with, nobody asks any more."""
        if self._reading is not None:
            self._reading.cancel()

    async def run(self, transcription: str) -> AsyncIterator[str]:
        """Answer what was said.

        Args:
            transcription: What was said; where nothing was understood, nothing is answered.

        Yields:
            The answer, piece by piece.
        """
        if self._reading is not None:
            self.before = await self._reading
        turn = self._turn
        trace = get_current_trace()
        turn.trace_id = trace.trace_id if trace is not None else None
        turn.text = transcription.strip()
        turn.reach("transcribed")
        await self._tell(VoiceStreamEventTranscription(turn.text, is_final=True))
        if not turn.text:
            return
        result = Runner.run_streamed(self.agent, turn.text, context=self._context, session=self._session)
        try:
            async for event in result.stream_events():
                async for piece in self._piece(event, result):
                    yield piece
        finally:
            await _end(result)
        self.agent = result.last_agent
        if not turn.answer and isinstance(result.final_output, str) and result.final_output:
            async for piece in self._say(result.final_output):
                yield piece

    async def _piece(self, event: Any, result: RunResultStreaming) -> AsyncIterator[str]:  # noqa: ANN401 - many kinds
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            self._turn.agent_name = result.current_agent.name
            async for piece in self._say(event.data.delta):
                yield piece
        elif event.type == "run_item_stream_event" and event.name in {"tool_called", "tool_output"}:
            await self._tool(event.item)

    async def _say(self, text: str) -> AsyncIterator[str]:
        self._turn.reach("first token")
        self._turn.answer += text
        await self._tell(VoiceStreamEventAgentResponse(text, self._turn.agent_name or self.agent.name))
        yield text

    async def _tool(self, item: Any) -> None:  # noqa: ANN401 - a ToolCallItem or its output
        raw = item.raw_item if isinstance(item.raw_item, dict) else item.raw_item.model_dump()
        call_id, tools = raw.get("call_id") or raw.get("id") or "", self._turn.tools
        at = next((n for n, call in enumerate(tools) if call.call_id == call_id), len(tools))
        if at == len(tools):
            tools.append(ToolCall(call_id, raw.get("name") or raw.get("type", ""), raw.get("arguments") or ""))
        if item.type == "tool_call_output_item":
            tools[at] = replace(tools[at], output=str(item.output))
        await self._tell(VoiceStreamEventTool(*astuple(tools[at])))


async def _end(result: RunResultStreaming) -> None:
    """End a run that nobody listens to any more, and wait until it has: it may be writing to the session."""
    if not result.is_complete:
        result.cancel()
    if result.run_loop_task is not None:
        await asyncio.wait({result.run_loop_task})
