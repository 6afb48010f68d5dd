"""Items that lost their other half; the model API refuses a history that has one.

A call without its output, an output without its call, a reasoning item without what it led to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nbagents.errors import ConfigError, OrphanError
from nbagents.sessions.items.item_ids import check_ids
from nbagents.sessions.table.edited import Wanted, unchanged_rows, wanted_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.sessions.items.rows import Item, RawRow
    from nbagents.sessions.table.edited import Cells

__all__ = ["Key", "OnOrphan", "check_policy", "lone", "lost_half", "settle_orphans", "settled_history"]

OnOrphan = Literal["error", "pair", "stub"]

_STUB_OUTPUT = "The output of this call was removed."
_STUBBED = ("function_call", "custom_tool_call")  # the calls whose output is plain text

Key = tuple[str, object, object]
"""What stands alone (``"call"``, ``"output"`` or ``"reasoning"``), its type, and what others call it by."""


@dataclass(frozen=True, slots=True)
class _Half:
    """What of a pair an item is."""

    key: Key
    is_output: bool


def check_policy(on_orphan: object) -> None:
    """Refuse a policy that does not exist.

    Raises:
        ConfigError: It is none of "error", "pair", "stub".
    """
    if on_orphan not in {"error", "pair", "stub"}:
        raise ConfigError(
            f'on_orphan={on_orphan!r} does not exist; use "error", "pair" or "stub"',
            name="on_orphan",
            value=on_orphan,
        )


def lone(items: Sequence[Item]) -> dict[Key, int]:
    """Return what stands alone in a history, with its place.

    Args:
        items: The history.

    Example:
        >>> list(lone([{"type": "function_call", "call_id": "c1"}]).values())
        [0]
        >>> lone([{"type": "function_call", "call_id": "c1"}, {"type": "function_call_output", "call_id": "c1"}])
        {}
    """
    waiting: dict[Key, int] = {}
    alone: dict[Key, int] = {}
    for place, item in enumerate(items):
        half = _half(item)
        if half is None:
            continue
        if not half.is_output:
            waiting[half.key] = place
        elif waiting.pop(half.key, None) is None:
            alone["output", *half.key[1:]] = place
    alone.update({("call", *key[1:]): place for key, place in waiting.items()})
    return alone | _leading_nowhere(items)


def _half(item: Item) -> _Half | None:
    kind, call_id = item.get("type"), item.get("call_id")
    if not isinstance(kind, str) or not isinstance(call_id, str):
        return None
    if kind.endswith("_call_output"):
        return _Half(("pair", kind.removesuffix("_output"), call_id), is_output=True)
    return _Half(("pair", kind, call_id), is_output=False) if kind.endswith("_call") else None


def _leading_nowhere(items: Sequence[Item]) -> dict[Key, int]:
    """Reasoning that is not followed by what the model made of it; several in a row share what follows."""
    alone: dict[Key, int] = {}
    led_to: Item | None = None
    for place in range(len(items) - 1, -1, -1):
        item = items[place]
        if item.get("type") != "reasoning":
            led_to = item
        elif led_to is None or not _made_by_model(led_to):
            alone[_reasoning_key(item)] = place
    return alone


def _reasoning_key(item: Item) -> Key:
    return "reasoning", "reasoning", item.get("id") or json.dumps(item, sort_keys=True)


def _parted(before: Sequence[Wanted], after: Sequence[Wanted]) -> dict[Key, int]:
    """Reasoning that is followed by something else than before the edit."""
    led_to = _followers(before)
    leads_to = _followers(after)
    return {
        _reasoning_key(row.item): place
        for place, row in enumerate(after)
        if row.id in leads_to and led_to.get(row.id) not in {None, leads_to[row.id]}
    }


def _followers(rows: Sequence[Wanted]) -> dict[int, int | None]:
    """Return for each reasoning row's id the id of what follows it."""
    follower: int | None = None
    found: dict[int, int | None] = {}
    for row in reversed(rows):
        if row.item.get("type") != "reasoning":
            follower = row.id
        elif row.id is not None:
            found[row.id] = follower
    return found


