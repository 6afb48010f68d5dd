"""Secrets that a stream says piece by piece: found in the pieces together, and taken out of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbagents._secrets.hits import Hit
    from nbagents.replay.cassette.scrub import Scrubber
    from nbagents.replay.cassette.sse import Event

__all__ = ["scrub_events"]

_SAID = frozenset({"delta", "content", "arguments", "refusal", "text", "reasoning", "reasoning_content"})
_OWNERS = ("type", "item_id", "output_index", "content_index", "summary_index", "index")


def scrub_events(events: list[Event], scrubber: Scrubber) -> list[Event]:
    """Return events without secrets, those included that go over several events.

    Args:
        events: A whole stream.
        scrubber: Finds secrets.
    """
    data = [event.data for event in events]
    for leaves in _threads(data).values():
        hits = scrubber.hits("".join(owner[key] for owner, key in leaves))
        if hits:
            _cut(leaves, hits)
    return [replace(event, data=scrubber.value(value)) for event, value in zip(events, data, strict=True)]


def _threads(data: list[Any]) -> dict[tuple[Any, ...], list[tuple[dict[str, Any], str]]]:
    """Return which strings continue each other, each as the object that holds it and its key."""
    found: dict[tuple[Any, ...], list[tuple[dict[str, Any], str]]] = {}
    for value in data:
        for name, owner, key in _leaves(value, ()):
            found.setdefault((*name, key), []).append((owner, key))
    return found


def _leaves(value: Any, name: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any], str]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, dict):
        here = (*name, *(value.get(owner) for owner in _OWNERS if not isinstance(value.get(owner), (dict, list))))
        for key, item in value.items():
            if isinstance(item, str) and key in _SAID:
                yield here, value, key
            else:
                yield from _leaves(item, (*here, key))


def _cut(leaves: list[tuple[dict[str, Any], str]], hits: list[Hit]) -> None:
    """Put each hit's mark where it begins, and leave out the rest of it in the pieces that follow."""
    start = 0
    for owner, key in leaves:
        text = owner[key]
        owner[key] = "".join(_kept(text, start, hits))
        start += len(text)


def _kept(text: str, start: int, hits: list[Hit]) -> Iterator[str]:
    position, end = start, start + len(text)
    for hit in hits:
        if hit.end <= position or hit.start >= end:
            continue
        yield text[position - start : max(hit.start - start, 0)]
        if hit.start >= position:
            yield hit.mark
        position = min(hit.end, end)
    yield text[position - start :]
