"""What a Dask worker does: rows of somebody else's notebook, whose results and spans it hands back."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nbagents._displays import quiet
from nbagents.run.batch.attempts import patient_config
from nbagents.run.batch.one_row import RowOptions, RowSetting, run_row
from nbagents.run.batch.pace import Pace
from nbagents.tracing.capture.clean import cleaned
from nbagents.tracing.capture.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents import Agent, TResponseInputItem

    from nbagents.run.batch.row_result import RowResult
    from nbagents.tracing.capture.ledger import Event
    from nbagents.tracing.capture.observer import TraceObserver

__all__ = ["Parcel", "Task", "Work", "work"]

_BATCHES = 8  # whose setting is kept


class Task(NamedTuple):
    """One row.

    Attributes:
        place: Its position.
        label: Its label.
        asked: What it asks.
    """

    place: int
    label: str
    asked: str | list[TResponseInputItem]


class Work(NamedTuple):
    """What a worker is given.

    Attributes:
        agent: The agent and its tools, pickled.
        mode: How the model is reached.
        options: What all rows share.
        tasks: The rows.
        side: How many of them run side by side.
        home: The process that has the notebook; there traces are kept already.
    """

    agent: bytes
    mode: str
    options: RowOptions
    tasks: Sequence[Task]
    side: int
    home: str


class Parcel(NamedTuple):
    """What a worker hands back.

    Attributes:
        results: How each row ended, by position.
        events: The traces of the rows, without secrets.
    """

    results: dict[int, RowResult]
    events: list[Event]


def work(given: Work) -> Parcel:
    """Run rows.

    Args:
        given: What is to be done.
    """
    from nbagents.tracing.capture.process import this_process

    collector = None if given.home == this_process() else _collector()
    if collector is not None:
        _reach_model(given.mode)
    with quiet():  # a worker may be a thread of the notebook's own process
        results = asyncio.run_coroutine_threadsafe(_rows(given), _loop()).result()
    if collector is None:
        return Parcel(results, [])
    return Parcel(results, [event for one in results.values() for event in collector.take(str(one.trace_id))])


async def _rows(given: Work) -> dict[int, RowResult]:
    free = asyncio.Semaphore(given.side)
    ended = await asyncio.gather(*(_row(given, task, free) for task in given.tasks))
    return {task.place: result for task, result in zip(given.tasks, ended, strict=True)}


async def _row(given: Work, task: Task, free: asyncio.Semaphore) -> RowResult:
    async with free:
        result, _error = await run_row(_agent(given.agent), task.asked, task.label, _setting(given.options))
    return result


@lru_cache(_BATCHES)
def _setting(options: RowOptions) -> RowSetting:
    return RowSetting(options, patient_config(options.retries), Pace(), lambda _tokens, _cost: None)


class _Collector:
    """Keeps the events of each trace until they are asked for, in place of a file's writer."""

    def __init__(self) -> None:
        self.redactor = Redactor()
        self.observers: tuple[TraceObserver, ...] = ()
        self._events: defaultdict[str, list[Event]] = defaultdict(list)

    def put(self, event: Event) -> None:
        """Keep an event."""
        self._events[event.trace_id].append(cleaned(event, self.redactor))  # before it leaves this machine

    def flush(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - there is nothing to wait for
        """Tell that nothing is waiting to be written."""
        return True

    def take(self, trace_id: str) -> list[Event]:
        """Give up the events of a trace."""
        return self._events.pop(trace_id, [])


@cache
def _collector() -> _Collector:
    """Begin to trace; once in a process."""
    from agents.tracing import add_trace_processor

    from nbagents.tracing.capture.processor import NotebookTracingProcessor

    collector = _Collector()
    add_trace_processor(NotebookTracingProcessor(writer=collector))
    return collector


@cache
def _reach_model(mode: str) -> None:
    from nbagents.replay.notice import tell_once
    from nbagents.replay.wire.client import install

    install(mode)
    tell_once(len)  # to nobody: the notebook has said it, and a worker's terminal is not where one reads


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One event loop for all rows of a process, so that they share its connections."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="nbagents-rows", daemon=True).start()
    return loop


@cache
def _agent(pickled: bytes) -> Agent[Any]:
    return pickle.loads(pickled)  # type: ignore[no-any-return]  # noqa: S301 - Dask runs what it is sent anyway
