"""A trace and a span as they are stored, without payloads; times are whole microseconds since 1970 UTC.

Their fields are the columns in SQL's order, and they are tuples: made by the hundred thousand, bound as they are.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SpanRow", "TraceRow"]


class TraceRow(NamedTuple):
    """One row of ``nb_traces``.

    Attributes:
        trace_id: The SDK's id.
        name: The workflow's name.
        started_us: Start.
        ended_us: End, or None while it runs (or when its kernel died).
        group_id: The SDK's group, or None.
        metadata: JSON text of the trace's metadata, or None.
        cell_id: The notebook cell that started it, or None.
        writer: Which process wrote it (see ``process.py``); it tells a running trace from an interrupted one.
    """

    trace_id: str
    name: str
    started_us: int
    ended_us: int | None = None
    group_id: str | None = None
    metadata: str | None = None
    cell_id: str | None = None
    writer: str = ""


class SpanRow(NamedTuple):
    """One row of ``nb_spans``, without its payload.

    Attributes:
        trace_id: The trace it belongs to.
        seq: Its place in the order of starting, from 0, unique in its trace; times alone cannot order spans.
        span_id: The SDK's id.
        parent_id: The span it is inside, or None.
        type: The SDK's span type: agent, task, turn, response, generation, function, handoff, guardrail, custom,
            transcription, speech, speech_group or mcp_tools.
        name: What a person calls it: the agent's, tool's or model's name.
        started_us: Start.
        ended_us: End, or None while it is open.
        agent: The agent it ran under, or None.
        model: The model that answered, or None.
        input_tokens: Tokens sent, or None.
        output_tokens: Tokens received, or None.
        cached_tokens: Of the input, those the API had cached, or None.
        reasoning_tokens: Of the output, those spent on reasoning, or None.
        first_token_us: When the first token of a streamed answer came, or None.
        error: The error's message, or None.
    """

    trace_id: str
    seq: int
    span_id: str
    parent_id: str | None
    type: str
    name: str
    started_us: int
    ended_us: int | None = None
    agent: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    first_token_us: int | None = None
    error: str | None = None
