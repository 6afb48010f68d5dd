"""One row: one trace, as many attempts as it takes, and a result whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from agents import Runner, gen_trace_id, trace
from agents.exceptions import ModelBehaviorError
from agents.tracing.scope import Scope  # there is no public way to leave a trace that somebody else began

from nbagents._now import seconds
from nbagents.run.batch.attempts import Attempts
from nbagents.run.batch.meter import Meter
from nbagents.run.batch.row_result import RowResult
from nbagents.tracing.capture.encode import cut, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents import Agent, RunConfig, TResponseInputItem
    from agents.memory import Session

    from nbagents.run.batch.pace import Pace

__all__ = ["RowOptions", "RowSetting", "run_row"]

_ERROR_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class RowOptions:
    """What all rows of a batch share.

    Attributes:
        group_id: The group of their traces.
        retries: How often a row is tried again at most.
        timeout: Seconds a row may take; None is no limit.
    """

    group_id: str
    retries: int
    timeout: float | None


@dataclass(frozen=True, slots=True)
class RowSetting:
    """What all rows of a batch share in one process.

    Attributes:
        options: What they share everywhere.
        config: How the SDK runs them.
        pace: Held when the server asks for patience.
        spend: Told what each model call used.
    """

    options: RowOptions
    config: RunConfig
    pace: Pace
    spend: Callable[[int, float | None], None]


async def run_row(
    agent: Agent[Any],
    asked: str | list[TResponseInputItem],
    label: str,
    setting: RowSetting,
    session: Callable[[], Session | None] = lambda: None,
) -> tuple[RowResult, Exception | None]:
    """Run an agent on one row.

    Args:
        agent: The agent.
        asked: What the row asks.
        label: The row's label, noted in its trace.
        setting: What all rows share.
        session: Gives where the row's conversation is kept, or None.

    Returns:
        The result, and the exception where it failed.
    """
    Scope.set_current_trace(None)
    Scope.set_current_span(None)
    options, trace_id = setting.options, gen_trace_id()
    meter, attempts = Meter(setting.spend), Attempts(options.retries, setting.pace)
    began = seconds()
    output: str | None = None
    error: Exception | None = None
    try:
        async with asyncio.timeout(options.timeout):
            with attempts.counted(), trace(f"map_agent: {agent.name}", trace_id, options.group_id, {"row": label}):
                run = partial(Runner.run, agent, asked, run_config=setting.config, hooks=meter)
                output = encode(await _attempt(run, attempts, session()))
    except TimeoutError as exc:
        error = TimeoutError(f"took longer than {options.timeout:g} s") if options.timeout is not None else exc
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is this row's, and the others go on
        error = exc
    took = seconds() - began
    said = None if error is None else cut(f"{type(error).__name__}: {error}", _ERROR_CHARACTERS)
    return RowResult(output, said, attempts.used, took, meter.tokens, meter.cost, trace_id), error


async def _attempt(run: Any, attempts: Attempts, session: Session | None) -> Any:  # noqa: ANN401 - Runner.run, and an agent's final output: any object
    before = 0 if session is None else len(await session.get_items())
    while True:
        try:
            return (await run(session=session)).final_output
        except ModelBehaviorError:
            if not attempts.again():
                raise
            if session is not None:
                await _rewind(session, before)


async def _rewind(session: Session, items: int) -> None:
    """Take back what a failed attempt has left, so that the next one does not ask twice."""
    for _ in range(len(await session.get_items()) - items):
        await session.pop_item()
