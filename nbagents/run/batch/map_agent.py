"""An agent over a table: every row once, whatever comes in between."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from agents import Agent
from agents.memory import Session
from agents.tracing.util import gen_group_id

from nbagents._displays import quiet
from nbagents._given import check_given, check_least, check_positive
from nbagents._sqlite import default_path
from nbagents.errors import ConfigError
from nbagents.run.batch.batch import Batch, Budget
from nbagents.run.batch.fingerprint import fingerprint
from nbagents.run.batch.frame import BatchFrame, check_columns, frame_of, output_fields
from nbagents.run.batch.garbage import only_new_garbage
from nbagents.run.batch.interrupt import on_interrupt
from nbagents.run.batch.one_row import RowOptions
from nbagents.run.batch.pace import Pace
from nbagents.run.batch.progress import Progress
from nbagents.run.batch.progress_display import shown
from nbagents.run.batch.prompts import Input, prompts_of, table_of
from nbagents.run.batch.store import BatchStore
from nbagents.run.model_name import model_name
from nbagents.tracing.measure.cost import known_price

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["map_agent"]


async def map_agent(  # noqa: PLR0913 - each has its default, and is named
    agent: Agent[Any],
    data: pd.DataFrame | pd.Series,
    *,
    input: Input = None,  # noqa: A002 - as in Runner.run
    concurrency: int = 8,
    session: Session | Callable[[pd.Series], Session] | None = None,
    retries: int = 2,
    on_error: Literal["keep", "raise"] = "keep",
    rate: float | None = None,
    resume: bool = True,
    client: Any = None,  # noqa: ANN401 - dask is optional
    progress: bool = True,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - it is each row's, and what it ends has its place in the frame
) -> BatchFrame:
    """Run an agent on every row of a table, and return the table with what came of each row.

    Rows are kept in the file beside the notebook as they finish. The same call again (the same agent, down to its
    tools' code, on the same inputs) goes on where it was: rows that ended well are taken from there, all others
    are run. The kernel's stop button, or Ctrl-C, ends it well: the partial frame is returned, and rows that were
    not run say so in ``error``. A model call that fails for a passing reason (429, 5xx, a lost connection) is
    tried again where it failed, after the time the server asks for; while it asks for patience no row starts.

    Args:
        agent: The agent; a ``CachedAgent`` too.
        data: The rows.
        input: What a row asks: a column, a template such as ``"Translate {text} to {lang}"``, or a function of the
            row that gives text or input items. None is the only column.
        concurrency: How many rows run at once.
        session: None: each row stands alone. A function of the row gives each its session. One session for all
            rows needs ``concurrency=1``.
        retries: How often a row is tried again at most.
        on_error: ``"keep"`` notes a row's error in the frame; ``"raise"`` raises the first, after what has
            finished is stored.
        rate: Rows started per second at most; None is no limit.
        resume: Whether rows that an earlier call finished are taken from the file.
        client: A ``dask.distributed.Client``: rows run on its workers (extra ``dask``). One process ends near 300
            rows a second, whatever ``concurrency``; ``distributed.Client()`` uses every core of this machine.
        progress: Whether a display shows how far it is.
        max_cost: US dollars; when they are used up no more rows start.
        max_tokens: Input and output tokens, likewise.
        timeout: Seconds a row may take; None is no limit.

    Returns:
        The data with the columns ``output`` (and ``output.FIELD`` for each field of a structured output),
        ``error``, ``attempts``, ``seconds``, ``tokens``, ``cost`` (US dollars; missing where it is not known) and
        ``trace_id``. It is a DataFrame that also has ``report()``.

    Raises:
        ConfigError: An argument that cannot be used; nothing was run.
        StoreError: The file cannot be used.
        Exception: With ``on_error="raise"``, a row's own.

    Example:
        >>> import asyncio, pandas as pd
        >>> from agents import Agent
        >>> from agents.testing import ScriptedModel, assistant_message
        >>> agent = Agent(name="Poet", model=ScriptedModel([[assistant_message("Ode to a lamp")]]))
        >>> frame = asyncio.run(map_agent(agent, pd.Series(["lamp"]), progress=False))
        >>> frame["output"].tolist()
        ['Ode to a lamp']
    """
    check_least(1, concurrency=concurrency)
    check_least(0, retries=retries)
    check_positive(rate=rate, timeout=timeout, max_cost=max_cost, max_tokens=max_tokens)
    _check_choices(agent, on_error, session, concurrency, client, max_cost)
    table = table_of(data)
    check_columns(table)
    prompts, fields = prompts_of(table, input), output_fields(agent.output_type)
    state = Progress(agent.name, len(prompts))
    with BatchStore(default_path(), fingerprint(agent)) as store:
        batch = Batch(
            agent=agent,
            prompts=prompts,
            labels=[str(label) for label in table.index],
            options=RowOptions(gen_group_id(), retries, timeout),
            store=store,
            progress=state,
            budget=Budget(max_cost, max_tokens),
            raises=on_error == "raise",
        )
        if resume:
            batch.resume()
        with (
            quiet(),
            shown(state, batch.stop, wanted=progress),
            on_interrupt(batch.stop),
            only_new_garbage(len(batch.todo)),
        ):
            if client is not None:
                from nbagents.run.batch.cluster import run_on

                await run_on(client, batch, concurrency, Pace(rate))
            await batch.run(concurrency, Pace(rate), _sessions(session, table))
    if store.trouble is not None:
        warnings.warn(f"rows are in this frame but not kept for the next call: {store.trouble}", stacklevel=2)
    if batch.error is not None:
        raise batch.error
    return frame_of(table, batch.results, fields, store=store.path, progress=state)


def _sessions(session: Any, table: pd.DataFrame) -> Callable[[int], Session | None]:  # noqa: ANN401 - see map_agent
    if session is None or isinstance(session, Session):
        return lambda _index: session
    return lambda index: session(table.iloc[index])


def _check_choices(  # noqa: PLR0913, PLR0917 - what they are checked against each other for
    agent: Agent[Any],
    on_error: str,
    session: object,
    concurrency: int,
    client: object,
    max_cost: float | None,
) -> None:
    check_given("agent", agent, 'an agents.Agent, such as Agent(name="Poet")', fits=isinstance(agent, Agent))
    if on_error not in {"keep", "raise"}:
        raise ConfigError(f"on_error is {on_error!r}; it is 'keep' or 'raise'", name="on_error", value=on_error)
    wanted = "a session, or a function of the row that gives one"
    check_given(
        "session", session, wanted, fits=session is None or isinstance(session, Session) or callable(session)
    )
    if isinstance(session, Session) and concurrency != 1:
        raise ConfigError(
            "one session for all rows needs concurrency=1, because rows would write into each other's turns; or "
            'give a function of the row, such as lambda row: SQLiteSession(f"customer-{row.id}")',
            name="session",
            value=session,
        )
    if session is not None and client is not None:
        raise ConfigError(
            "sessions are kept by this process; leave session out when rows go to a cluster",
            name="session",
            value=session,
        )
    if max_cost is not None and known_price(model_name(agent.model), 1, 0, 1) is None:
        raise ConfigError(
            f"what {model_name(agent.model)} costs is not known, so max_cost cannot be kept; use max_tokens, or "
            'get the price list with: pip install "nbagents[cost]"',
            name="max_cost",
            value=max_cost,
        )