def _released(after: Sequence[Wanted], before: Sequence[Wanted]) -> list[Wanted]:
    """Take the server's id from what no longer stands behind the reasoning that led to it."""
    led_by, leads = _leaders(before), _leaders(after)
    return [_without_id(row) if row.id in led_by and led_by[row.id] != leads.get(row.id) else row for row in after]


def _leaders(rows: Sequence[Wanted]) -> dict[int | None, list[int | None]]:
    """Return for each row that stands behind reasoning the ids of that reasoning."""
    found: dict[int | None, list[int | None]] = {}
    run: list[int | None] = []
    for row in rows:
        if row.item.get("type") == "reasoning":
            run.append(row.id)
            continue
        if run and row.id is not None:
            found[row.id] = run
        run = []
    return found


def _without_id(row: Wanted) -> Wanted:
    if "id" not in row.item or row.item.get("type") == "reasoning" or not _made_by_model(row.item):
        return row
    item = {key: value for key, value in row.item.items() if key != "id"}
    return replace(row, data=json.dumps(item), item=item)


def _made_by_model(item: Item) -> bool:
    kind = str(item.get("type", "message"))
    return item.get("role") == "assistant" or (kind != "message" and not kind.endswith("_output"))


def settle_orphans(
    wanted: Sequence[Wanted], before: Sequence[Wanted], on_orphan: OnOrphan, *, session_id: str
) -> list[Wanted]:
    """Deal with what an edit left alone; what stood alone before it may go on so.

    What reasoning led to stays when that is removed, without the id that the server gave it: with it the model API
    asks for the reasoning.

    Args:
        wanted: The edited history.
        before: The history before the edit.
        on_orphan: ``"error"`` refuses, ``"pair"`` removes the other half too, ``"stub"`` gives a call an output
            that says it was removed (and removes what cannot have one).
        session_id: For the error.

    Raises:
        OrphanError: With ``"error"``, naming the first row that was left alone.
    """
    settled = list(wanted)
    known = lone([row.item for row in before]).keys()
    while True:  # removing a call can leave its reasoning alone
        found = {key: place for key, place in lone([row.item for row in settled]).items() if key not in known}
        found |= _parted(before, settled)
        if not found:
            return _released(settled, before)
        for key, place in sorted(found.items(), key=lambda pair: pair[1], reverse=on_orphan != "error"):
            if on_orphan == "error":
                _refuse(key, settled[place], session_id)
            if on_orphan == "stub" and key[0] == "call" and key[1] in _STUBBED:
                settled.insert(place + 1, _stub(settled[place].item))
            else:
                del settled[place]


def settled_history(
    cells: Cells, origin: Sequence[RawRow], on_orphan: OnOrphan, *, session_id: str
) -> list[Wanted]:
    """Return the history that an edited frame wants, with no id of the server's twice and nothing left alone.

    Args:
        cells: The frame.
        origin: The rows it was read from.
        on_orphan: What becomes of what is left alone (``settle_orphans``).
        session_id: For the error.

    Raises:
        FrameError: The frame is not a history.
    """
    wanted = wanted_rows(cells, origin, session_id=session_id)
    before = unchanged_rows(origin)
    check_ids(wanted, before, session_id=session_id)
    return settle_orphans(wanted, before, on_orphan, session_id=session_id)


def _stub(call: Item) -> Wanted:
    item = {"type": f"{call['type']}_output", "call_id": call["call_id"], "output": _STUB_OUTPUT}
    return Wanted(None, None, json.dumps(item), None, item)


def lost_half(key: Key) -> str:
    """Say what stands alone, and what it lacks.

    Example:
        >>> lost_half(("call", "function_call", "c1"))
        "the call 'c1' has no output after it"
    """
    return {
        "call": f"the call {key[2]!r} has no output after it",
        "output": f"the output of {key[2]!r} has no call before it",
        "reasoning": "the reasoning is not followed by what it led to",
    }[key[0]]


def _refuse(key: Key, row: Wanted, session_id: str) -> None:
    raise OrphanError(
        f"row {row.label!r}: {lost_half(key)}, and the model API refuses such a history. Nothing was written. "
        'Remove or keep both, or pass on_orphan="pair" (removes both) or "stub" (a stand-in for the output).',
        session_id=session_id,
        row=row.label,
        column="type" if key[0] == "reasoning" else "call_id",
    )
