"""What a run uses, counted while it runs: tokens and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents import Model, RunHooks

from nbagents.replay.wire.client import current_mode
from nbagents.run.cache.cached_model import CachedModel
from nbagents.run.model_name import model_name
from nbagents.tracing.measure.cost import known_price

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents import Agent, ModelResponse, RunContextWrapper

__all__ = ["Meter"]


class Meter(RunHooks[Any]):
    """Counts the model calls of one row.

    Args:
        spend: Told the tokens and the US dollars of each call; the dollars are None where they are not known.

    Attributes:
        tokens: Input and output tokens so far.
        cost: US dollars so far, or None when the price of a call was not known.
    """

    def __init__(self, spend: Callable[[int, float | None], None]) -> None:
        self._spend = spend
        self.tokens = 0
        self.cost: float | None = 0.0

    async def on_llm_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse
    ) -> None:
        """Count a call."""
        del context
        usage = response.usage
        if not usage.total_tokens:
            return  # nothing was used: it was answered from a cache, or not counted
        cached = usage.input_tokens_details.cached_tokens or 0
        tokens = (usage.input_tokens, cached, usage.output_tokens)
        cost = 0.0 if _answered_by_rule(agent) else known_price(model_name(agent.model), *tokens)
        self.tokens += usage.total_tokens
        self.cost = None if self.cost is None or cost is None else self.cost + cost
        self._spend(usage.total_tokens, cost)


def _answered_by_rule(agent: Agent[Any]) -> bool:
    """In mode offline a model that is only named is not asked; one that was given as such still is."""
    model = agent.model.inner if isinstance(agent.model, CachedModel) else agent.model
    return current_mode() == "offline" and not isinstance(model, Model)
