"""An agent that asks its model once: the same call again is answered with what the model said before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from agents import Agent, ModelResponse, TContext, Usage
from agents.models import get_default_model_settings
from openai.types.responses import ResponseOutputMessage, ResponseOutputText

from nbagents._given import check_positive, path_of
from nbagents._sqlite import default_path
from nbagents.run.cache.cached_model import CachedModel, ResponseCache
from nbagents.run.cache.first_call import first_call
from nbagents.run.cache.frozen import freeze_response, thaw_response
from nbagents.tracing.measure.cost import known_price

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from agents import TResponseInputItem

__all__ = ["CacheInfo", "CachedAgent"]


class CacheInfo(NamedTuple):
    """How much use a cache has been since it was made or cleared.

    Attributes:
        hits: Calls that were answered from it.
        misses: Calls that the model answered.
        size: Answers that are in it.
        tokens_saved: Input and output tokens of the hits.
        usd_saved: What the hits would have cost in US dollars, or None where a price is not known.
    """

    hits: int
    misses: int
    size: int
    tokens_saved: int
    usd_saved: float | None


@dataclass
class CachedAgent(Agent[TContext]):
    """An ``agents.Agent`` whose model calls are answered from a cache when the same has been asked before.

    Two calls are the same when their canonical requests are, as in a cassette. Each call of a run is looked up by
    itself, tools run for real, and streams replay as streams. Of identical calls at once one is made and the
    others wait. An error is never kept, nor an answer that holds a secret in a file. A call that is to be sampled
    afresh is marked with ``ModelSettings(extra_headers={"Cache-Control": "no-store"})``. An answer from the cache
    has used no tokens, and is a span named after the model and ``(cached)``.

    A model that is named in ``RunConfig`` takes the agent's place, and is not cached.

    Args:
        cache_size: How many answers are kept; the least recently used goes first.
        ttl: Seconds an answer is good for; None is for ever.
        path: The SQLite file in which answers survive the kernel: True is the one beside the notebook, None keeps
            them in memory. Agents of one name share them.

    Raises:
        ConfigError: ``cache_size`` or ``ttl`` is not above 0.
        StoreOpenError: The file cannot be used.

    Example:
        >>> agent = CachedAgent(name="Translator", instructions="Translate to French.", cache_size=500)
        >>> agent.cache_info()
        CacheInfo(hits=0, misses=0, size=0, tokens_saved=0, usd_saved=0.0)
    """

    cache_size: int = field(default=100, kw_only=True)
    ttl: float | None = field(default=None, kw_only=True)
    path: Path | str | Literal[True] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_positive(cache_size=self.cache_size, ttl=self.ttl)
        if isinstance(self.model, CachedModel):  # of the agent that this one is a clone of
            self.model = self.model.inner
        super().__post_init__()  # type: ignore[no-untyped-call]  # the SDK's
        path = default_path() if self.path is True else self.path
        self._cache = ResponseCache(
            self.name, self.cache_size, self.ttl, None if path is None else path_of("path", path)
        )
        self.model = self.model  # from now on cached

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - any attribute
        if name == "model" and "_cache" in self.__dict__ and not isinstance(value, CachedModel):
            value = CachedModel(value, self._cache)
        super().__setattr__(name, value)

    def clone(self, **kwargs: Any) -> CachedAgent[TContext]:  # noqa: ANN401 - the SDK's signature
        """Return a copy with some arguments changed; it has a cache of its own, or shares the file's.

        Args:
            kwargs: What is changed.
        """
        model = kwargs.get("model")
        own = "model_settings" in kwargs or self.model_settings != get_default_model_settings(
            self._cached_model.model
        )
        if isinstance(model, str) and not own:  # as the SDK does: settings that came with a model go with it
            kwargs["model_settings"] = get_default_model_settings(model)
        return cast("CachedAgent[TContext]", super().clone(**kwargs))

    async def get_cached_response(self, input: str | list[TResponseInputItem]) -> ModelResponse | None:  # noqa: A002 - as in Runner.run
        """Return the kept answer to the first call of ``Runner.run(agent, input)``, or None; nothing is asked.

        Args:
            input: The run's input.
        """
        entry = self._cache.entries.get(await self._first_key(input))
        return None if entry is None else thaw_response(entry.answer)

    async def cache_response(self, input: str | list[TResponseInputItem], response: str | ModelResponse) -> None:  # noqa: A002 - as in Runner.run
        """Keep an answer to the first call of ``Runner.run(agent, input)``, as though the model had given it.

        Args:
            input: The run's input.
            response: What the model is to have said.
        """
        answer = _message(response) if isinstance(response, str) else response
        entry = self._cached_model.entry(freeze_response(answer), answer.usage)
        self._cache.keep(await self._first_key(input), entry)

    def cache_info(self) -> CacheInfo:
        """Return hits, misses, size, and what was saved."""
        hits = self._cache.hits
        prices = [known_price(e.model, e.input_tokens, e.cached_tokens, e.output_tokens) for e in hits]
        return CacheInfo(
            hits=hits.total(),
            misses=self._cache.misses,
            size=len(self._cache.entries),
            tokens_saved=sum((e.input_tokens + e.output_tokens) * times for e, times in hits.items()),
            usd_saved=None
            if None in prices
            else math.fsum((price or 0) * times for price, times in zip(prices, hits.values(), strict=True)),
        )

    def cache_clear(self) -> None:
        """Forget every answer, and start counting anew."""
        self._cache.entries.clear()
        self._cache.hits.clear()
        self._cache.misses = 0

    def bypass(self) -> AbstractContextManager[None]:
        """Return a context in which calls go to the model and their answers are not kept.

        Example:
            >>> agent = CachedAgent(name="Poet")
            >>> with agent.bypass():
            ...     pass  # await Runner.run(agent, "Another one, please.")
        """
        return self._cache.bypass()

    @property
    def _cached_model(self) -> CachedModel:
        model = self.model
        assert isinstance(model, CachedModel)  # noqa: S101 - see __setattr__
        return model

    async def _first_key(self, question: str | list[TResponseInputItem]) -> str:
        return self._cached_model.key(await first_call(self, question), stream=False)


def _message(text: str) -> ModelResponse:
    part = ResponseOutputText(type="output_text", text=text, annotations=[])
    message = ResponseOutputMessage(
        id="msg_cached", type="message", role="assistant", status="completed", content=[part]
    )
    return ModelResponse(output=[message], usage=Usage(), response_id=None)
