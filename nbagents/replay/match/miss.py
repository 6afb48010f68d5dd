"""A request that is not in the cassette: which recording is nearest, and what differs from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbagents._static_table import many
from nbagents.errors import CassetteMissError, Difference
from nbagents.replay.cassette.path import record_command
from nbagents.replay.match.difference import differences, similarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nbagents.replay.cassette.recording import Recording
    from nbagents.replay.match.place import Place

__all__ = ["miss", "nearest", "sent_miss"]

_SHOWN = 8
_TURN = re.compile(r"\$\.body\.(input|messages)\[\d+\]")
_LONGER = (
    "More was said before than when it was recorded. Did a cell run twice? Restart the kernel and run all cells."
)
_COMPARED = 40  # recordings; comparing a thousand long histories would hold the kernel for seconds


def nearest(request: dict[str, Any], cell: str, recordings: Iterable[Recording]) -> Recording | None:
    """Return the recording that a request is most like; those of its own cell come first."""
    found = list(recordings)
    own = [one for one in found if one.cell == cell]
    return min((own or found)[:_COMPARED], key=lambda one: similarity(one.request, request), default=None)


def miss(
    path: Path, place: Place, request: dict[str, Any], same: Sequence[Recording], others: Sequence[Recording]
) -> CassetteMissError:
    """Return the error that says what is missing and what is there.

    Args:
        path: The cassette.
        place: Which cell asked.
        request: The canonical request.
        same: Recordings of this very request: of this cell, all used; or of other cells.
        others: All that could be near, those not used first.
    """
    title = f"{place} asked for {request['method']} {request['path']}, which is not in {path.name}"
    near = same[0] if same else nearest(request, place.cell, others)
    found = () if near is None else tuple(differences(near.request, request))
    return CassetteMissError(
        "\n".join((f"{title}.", *_explain(place, near, len(same), found), _cure(path))),
        path=path,
        cell=place.cell,
        differences=found,
        nearest=None if near is None else (near.cell, near.call),
    )


def sent_miss(
    path: Path, place: Place, recording: Recording, sent: tuple[str, Any], expected: tuple[str | None, Any]
) -> CassetteMissError:
    """Return the error that says what was sent in a conversation, and what was to be sent there.

    Args:
        path: The cassette.
        place: Which cell opened the conversation.
        recording: The conversation.
        sent: The kind of what was sent, and what it says.
        expected: The kind of what the recording has next, or None where it has nothing; and what that says.
    """
    found = tuple(differences(expected[1], sent[1], f"$.{sent[0]}")) if sent[0] == expected[0] else ()
    what = f"{place} sent {sent[0]} to the model"
    there = f"(cell {recording.cell}, call {recording.call} of {path.name})"
    if expected[0] is None:
        title = f"{what}; the recording {there} has nothing more that was sent."
    elif found:
        title = f"{what}; in the recording {there} it says something else:"
    else:
        title = f"{what}; the recording {there} has {expected[0]} next."
    return CassetteMissError(
        "\n".join((title, *_shown(found, "sent"), _cure(path))),
        path=path,
        cell=place.cell,
        differences=found,
        nearest=(recording.cell, recording.call),
    )


def _explain(place: Place, near: Recording | None, same: int, found: Sequence[Difference]) -> list[str]:
    if near is None:
        return ["The cassette is empty."]
    if same and near.cell == place.cell:
        return [f"This request was recorded {many(same, 'time')} for this cell, and is asked once more."]
    if same:
        return [f"The same request is recorded for cell {near.cell}: is this cell a copy of it, or new?"]
    which = "of this cell" if near.cell == place.cell else f"of cell {near.cell}; this cell has none"
    lines = [f"It differs from the nearest recording (call {near.call} {which}) in:", *_shown(found, "asked")]
    if any(one.recorded is None and _TURN.fullmatch(one.path) for one in found):
        lines.append(_LONGER)
    return lines


def _shown(found: Sequence[Difference], verb: str) -> list[str]:
    shown = [f"  {one.path}: recorded {_side(one.recorded)}, {verb} {_side(one.asked)}" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        shown.append(f"  (showing {_SHOWN} of {len(found)} differences)")
    return shown


def _side(text: str | None) -> str:
    return "nothing" if text is None else text


def _cure(path: Path) -> str:
    return (
        "Only to try something: %nbagents mode live, or %nbagents mode offline (rules answer)\n"
        f"If the change is wanted, record again: {record_command(path)}"  # last: nbmake's summary shows this line
    )
