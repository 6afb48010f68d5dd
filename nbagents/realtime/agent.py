"""A realtime agent, and how a conversation with it is started."""

from __future__ import annotations

from inspect import isroutine
from typing import TYPE_CHECKING, Any

from agents.realtime import RealtimeAgent as SDKAgent

from nbagents._given import check_given
from nbagents.errors import ConfigError
from nbagents.realtime.config import RealtimeConfig
from nbagents.realtime.session import RealtimeSession
from nbagents.realtime.target import target
from nbagents.replay.realtime import realtime_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agents import Tool
    from agents.realtime import RealtimeModel, RealtimeRunConfig

__all__ = ["RealtimeAgent"]


class RealtimeAgent:
    """An agent one talks to.

    Args:
        name: Its name.
        instructions: What it is told to do; a string, or a function as the SDK takes it.
        config: Model, voice and formats.
        tools: Functions it may call.
        handoffs: Agents it may hand the conversation to, of ours or of the SDK.
        sdk_agent: A realtime agent of the SDK to be used instead of one made from the other arguments.
        make_model: Makes the SDK's ``RealtimeModel`` of a connection; None is OpenAI's over WebSocket.
        run_config: The SDK's settings of a run, such as output guardrails.

    Raises:
        ConfigError: An argument that cannot be used.

    Example:
        >>> agent = RealtimeAgent("Weather", "Say how the weather is.", RealtimeConfig(voice="ash"))
        >>> agent.sdk_agent.name
        'Weather'
    """

    def __init__(  # noqa: PLR0913 - the design's signature
        self,
        name: str | None = None,
        instructions: Any = None,  # noqa: ANN401 - a string or one of the SDK's kinds of functions
        config: RealtimeConfig | None = None,
        tools: Sequence[Tool] | None = None,
        handoffs: Sequence[Any] | None = None,
        *,
        sdk_agent: SDKAgent[Any] | None = None,
        make_model: Callable[[], RealtimeModel] | None = None,
        run_config: RealtimeRunConfig | None = None,
    ) -> None:
        if sdk_agent is not None:
            wanted = "an nbagents.RealtimeAgent, or one of agents.realtime as sdk_agent"
            check_given("agent", sdk_agent, wanted, fits=isinstance(sdk_agent, SDKAgent))
        self.config = config if config is not None else RealtimeConfig()
        check_given("config", config, "an nbagents.RealtimeConfig", fits=isinstance(self.config, RealtimeConfig))
        self.sdk_agent = sdk_agent if sdk_agent is not None else _made(name, instructions, tools, handoffs)
        self._make_model = make_model
        self._run_config = run_config
        if sdk_agent is not None and any(given is not None for given in (name, instructions, tools, handoffs)):
            raise ConfigError(
                "sdk_agent brings its own name, instructions, tools and handoffs; leave these out",
                name="sdk_agent",
                value=sdk_agent,
            )

    def __repr__(self) -> str:
        return f"RealtimeAgent({self.name!r}, model={self.config.model!r})"

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.sdk_agent.name

    def start_realtime_session(
        self,
        context: Any = None,  # noqa: ANN401 - the user's own
        *,
        session: Any = None,  # noqa: ANN401 - whatever satisfies the SDK's session protocol
        reported: bool = False,
        call_id: str | None = None,
    ) -> RealtimeSession:
        """Start a conversation; ``async with`` it, then ``async for`` its events.

        Args:
            context: What tools get as their context.
            session: Where the conversation is stored, such as ``SQLiteSession("talk")``.
            reported: Whether somebody will report what was played, with ``report_played``.
            call_id: A call that a browser made by WebRTC, to be attached to: only its sound does not come here.

        Returns:
            The conversation; it connects when it is entered or first iterated.
        """
        return RealtimeSession(
            self.sdk_agent,
            self.config,
            context=context,
            connection=lambda: target(self.config, call_id),
            make_model=self._make_model or _model_of_the_mode,
            run_config=self._run_config,
            reported=reported,
            keep_in=session,
        )


def _made(name: str | None, instructions: Any, tools: Any, handoffs: Any) -> SDKAgent[Any]:  # noqa: ANN401 - see RealtimeAgent
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"name={name!r}: give the agent a name", name="name", value=name)
    tools = () if tools is None else tools
    wanted = "function tools in a list, such as [lookup] with @function_tool above lookup"
    check_given("tools", tools, wanted, fits=not isinstance(tools, str) and not any(map(isroutine, tools)))
    return SDKAgent(
        name=name,
        instructions=instructions,
        tools=list(tools),
        handoffs=[getattr(agent, "sdk_agent", agent) for agent in handoffs or ()],
    )


def _model_of_the_mode() -> RealtimeModel:
    """Return OpenAI's model over WebSocket, recorded or replayed where the mode says so."""
    from agents.realtime.openai_realtime import OpenAIRealtimeWebSocketModel

    return realtime_model(offline=OpenAIRealtimeWebSocketModel)
