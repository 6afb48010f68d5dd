"""From the history as it is and the history that is wanted to what must be written. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from nbagents._short import short
from nbagents.errors import Conflict, ConflictError
from nbagents.sessions.items.rows import Row
from nbagents.sessions.table.ids import placed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.items.rows import RawRow
    from nbagents.sessions.table.edited import Wanted

__all__ = [
    "EditReport",
    "KnownIds",
    "Plan",
    "check_unchanged",
    "conflict_error",
    "make_plan",
    "plan_with_ids",
    "same_history",
    "short_value",
    "shown_value",
]

_SHOWN_CONFLICTS = 3
_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class EditReport:
    """What an edit did.

    Attributes:
        inserted: Rows that are new.
        updated: Rows whose item or metadata is another.
        deleted: Rows that are gone.
        moved: Rows that took another id and kept their time: they changed place, or stood so densely after an
            insertion that there was no id free (rows the SDK wrote).

    Example:
        >>> EditReport(inserted=0, updated=1, deleted=0)
        EditReport(inserted=0, updated=1, deleted=0, moved=0)
    """

    inserted: int
    updated: int
    deleted: int
    moved: int = 0


class KnownIds(Protocol):
    """What a plan must know of the table's ids."""

    def last(self) -> int:
        """Return the largest id the table ever gave."""

    def between(self, low: int, high: int) -> list[int]:
        """Return the table's ids from low to high, rising."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What must be written.

    Attributes:
        deleted: Ids of rows that go, those that come back under another id among them.
        updated: Rows that keep their id and change.
        inserted: Rows to insert, with id, and with their time where they had one.
        report: What it comes to.
        rows: The whole history once it is written.
        moved: The new id of each row that comes back under another, by its old id.
    """

    deleted: list[int]
    updated: list[Row]
    inserted: list[Row]
    report: EditReport
    rows: list[Row]
    moved: Mapping[int, int] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.deleted or self.updated or self.inserted)


def check_unchanged(expected: Sequence[Row], found: Sequence[Row], *, session_id: str) -> None:
    """Compare the history with what it was when the frame was read.

    Raises:
        ConflictError: A row changed, came or went; it holds both values of each.
    """
    was = {row.id: row for row in expected}
    now = {row.id: row for row in found}
    ids = [id_ for id_ in sorted({*was, *now}, key=lambda id_: id_ or 0) if _differ(was.get(id_), now.get(id_))]
    conflicts = [Conflict(id_ or 0, _shown(was.get(id_)), _shown(now.get(id_))) for id_ in ids]
    if conflicts:
        first = "the history changed since the frame was read; nothing was written:"
        text = (first, "Call to_frame() again and repeat the edit.")
        raise conflict_error(conflicts, text, session_id=session_id)


def _differ(was: Row | None, now: Row | None) -> bool:
    return was is None or now is None or was.data != now.data or was.metadata != now.metadata


def _shown(row: Row | None) -> str | None:
    return None if row is None else shown_value(row.data, row.metadata)


def shown_value(data: str | bytes | None, metadata: str | None) -> str | None:
    """Return a row's value as conflicts show it, None for a row that is not there."""
    if data is None:
        return None
    text = data if isinstance(data, str) else data.decode(errors="replace")
    return text if metadata is None else f"{text} with metadata {metadata}"


def conflict_error(conflicts: Sequence[Conflict], text: tuple[str, str], *, session_id: str) -> ConflictError:
    """Return the error that shows conflicts.

    Args:
        conflicts: The rows.
        text: What is said before the rows, and after them.
        session_id: For the error.
    """
    lines = [
        f"  id {conflict.id}: was {short_value(conflict.expected)}, now {short_value(conflict.found)}"
        for conflict in conflicts[:_SHOWN_CONFLICTS]
    ]
    if len(conflicts) > _SHOWN_CONFLICTS:
        lines.append(f"  showing {_SHOWN_CONFLICTS} of {len(conflicts):,}")
    message = "\n".join([text[0], *lines, text[1]])
    return ConflictError(message, session_id=session_id, conflicts=conflicts)


def short_value(value: str | None) -> str:
    """Return the beginning of a value as messages show it."""
    return "nothing" if value is None else short(value, _SHOWN_CHARACTERS)


def make_plan(current: Sequence[Row], wanted: Sequence[Wanted], ids: KnownIds) -> Plan:
    """Tell what must be written so that the history becomes the wanted one.

    Args:
        current: The rows that are stored.
        wanted: The rows of the edited frame; their ids are ids of ``current``.
        ids: The table's ids.
    """
    order = [row.id for row in wanted]
    kept = set(order)
    gone = [row.id for row in current if row.id is not None and row.id not in kept]
    return plan_with_ids(wanted, _place(order, ids), {row.id: row for row in current}, gone)


def plan_with_ids(
    wanted: Sequence[Wanted], given: Sequence[int | None], stored: Mapping[int | None, RawRow], gone: Sequence[int]
) -> Plan:
    """Tell what must be written so that rows stand under the ids that they are given.

    Args:
        wanted: The rows.
        given: Their ids, in the same order.
        stored: The rows that are stored, by id.
        gone: The ids of those that go.
    """
    plan = Plan([*gone], [], [], EditReport(0, 0, 0), [], moved := {})
    changed = 0
    for row, id_ in zip(wanted, given, strict=True):
        old = stored.get(row.id) if row.id is not None else None
        written = Row(id_, old[1] if old else None, row.data, row.metadata)
        differs = old is not None and old[2:] != written[2:]
        changed += differs
        plan.rows.append(written)
        if row.id != id_:
            plan.inserted.append(written)
        elif differs:
            plan.updated.append(written)
        if row.id is not None and id_ is not None and row.id != id_:
            moved[row.id] = id_
    plan.deleted.extend(moved)
    return replace(plan, report=EditReport(len(plan.inserted) - len(moved), changed, len(gone), len(moved)))


def _place(order: Sequence[int | None], ids: KnownIds) -> list[int]:
    known = [id_ for id_ in order if id_ is not None]
    if len(known) == len(order) and all(a < b for a, b in pairwise(known)):
        return known
    return placed(order, ids.between(0, max(known, default=0)), ids.last())


def same_history(stored: Sequence[Row], wanted: Sequence[Wanted]) -> bool:
    """Whether the stored history already is the wanted one."""
    return [row[2:] for row in stored] == [(row.data, row.metadata) for row in wanted]
