"""What people say about traces and spans: labels, notes and scores, in the table ``nb_notes``."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple

from nbagents._given import check_given
from nbagents.errors import ConfigError
from nbagents.tracing.capture.redact import Redactor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["Note", "by_span", "insert_note", "note_of"]


class Note(NamedTuple):
    """One row of ``nb_notes``.

    Attributes:
        trace_id: The trace it is about.
        seq: The span it is about, or None where it is about the whole trace.
        label: What kind of note it is, in a word or two.
        note: What is said, or None.
        score: A number, or None.
        created_us: When it was made.
    """

    trace_id: str
    seq: int | None
    label: str
    note: str | None
    score: float | None
    created_us: int

    @property
    def created_at(self) -> datetime:
        """When it was made, in UTC."""
        return datetime.fromtimestamp(self.created_us / 1e6, UTC)


def note_of(trace_id: str, seq: int | None, label: str, note: str | None, score: float | None) -> Note:
    """Make a note of now, without secrets.

    Raises:
        ConfigError: The label is empty, or the score is not a finite number.
    """
    check_given("label", label, "a word such as 'good'", fits=isinstance(label, str))
    if not label.strip():
        raise ConfigError("label is empty; a word such as 'good' tells notes apart", name="label", value=label)
    if score is not None:
        check_given("score", score, "a number, or None", fits=isinstance(score, Real))
        if not math.isfinite(score):
            raise ConfigError(f"score is {score}; it must be a finite number, or None", name="score", value=score)
    redactor = Redactor()
    said = None if note is None else redactor.name(note)
    number = None if score is None else float(score)
    return Note(trace_id, seq, redactor.name(label), said, number, time.time_ns() // 1000)


def insert_note(connection: sqlite3.Connection, note: Note) -> None:
    """Store a note."""
    places = ", ".join("?" * len(Note._fields))
    connection.execute(f"INSERT INTO nb_notes ({', '.join(Note._fields)}) VALUES ({places})", note)


def by_span(notes: Sequence[Note]) -> dict[tuple[str, int | None], list[Note]]:
    """Return notes by what they are about: a trace's id and a span's ``seq``."""
    found: dict[tuple[str, int | None], list[Note]] = {}
    for note in notes:
        found.setdefault((note.trace_id, note.seq), []).append(note)
    return found
