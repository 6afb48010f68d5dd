"""The rows of a batch, run side by side in this process: budgets, stopping, and what is done with each result."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from nbagents.run.batch.attempts import patient_config
from nbagents.run.batch.one_row import RowOptions, RowSetting, run_row
from nbagents.run.batch.row_result import EndedRow
from nbagents.tracing.capture.encode import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agents import Agent
    from agents.memory import Session

    from nbagents.run.batch.pace import Pace
    from nbagents.run.batch.progress import Progress
    from nbagents.run.batch.prompts import Prompt
    from nbagents.run.batch.row_result import RowResult
    from nbagents.run.batch.store import BatchStore

__all__ = ["INTERRUPTED", "Batch", "Budget"]

INTERRUPTED = "interrupted"
_PREVIEW = 200  # characters of what a row asks, in displays


@dataclass(frozen=True, slots=True)
class Budget:
    """What a batch may use; None is no limit.

    Attributes:
        cost: US dollars.
        tokens: Input and output tokens.
    """

    cost: float | None = None
    tokens: int | None = None

    def used_up(self, progress: Progress) -> str | None:
        """Say which limit is reached, or None."""
        if self.tokens is not None and progress.tokens >= self.tokens:
            return f"the budget of {self.tokens:,} tokens is used up"
        if self.cost is not None and progress.cost is not None and progress.cost >= self.cost:
            return f"the budget of ${self.cost:g} is used up"
        if self.cost is not None and progress.cost is None:
            return "what a call cost is not known, so the budget cannot be kept"
        return None


@dataclass
class Batch:
    """One call of ``map_agent``.

    Attributes:
        agent: The agent.
        prompts: What each row asks.
        labels: The rows' labels.
        options: What all rows share.
        store: Keeps rows as they finish.
        progress: How far it is.
        budget: What it may use.
        raises: Whether the first error ends it.
        results: The rows that have ended, by position.
        stopped: Why no more rows start, or None.
        error: The error that ended it, or None.
        give_up: Gives up the rows that run.
    """

    agent: Agent[Any]
    prompts: Sequence[Prompt]
    labels: Sequence[str]
    options: RowOptions
    store: BatchStore
    progress: Progress
    budget: Budget
    raises: bool = False
    results: dict[int, RowResult] = field(default_factory=dict)
    stopped: str | None = None
    error: Exception | None = None
    give_up: Callable[[], object] | None = None

    @property
    def todo(self) -> list[int]:
        """The positions of the rows that have not ended."""
        return [index for index in range(len(self.prompts)) if index not in self.results]

    def resume(self) -> None:
        """Take over the rows that an earlier call has finished."""
        finished = self.store.finished()
        for index, prompt in enumerate(self.prompts):
            result = finished.get((prompt.key, prompt.nth))
            if result is not None:
                self.results[index] = result
        self.progress.before = self.progress.done = len(self.results)

    def stop(self, why: str = INTERRUPTED, *, now: bool = True) -> None:
        """Start no more rows.

        Args:
            why: What is said of the rows that were not run.
            now: Whether rows that run are given up; else they may end.
        """
        self.stopped = self.stopped or why
        if now and self.give_up is not None:
            self.give_up()

    def spend(self, tokens: int, cost: float | None) -> None:
        """Count what a model call has used, and stop when the budget is used up."""
        self.progress.spend(tokens, cost)
        over = self.budget.used_up(self.progress)
        if over is not None:
            self.stop(over, now=False)

    def finish(self, index: int, result: RowResult, error: Exception | None = None) -> None:
        """Take in a row that has ended; its error ends the batch where that was asked for.

        Args:
            index: The row's position.
            result: How it ended.
            error: The exception itself, where there is one.
        """
        if index in self.results:
            return
        self.results[index] = result
        self.store.put(self.prompts[index], result)
        asked = self.prompts[index].asked
        preview = asked if isinstance(asked, str) else encode(asked)
        self.progress.finish(EndedRow(self.labels[index], preview[:_PREVIEW], result))
        if self.raises and error is not None and self.error is None:
            self.error = error
            self.stop("a row failed")

    async def run(self, concurrency: int, pace: Pace, session_of: Callable[[int], Session | None]) -> None:
        """Run what is to do, so many rows at once.

        Args:
            concurrency: How many.
            pace: When the next may start.
            session_of: Gives a row's session, or None.
        """
        setting = RowSetting(self.options, patient_config(self.options.retries), pace, self.spend)
        free = asyncio.Semaphore(concurrency)
        running: set[asyncio.Task[None]] = set()
        self.give_up = partial(_give_up, pace, running)
        try:
            async with asyncio.TaskGroup() as group:
                for index in self.todo:
                    await free.acquire()
                    await pace.turn()
                    await self.store.keep_up()
                    if self.stopped is not None:
                        break
                    task = group.create_task(self._row(index, setting, session_of))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _task: free.release())
        finally:
            self.progress.end(self.stopped)

    async def _row(self, index: int, setting: RowSetting, session_of: Callable[[int], Session | None]) -> None:
        asked, label = self.prompts[index].asked, self.labels[index]
        result, error = await run_row(self.agent, asked, label, setting, partial(session_of, index))
        self.finish(index, result, error)


def _give_up(pace: Pace, running: set[asyncio.Task[None]]) -> None:
    """Let nobody wait for a turn any longer, and cancel the rows that run."""
    pace.end()
    for task in running:
        task.cancel()
