"""The SDK's function tools called by code rather than by a model, side by side."""

from __future__ import annotations

import asyncio
import copy
import json
import reprlib
import uuid
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from agents import FunctionTool, RunContextWrapper, SpanError, function_span, get_current_trace, trace
from agents.exceptions import ToolTimeoutError
from agents.tool import (
    default_tool_error_function,
    invoke_function_tool,
    resolve_function_tool_failure_error_function,
    set_function_tool_failure_error_function,
)
from agents.tool_context import ToolContext

from nbagents._given import check_given, check_least, check_positive
from nbagents.errors import ConfigError

if TYPE_CHECKING:
    from agents.tracing import Span

__all__ = ["execute_tools_parallel"]

Call = tuple[FunctionTool, str]


async def execute_tools_parallel(
    tools_and_args: Iterable[tuple[FunctionTool, str | Mapping[str, Any]]],
    context: Any = None,  # noqa: ANN401 - a run's context is any object
    *,
    limit: int | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - it is each call's, and what it ends has its place in the results
    return_exceptions: bool = False,
) -> list[Any]:
    """Call function tools together and return their results in the order given; each call is a span.

    Guardrails and approvals belong to the SDK's runner and are not asked here. A tool that was given a
    ``failure_error_function`` of its own answers for its errors itself. A synchronous tool runs in a thread, which
    a timeout or a cancellation leaves behind but cannot stop.

    Args:
        tools_and_args: Function tools, each with its arguments: JSON text as a model writes it, or a dictionary.
        context: What the tools find as ``ctx.context``, or the ``RunContextWrapper`` of a run; None is none.
        limit: How many calls run at once; None is all.
        timeout: Seconds for each call; None leaves it to the tool's own ``timeout_seconds``.
        return_exceptions: Whether a call that failed gives its exception rather than
            ``"Tool execution failed: …"``.

    Returns:
        What each tool returned, or how it failed, in the order given.

    Raises:
        ConfigError: An entry is not a function tool with arguments, or a number is not positive; nothing ran.

    Example:
        >>> import asyncio
        >>> from agents import function_tool
        >>> @function_tool
        ... def double(x: int) -> int:
        ...     return 2 * x
        >>> asyncio.run(execute_tools_parallel([(double, '{"x": 2}'), (double, {"x": 3})]))
        [4, 6]
    """
    pairs = "pairs of a function tool and its arguments, in a list"
    check_given("tools_and_args", tools_and_args, pairs, fits=isinstance(tools_and_args, Iterable))
    calls = [_checked(index, entry) for index, entry in enumerate(tools_and_args)]
    if limit is not None:
        check_least(1, limit=limit)
    check_positive(timeout=timeout)
    gate = nullcontext() if limit is None else asyncio.Semaphore(limit)

    async def place(tool: FunctionTool, arguments: str) -> Any:  # noqa: ANN401 - a tool returns anything
        """Call one tool; what becomes of it has its place in the results."""
        try:
            async with gate:
                return await _call(tool, arguments, context, timeout)
        except Exception as exc:  # noqa: BLE001 - a tool may raise anything
            return exc if return_exceptions else f"Tool execution failed: {_said(exc)}"

    with _trace_of_its_own():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(place(*call)) for call in calls]
    return [task.result() for task in tasks]


async def _call(tool: FunctionTool, arguments: str, context: Any, timeout: float | None) -> Any:  # noqa: ANN401, ASYNC109 - see above
    with function_span(tool.name, input=arguments) as span:
        try:
            async with asyncio.timeout(timeout):
                result = await _invoke(tool, arguments, context)
        except TimeoutError as exc:
            if timeout is None:  # the tool's own, not ours
                _fail(span, exc)
                raise
            late = ToolTimeoutError(tool_name=tool.name, timeout_seconds=timeout)
            _fail(span, late)
            raise late from exc
        except Exception as exc:
            _fail(span, exc)
            raise
        span.span_data.output = result
        return result


async def _invoke(tool: FunctionTool, arguments: str, context: Any) -> Any:  # noqa: ANN401 - see above
    try:
        return await invoke_function_tool(
            function_tool=_raising(tool), context=_tool_context(tool, arguments, context), arguments=arguments
        )
    except asyncio.CancelledError as exc:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError(f"{tool.name} cancelled itself") from exc  # one call of many; the others go on


def _raising(tool: FunctionTool) -> FunctionTool:
    """Return a tool that raises: the SDK's default turns an error into a sentence for a model."""
    if resolve_function_tool_failure_error_function(tool) is not default_tool_error_function:
        return tool
    return set_function_tool_failure_error_function(copy.copy(tool), None)


def _tool_context(tool: FunctionTool, arguments: str, context: Any) -> ToolContext[Any]:  # noqa: ANN401 - see above
    call_id = f"call_{uuid.uuid4().hex}"
    if isinstance(context, RunContextWrapper):
        return ToolContext.from_agent_context(context, call_id, tool_name=tool.name, tool_arguments=arguments)
    return ToolContext(context, tool_name=tool.name, tool_call_id=call_id, tool_arguments=arguments)


def _trace_of_its_own() -> Any:  # noqa: ANN401 - the SDK's trace, or nothing
    return trace("execute_tools_parallel") if get_current_trace() is None else nullcontext()


def _fail(span: Span[Any], exc: BaseException) -> None:
    span.set_error(SpanError(message="Error running tool", data={"error": _said(exc)}))


def _said(exc: BaseException) -> str:
    return str(exc) or type(exc).__name__


def _checked(index: int, entry: Any) -> Call:  # noqa: ANN401 - anything may be given
    match entry:
        case (FunctionTool() as tool, str() as arguments):
            return tool, arguments
        case (FunctionTool() as tool, Mapping() as arguments):
            return tool, _json(tool, arguments)
    raise ConfigError(
        f"tools_and_args[{index}] is {reprlib.repr(entry)}; give a pair of a function tool and its arguments, "
        'such as (lookup, {"order_id": "A-1043"})',
        name="tools_and_args",
        value=entry,
    )


def _json(tool: FunctionTool, arguments: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(arguments))
    except (TypeError, ValueError) as exc:
        raise ConfigError(
            f"the arguments of {tool.name} cannot be written as JSON ({exc}); give what a model could write",
            name="tools_and_args",
            value=arguments,
        ) from exc
