"""Rows on a Dask cluster: sent in parcels, and done again elsewhere when a worker is lost.

A parcel is a round trip, which costs both ends some milliseconds: quick rows travel together, slow ones alone.

The agent travels pickled, its tools with it. Workers need nbagents, what the tools import, and, where the model is
real, its key in their own environment: ours does not leave this machine. Dask gives a lost worker's tasks to
another one; a row counts when its result arrives, so that it is in the frame once.
"""

from __future__ import annotations

import asyncio
import math
from statistics import median
from typing import TYPE_CHECKING, Any

from nbagents._loops import call_soon
from nbagents._optional import require
from nbagents.errors import ConfigError
from nbagents.replay.wire.client import current_mode
from nbagents.run.batch.batch import Budget
from nbagents.run.batch.row_result import RowResult
from nbagents.run.batch.worker import Parcel, Task, Work, work
from nbagents.tracing.capture.process import this_process
from nbagents.tracing.capture.writer import writer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbagents.run.batch.batch import Batch
    from nbagents.run.batch.pace import Pace

__all__ = ["parcel_rows", "run_on"]

_EXTRA = "dask"
_AHEAD = 2  # parcels for each thread: one that runs, one that waits beside it
_PARCEL_S = 1.0  # what the rows of a parcel take together, where one alone does not take longer
_RECENT = 20  # rows by which that is judged


async def run_on(client: Any, batch: Batch, concurrency: int, pace: Pace) -> None:  # noqa: ANN401 - dask is optional
    """Run what is to do on a cluster.

    Args:
        client: A ``dask.distributed.Client``, asynchronous or not.
        batch: What is to do, and where results go.
        concurrency: How many rows run at once on all workers together, where they have the threads for it.
        pace: When the next row may be sent.

    Raises:
        MissingExtraError: Dask is not installed.
        ConfigError: The agent cannot be sent, calls are recorded or replayed, or there is no worker.
    """
    distributed = require("distributed", extra=_EXTRA)
    mode = _mode()
    if not isinstance(client, distributed.Client):
        raise ConfigError(f"client is {client!r}; give a dask.distributed.Client", name="client", value=client)
    pickled = _pickled(batch.agent)
    threads = await _threads(client)
    side = math.ceil(concurrency / threads)
    tasks = _chunks(batch, side, threads, alone=pace.limited or batch.budget != Budget())
    works = (Work(pickled, mode, batch.options, some, side, this_process()) for some in tasks)
    await _Sender(client, batch, pace).send(
        works, ahead=_AHEAD * threads if concurrency >= threads else concurrency
    )


class _Sender:
    """Keeps so many parcels of work on the cluster, and takes in what comes back."""

    def __init__(self, client: Any, batch: Batch, pace: Pace) -> None:  # noqa: ANN401 - dask is optional
        self._client = client
        self._batch = batch
        self._pace = pace
        self._came: asyncio.Queue[Any] = asyncio.Queue()
        self._out: dict[Any, Work] = {}

    async def send(self, works: Iterator[Work], ahead: int) -> None:
        """Keep so many on the cluster until all have come back, or are given up."""
        self._batch.give_up = self._give_up
        try:
            while True:
                while len(self._out) < ahead and self._batch.stopped is None and (one := next(works, None)):
                    await self._submit(one)
                if not self._out or (ended := await self._came.get()) is None:
                    return
                await self._take(ended)
        finally:
            if self._out:
                given_up = self._client.cancel(list(self._out))
                if asyncio.iscoroutine(given_up):
                    await given_up
            self._batch.progress.end(self._batch.stopped)

    def _give_up(self) -> None:
        self._pace.end()
        self._came.put_nowait(None)

    async def _submit(self, one: Work) -> None:
        loop = asyncio.get_running_loop()  # Dask has threads of its own
        for _ in one.tasks:
            await self._pace.turn()
        future = self._client.submit(work, one, pure=False)
        self._out[future] = one
        future.add_done_callback(lambda ended: call_soon(loop, self._came.put_nowait, ended))

    async def _take(self, future: Any) -> None:  # noqa: ANN401 - see above
        given = self._out.pop(future)
        try:
            parcel = await (future.result() if self._client.asynchronous else asyncio.to_thread(future.result))
        except Exception as exc:  # noqa: BLE001 - a worker that keeps dying, or a tool that does not import there
            parcel = _failed(given, exc)
        writer = writer_of(self._batch.store.path)
        for event in parcel.events:
            writer.put(event)
        for index, result in parcel.results.items():
            self._batch.spend(result.tokens, result.cost)
            self._batch.finish(index, result, None if result.error is None else RuntimeError(result.error))


def _failed(given: Work, error: Exception) -> Parcel:
    said = f"{type(error).__name__}: {error}"
    return Parcel({task.place: RowResult(None, said, 1, 0.0, 0, 0.0, None) for task in given.tasks}, [])


def _chunks(batch: Batch, side: int, threads: int, *, alone: bool) -> Iterator[list[Task]]:
    """Give the tasks of one parcel after the other; as many as run side by side where each counts alone."""
    todo = batch.todo
    while todo:
        recent = [row.result.seconds for row in batch.progress.rows[-_RECENT:]]
        rows = side if alone or not recent else parcel_rows(side, threads, median(recent), len(todo))
        chosen, todo = todo[:rows], todo[rows:]
        yield [Task(index, batch.labels[index], batch.prompts[index].asked) for index in chosen]


def parcel_rows(side: int, threads: int, seconds: float, left: int) -> int:
    """Return how many rows travel together: a second's, and towards the end fewer, so that no worker idles.

    Args:
        side: How many of them run side by side.
        threads: The cluster's threads.
        seconds: How long a row takes.
        left: How many rows are left.

    Example:
        >>> [parcel_rows(2, 4, seconds, left=1_000) for seconds in (0.01, 0.3, 5.0)]
        [125, 6, 2]
    """
    quick = side * int(_PARCEL_S / max(seconds, 1e-3))
    return max(side, min(quick, left // (_AHEAD * threads)))


def _mode() -> str:
    mode = current_mode()
    if mode in {"record", "replay"}:
        raise ConfigError(
            f"in mode {mode} calls are kept in the notebook's cassette, which no worker has; leave client out",
            name="client",
            value=mode,
        )
    return mode


async def _threads(client: Any) -> int:  # noqa: ANN401 - dask is optional
    found = client.nthreads()
    threads = sum((await found if client.asynchronous else found).values())
    if not threads:
        raise ConfigError(
            "the cluster has no worker yet; start one, and wait for it with client.wait_for_workers(1)",
            name="client",
            value=client,
        )
    return int(threads)


def _pickled(agent: Any) -> bytes:  # noqa: ANN401 - any agent
    cloudpickle = require("cloudpickle", extra=_EXTRA)
    try:
        return bytes(cloudpickle.dumps(agent))
    except Exception as exc:
        raise ConfigError(
            f"the agent {agent.name!r} cannot be sent to workers: {exc}; its model and tools must not hold "
            "sockets, locks or open files: name the model, and open what a tool needs inside it",
            name="agent",
            value=agent.name,
        ) from exc
