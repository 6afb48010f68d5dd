"""Reading traces back. A read first waits for what this process has queued: what was run is what is shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbagents._given import check_given, check_least, path_of
from nbagents.errors import TraceFileError, TraceNotFoundError
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.group import TraceGroup
from nbagents.tracing.record import SpanRecord, TraceRecord
from nbagents.tracing.stored.dataset import Example, span_examples, trace_examples, write_jsonl
from nbagents.tracing.stored.notes import Note, by_span, insert_note, note_of
from nbagents.tracing.stored.payloads import TracePayloads
from nbagents.tracing.stored.store_file import StoreFile
from nbagents.tracing.stored.uncollected import uncollected
from nbagents.tracing.stored.upkeep import check_retention, delete_traces, outdated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    import pandas as pd

__all__ = ["TraceStore", "last_trace", "traces"]

_TRACE, _SPAN = ", ".join(TraceRow._fields), ", ".join(SpanRow._fields)
_NOTE = ", ".join(Note._fields)


class TraceStore(StoreFile):
    """The traces of one SQLite file; may be used from any thread.

    Args:
        path: The file; None is the one beside the notebook.

    Example:
        >>> TraceStore("empty.db").traces().empty
        True
    """

    def traces(self, limit: int | None = None, *, group_id: str | None = None) -> pd.DataFrame:
        """Return the traces, newest first, one row each; ``nbagents.tracing.columns`` lists the columns.

        Args:
            limit: How many at most; None is all.
            group_id: Only those of this group of the SDK's; None is all.

        Raises:
            StoreError: The file cannot be read.
        """
        from nbagents.tracing.frame import trace_frame

        return trace_frame(self.records(limit, group_id=group_id))

    def records(self, limit: int | None = None, *, group_id: str | None = None) -> list[TraceRecord]:
        """Return the traces with their spans, newest first.

        Args:
            limit: How many at most; None is all.
            group_id: Only those of this group of the SDK's; None is all.

        Raises:
            ConfigError: ``limit`` is negative, or no whole number.
        """
        if limit is not None:
            check_least(0, limit=limit)
        newest = "WHERE ? IS NULL OR group_id = ? ORDER BY started_us DESC, rowid DESC LIMIT ?"
        values = (group_id, group_id, -1 if limit is None else limit)
        traces = self.rows(f"SELECT {_TRACE} FROM nb_traces {newest}", *values)
        wanted = f"(SELECT trace_id FROM nb_traces {newest})"
        by_trace: dict[str, list[SpanRow]] = {}
        with uncollected():
            for span in self.rows(f"SELECT {_SPAN} FROM nb_spans WHERE trace_id IN {wanted}", *values):
                by_trace.setdefault(span[0], []).append(SpanRow(*span))
            return [TraceRecord(TraceRow(*row), by_trace.get(row[0], ()), self) for row in traces]

    def group(self, group_id: str) -> TraceGroup:
        """Return the traces of one group of the SDK's, to be looked at on one time axis.

        Args:
            group_id: What the traces were given as ``group_id``: of a session, a conversation, a batch.

        Raises:
            TraceNotFoundError: No trace has it.
        """
        found = self.records(group_id=group_id)
        if not found:
            raise TraceNotFoundError(
                f"there is no trace of group {group_id!r} in {self.path}; traces()['group_id'] lists them",
                trace_id=None,
            )
        return TraceGroup(found, group_id)

    def get(self, trace_id: str) -> TraceRecord:
        """Return one trace.

        Args:
            trace_id: Its id, or the beginning of one that no other trace shares.

        Raises:
            TraceNotFoundError: There is none, or more than one.
            ConfigError: It is no text.
        """
        check_given("trace_id", trace_id, "a trace's id, or how it begins", fits=isinstance(trace_id, str))
        found = self.rows(f"SELECT {_TRACE} FROM nb_traces WHERE trace_id = ?", trace_id) or self.rows(
            f"SELECT {_TRACE} FROM nb_traces WHERE substr(trace_id, 1, ?) = ? LIMIT 2", len(trace_id), trace_id
        )
        if len(found) != 1:
            count = "more than one trace begins with" if found else "there is no trace"
            raise TraceNotFoundError(
                f"{count} {trace_id!r} in {self.path}; traces() lists them", trace_id=trace_id
            )
        return self._record(found[0])

    def last(self) -> TraceRecord:
        """Return the newest trace.

        Raises:
            TraceNotFoundError: There is none yet.
        """
        found = self.rows(f"SELECT {_TRACE} FROM nb_traces ORDER BY started_us DESC, rowid DESC LIMIT 1")
        if not found:
            raise TraceNotFoundError(
                f"there are no traces yet in {self.path}; run an agent after %load_ext nbagents or enable()",
                trace_id=None,
            )
        return self._record(found[0])

    def payload(self, trace_id: str, seq: int) -> dict[str, Any]:
        """Return what a span kept: ``input``, ``output``, ``data`` and ``error``; empty while it runs.

        Args:
            trace_id: The trace's whole id.
            seq: The span's place in the order of starting.

        Raises:
            TraceNotFoundError: There is no such span.
            StoreError: What is stored is not JSON.
        """
        found = self.rows("SELECT seq, payload FROM nb_spans WHERE trace_id = ? AND seq = ?", trace_id, seq)
        return TracePayloads(self.path, dict(found)).payload(trace_id, seq)

    def payloads(self, trace_id: str) -> TracePayloads:
        """Return the payloads of all spans of a trace, read at once.

        Args:
            trace_id: The trace's whole id.
        """
        return TracePayloads(
            self.path, dict(self.rows("SELECT seq, payload FROM nb_spans WHERE trace_id = ?", trace_id))
        )

    def annotate(
        self,
        trace: TraceRecord | SpanRecord | str,
        label: str,
        note: str | None = None,
        score: float | None = None,
    ) -> None:
        """Say something about a trace or a span; what was said before stays.

        Args:
            trace: The trace, its id or the beginning of that, or one span of it.
            label: What kind of note it is, in a word or two.
            note: What is said.
            score: A number.

        Raises:
            TraceNotFoundError: There is no such trace.
            ConfigError: The label is empty, or the score is not a finite number.
        """
        seq = trace.row.seq if isinstance(trace, SpanRecord) else None
        with self.writing() as connection:
            insert_note(connection, note_of(self._id(trace), seq, label, note, score))

    def notes(self) -> pd.DataFrame:
        """Return what was said about traces and spans, in the order in which it was said.

        ``seq`` is the span's place in its trace, or NA for what is about the whole trace; times are UTC.
        """
        from nbagents.tracing.frame import note_frame

        return note_frame(self._notes())

    def to_dataset(
        self, chosen: Iterable[SpanRecord | TraceRecord] | None = None, *, path: Path | str | None = None
    ) -> pd.DataFrame:
        """Return input, output and notes of chosen spans, one row for each note.

        Args:
            chosen: Spans and traces; None is everything that has a note. A trace stands for what its first model
                call was given and what its last one answered.
            path: A file to write the same rows to as JSON, one a line; what was there is replaced.

        Raises:
            TraceFileError: The file cannot be written.
            ConfigError: One of them is neither, or the path is none.
        """
        from nbagents.tracing.frame import example_frame

        notes = by_span(self._notes())
        examples = list(self._examples(self._noted(notes) if chosen is None else chosen, notes))
        if path is not None:
            try:
                write_jsonl(examples, path_of("path", path))
            except OSError as exc:
                raise TraceFileError(
                    f"{path} cannot be written: {exc.strerror or exc}; name another file", path=path
                ) from exc
        return example_frame(examples)

    def import_(self, path: Path | str) -> list[TraceRecord]:
        """Read traces of elsewhere, of production say, and store them; the same ones once.

        Args:
            path: What ``FileTracingProcessor`` or ``export`` wrote as lines, or OpenTelemetry's JSON, whole
                or a request on each line as a collector's file exporter writes it.

        Returns:
            The traces, in the file's order.

        Raises:
            TraceFileError: The file cannot be read or is neither; nothing is stored.
        """
        from nbagents.tracing.files.import_file import read_file
        from nbagents.tracing.files.import_rows import insert_traces

        found = read_file(path_of("path", path))
        with self.writing() as connection:
            insert_traces(connection, found)
        return [self.get(row.trace_id) for row, _ in found]

    def delete(self, *traces: TraceRecord | str) -> int:
        """Delete traces with their spans and notes; ``vacuum()`` gives their space back to the disk.

        Args:
            traces: The traces, or their ids.

        Returns:
            How many were deleted.

        Raises:
            TraceNotFoundError: One of them is not there; none is deleted.
            TraceRunningError: One of them is running; none is deleted.
        """
        ids = [self._id(trace) for trace in traces]
        with self.writing() as connection:
            return delete_traces(connection, ids)

    def prune(self, *, keep: int | None = None, older_than: timedelta | None = None) -> int:
        """Delete the traces that are too many or too old; never one that is running.

        Args:
            keep: How many of the newest to keep.
            older_than: Those that started longer ago than this go.

        Returns:
            How many were deleted.

        Raises:
            ConfigError: Neither is given, or one is negative.
        """
        check_retention(keep, older_than)
        if not self.path.exists():
            return 0
        with self.writing() as connection:
            now = time.time_ns() // 1000
            return delete_traces(connection, outdated(connection, keep=keep, older_than=older_than, now_us=now))

    def __repr__(self) -> str:
        return f"TraceStore({str(self.path)!r})"

    def _id(self, trace: TraceRecord | SpanRecord | str) -> str:
        """Return the whole id of a trace that is in this store."""
        if isinstance(trace, SpanRecord):
            return self.get(trace.row.trace_id).trace_id
        return self.get(trace.trace_id if isinstance(trace, TraceRecord) else trace).trace_id

    def _notes(self) -> list[Note]:
        return [Note(*row) for row in self.rows(f"SELECT {_NOTE} FROM nb_notes ORDER BY created_us, rowid")]

    def _noted(self, notes: Iterable[tuple[str, int | None]]) -> Iterator[SpanRecord | TraceRecord]:
        records: dict[str, TraceRecord] = {}
        for trace_id, seq in notes:
            record = records.get(trace_id) or records.setdefault(trace_id, self.get(trace_id))
            yield record if seq is None else record.span(seq)

    def _examples(
        self,
        chosen: Iterable[SpanRecord | TraceRecord],
        notes: dict[tuple[str, int | None], list[Note]],
    ) -> Iterator[Example]:
        wanted = "a list of spans and traces, such as [last_trace()]"
        check_given("chosen", chosen, wanted, fits=hasattr(chosen, "__iter__"))
        for one in chosen:
            check_given("chosen", one, wanted, fits=isinstance(one, SpanRecord | TraceRecord))
            if isinstance(one, TraceRecord):
                yield from trace_examples(one, notes.get((one.trace_id, None), ()))
            else:
                said: Sequence[Note] = notes.get((one.row.trace_id, one.row.seq), ())
                yield from span_examples(one.trace, one, said)

    def _record(self, row: tuple[Any, ...]) -> TraceRecord:
        with uncollected():
            spans = self.rows(f"SELECT {_SPAN} FROM nb_spans WHERE trace_id = ? ORDER BY seq", row[0])
            return TraceRecord(TraceRow(*row), [SpanRow(*span) for span in spans], self)


def traces(limit: int | None = None, *, group_id: str | None = None) -> pd.DataFrame:
    """Return the traces of the file beside the notebook, newest first, one row each.

    Args:
        limit: How many at most; None is all.
        group_id: Only those of this group of the SDK's; None is all.

    Example:
        >>> list(traces().columns[:3])
        ['name', 'started_at', 'duration']
    """
    return TraceStore().traces(limit, group_id=group_id)


def last_trace() -> TraceRecord:
    """Return the newest trace of the file beside the notebook.

    Raises:
        TraceNotFoundError: There is none yet.

    Example:
        >>> last_trace()  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        nbagents.errors.TraceNotFoundError: there are no traces yet in ...
    """
    return TraceStore().last()
