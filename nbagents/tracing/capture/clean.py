"""Events without secrets: what the writer does to each before it is written or shown to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.tracing.capture.events import SpanEnded, TraceStarted, text_of

if TYPE_CHECKING:
    from nbagents.tracing.capture.ledger import Event
    from nbagents.tracing.capture.redact import Redactor

__all__ = ["cleaned"]


def cleaned(event: Event, redactor: Redactor) -> Event:
    """Return an event without secrets and media.

    Args:
        event: As the agent's thread handed it over.
        redactor: What takes them out.
    """
    name = redactor.name(event.name)
    match event:
        case SpanEnded():
            return SpanEnded(  # all of it: for so many fields, _replace takes twice as long
                event.trace_id,
                event.span_id,
                event.parent_id,
                event.type,
                name,
                event.started_at,
                event.ended_at,
                None if event.model is None else redactor.name(event.model),
                event.tokens,
                None if event.error is None else redactor.name(event.error),
                (redactor.json(*map(text_of, event.payload)),),
                event.first_token_at,
            )
        case TraceStarted():
            return event._replace(
                name=name,
                group_id=None if event.group_id is None else redactor.name(event.group_id),
                metadata=None if event.metadata is None else redactor.json(event.metadata),
            )
        case _:
            return event if name == event.name else event._replace(name=name)
