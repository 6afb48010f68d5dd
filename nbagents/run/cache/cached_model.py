"""A model whose answers are kept: the same call is made once, and answered from the cache from then on."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from agents import Model, MultiProvider, custom_span
from openai.types.responses import ResponseCompletedEvent

from nbagents.run.cache.entries import Entries, Entry
from nbagents.run.cache.frozen import freeze_events, freeze_response, thaw_events, thaw_response
from nbagents.run.cache.key import KeyMaker, ModelCall
from nbagents.run.model_name import model_name

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
    from pathlib import Path

    from agents import ModelResponse, ModelTracing, Usage
    from agents.items import TResponseStreamEvent
    from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest
    from openai.types.responses import ResponseUsage

__all__ = ["CachedModel", "ResponseCache"]

AnswerT = TypeVar("AnswerT")

_bypassed: ContextVar[frozenset[int]] = ContextVar("nbagents_bypassed_caches", default=frozenset())


class ResponseCache:
    """The answers of one agent's model, and how often they were of use.

    Args:
        name: Which cache; several share a file.
        size: How many answers it holds at most.
        ttl: Seconds an answer lives; None is for ever.
        path: The SQLite file; None keeps them in memory.
    """

    def __init__(self, name: str, size: int, ttl: float | None, path: Path | None) -> None:
        self._made_of = (name, size, ttl, path)
        self._keep = path is not None
        self._locks: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = weakref.WeakValueDictionary()
        self.keys = KeyMaker()
        self.entries = Entries(name, size=size, ttl=ttl, path=path)
        self.hits: Counter[Entry] = Counter()
        self.misses = 0

    def __reduce__(self) -> tuple[Any, ...]:
        name, size, ttl, _path = self._made_of
        return ResponseCache, (name, size, ttl, None)  # in another process: the file may not be there

    @property
    def bypassed(self) -> bool:
        """Whether calls made here and now pass by the cache."""
        return id(self) in _bypassed.get()

    @contextmanager
    def bypass(self) -> Iterator[None]:
        """Let calls inside pass by the cache; those of other tasks do not."""
        token = _bypassed.set(_bypassed.get() | {id(self)})
        try:
            yield
        finally:
            _bypassed.reset(token)

    def alone(self, key: str) -> asyncio.Lock:
        """Return the lock under which a call is made, so that an identical one waits for its answer."""
        place = (id(asyncio.get_running_loop()), key)
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        return lock

    def look_up(self, key: str, thaw: Callable[[str], AnswerT]) -> tuple[AnswerT, Entry] | None:
        """Return an answer and its entry, and count whether it was there; one that cannot be read was not."""
        entry = self.entries.get(key)
        if entry is not None:
            try:
                answer = thaw(entry.answer)
            except ValueError:
                self.entries.drop(key)
            else:
                self.hits[entry._replace(answer="")] += 1
                return answer, entry
        self.misses += 1
        return None

    def keep(self, key: str, entry: Entry) -> None:
        """Keep an answer; one that holds a secret stays out of a file."""
        if not (self._keep and self.keys.holds_secret(entry.answer)):
            self.entries.put(key, entry)


class CachedModel(Model):
    """A model that answers from a cache where it can.

    Args:
        model: The model that is asked: its name, the model itself, or None for the SDK's default.
        cache: Where answers are kept.
    """

    def __init__(self, model: str | Model | None, cache: ResponseCache) -> None:
        self.inner = model
        self._cache = cache

    @property
    def model(self) -> str:
        """The model's name."""
        return model_name(self.inner)

    def key(self, call: ModelCall, *, stream: bool) -> str:
        """Return the key under which the answer to a call is kept."""
        return self._cache.keys.key(call, self.model, stream=stream)

    async def get_response(self, *asked: Any, **state: Any) -> ModelResponse:  # noqa: ANN401 - see ModelCall
        """Answer from the cache, or ask the model and keep its answer.

        Args:
            asked: What ``agents.Model`` takes.
            state: Likewise.
        """
        call = ModelCall(*asked, **state)
        if self._passes_by(call):
            return await call.ask(self._model())
        key = self.key(call, stream=False)
        async with self._cache.alone(key):
            found = self._cache.look_up(key, thaw_response)
            if found is not None:
                answer, entry = found
                self._note(entry, call.tracing)
                return answer
            response = await call.ask(self._model())
            self._cache.keep(key, self.entry(freeze_response(response), response.usage))
            return response

    async def stream_response(self, *asked: Any, **state: Any) -> AsyncIterator[TResponseStreamEvent]:  # noqa: ANN401 - see ModelCall
        """Replay a stream from the cache, or pass on the model's and keep it when it ends well.

        Args:
            asked: What ``agents.Model`` takes.
            state: Likewise.
        """
        call = ModelCall(*asked, **state)
        source = self._fresh if self._passes_by(call) else self._kept
        async with aclosing(source(call)) as events:
            async for event in events:
                yield event

    async def _fresh(self, call: ModelCall) -> AsyncGenerator[TResponseStreamEvent]:
        async with aclosing(call.stream(self._model())) as events:
            async for event in events:
                yield event

    async def _kept(self, call: ModelCall) -> AsyncGenerator[TResponseStreamEvent]:
        key = self.key(call, stream=True)
        async with self._cache.alone(key):
            found = self._cache.look_up(key, thaw_events)
            if found is not None:
                answer, entry = found
                self._note(entry, call.tracing)
                for event in answer:
                    yield event
                return
            heard: list[TResponseStreamEvent] = []
            async with aclosing(self._fresh(call)) as events:
                async for event in events:
                    heard.append(event)
                    if isinstance(event, ResponseCompletedEvent):  # before it is passed on: readers stop there
                        self._cache.keep(key, self.entry(freeze_events(heard), event.response.usage))
                    yield event

    def entry(self, answer: str, usage: Usage | ResponseUsage | None) -> Entry:
        """Return the entry of an answer.

        Args:
            answer: JSON text.
            usage: What it used.
        """
        if usage is None:
            return Entry(answer, self.model)
        details = usage.input_tokens_details
        return Entry(answer, self.model, usage.input_tokens, details.cached_tokens or 0, usage.output_tokens)

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """Return what the model itself advises."""
        return self._model().get_retry_advice(request)

    async def close(self) -> None:
        """Close the model, where it was given as such."""
        if isinstance(self.inner, Model):
            await self.inner.close()

    def _model(self) -> Model:
        if isinstance(self.inner, Model):
            return self.inner
        return MultiProvider().get_model(self.inner)  # anew, as the runner does: the default client may change

    def _passes_by(self, call: ModelCall) -> bool:
        return self._cache.bypassed or call.afresh

    def _note(self, entry: Entry, tracing: ModelTracing) -> None:
        saved = {"model": entry.model, "input_tokens": entry.input_tokens, "output_tokens": entry.output_tokens}
        with custom_span(f"{self.model} (cached)", {"saved": saved}, disabled=tracing.is_disabled()):
            pass
