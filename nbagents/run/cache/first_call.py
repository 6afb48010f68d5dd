"""What an agent would ask its model first, found by letting the SDK's own runner ask it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, NoReturn

from agents import Agent, Model, RunConfig, Runner

from nbagents.run.cache.key import ModelCall

if TYPE_CHECKING:
    from agents import TResponseInputItem

__all__ = ["first_call"]


class _AskedError(Exception):
    """Ends the run as soon as the model is asked."""

    def __init__(self, call: ModelCall) -> None:
        super().__init__("asked")
        self.call = call


class _Ear(Model):
    """A model that only hears what it is asked."""

    async def get_response(self, *asked: Any, **state: Any) -> NoReturn:  # noqa: ANN401 - see ModelCall
        """End the run with what was asked."""
        raise _AskedError(ModelCall(*asked, **state))

    def stream_response(self, *_asked: Any, **_state: Any) -> NoReturn:  # noqa: ANN401 - likewise
        """Never called: ``first_call`` does not stream."""
        raise NotImplementedError


async def first_call(agent: Agent[Any], question: str | list[TResponseInputItem]) -> ModelCall:
    """Return the first call that ``Runner.run(agent, question)`` would make; no model and no guardrail is asked.

    Args:
        agent: The agent.
        question: Its input.
    """
    values = {field.name: getattr(agent, field.name) for field in fields(Agent)}
    values |= {"model": _Ear(), "input_guardrails": [], "hooks": None}
    try:
        await Runner.run(Agent(**values), question, run_config=RunConfig(tracing_disabled=True))
    except _AskedError as asked:
        return asked.call
    raise AssertionError("a run ended without asking its model")
