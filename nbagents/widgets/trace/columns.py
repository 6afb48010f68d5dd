"""Rows of traces as columns on their way to a page: arrays of numbers, and each text once.

A message has four buffers (``table.js`` reads them): JSON with what is new of traces and texts; the whole
numbers of the spans, one column after the other; their times; and what model calls used, only of spans that are
known to have used something. A hundred thousand spans are 4 MB of arrays instead of 20 MB of JSON.
"""

from __future__ import annotations

import json
from array import array
from itertools import chain, repeat
from math import nan
from typing import TYPE_CHECKING, Any

from nbagents._short import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbagents.tracing.capture.rows import SpanRow, TraceRow

__all__ = ["TEXT_CHARACTERS", "Columns"]

TEXT_CHARACTERS = 500  # of one text: an error of a megabyte is read when its span is chosen
NONE = -1


class _Codes(dict[str | None, int]):
    """Numbers texts in the order in which they are met; None is -1."""

    def __init__(self) -> None:
        super().__init__({None: NONE})
        self.fresh: list[str] = []

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self) - 1
        self.fresh.append(short(text, TEXT_CHARACTERS))
        return code

    def taken(self) -> list[str]:
        """Return the texts that are new since the last time."""
        fresh, self.fresh = self.fresh, []
        return fresh


class Columns:
    """What a page knows so far, so that it is told only what is new.

    Example:
        >>> from nbagents.tracing.capture.rows import SpanRow, TraceRow
        >>> columns = Columns()
        >>> span = SpanRow("t1", 0, "s0", None, "agent", "triage", 10, 30)
        >>> head, whole, times, usage = columns.buffers([TraceRow("t1", "lamp", 10)], {"t1": [span]})
        >>> json.loads(head)["names"], list(array("i", whole)), list(array("d", times)), usage
        (['agent', 'triage'], [0, 0, -1, 0, 1, -1, -1, -1], [10.0, 30.0], b'')
    """

    def __init__(self) -> None:
        self._codes = _Codes()
        self._numbers: dict[str, int] = {}
        self._seqs: dict[str, dict[str, int]] = {}

    def buffers(
        self,
        traces: Iterable[TraceRow],
        spans: Mapping[str, Sequence[SpanRow]],
        interrupted: frozenset[str] = frozenset(),
    ) -> list[bytes]:
        """Encode rows that are new or changed.

        Args:
            traces: Rows of traces.
            spans: Rows of spans, by trace.
            interrupted: Ids of traces that have no end and whose kernel is gone; a page cannot find that out.
        """
        told = [(self._number(row.trace_id), _facts(row, interrupted)) for row in traces]
        each = [self._columns(trace_id, rows) for trace_id, rows in spans.items() if rows]
        whole, times = (
            b"".join(array(code, chain.from_iterable(column)).tobytes() for column in zip(*part, strict=True))
            for code, part in (("i", [whole for whole, _ in each]), ("d", [times for _, times in each]))
        )
        usage = _usage(list(chain.from_iterable(spans.values())))
        head = {"traces": told, "names": self._codes.taken()}
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
        return [text.encode("utf-8", "replace"), whole, times, usage]

    def _number(self, trace_id: str) -> int:
        return self._numbers.setdefault(trace_id, len(self._numbers))

    def _columns(self, trace_id: str, rows: Sequence[SpanRow]) -> tuple[list[Any], list[Any]]:
        _, seq, span_id, parent_id, kind, name, started, ended, agent, model, *_tokens, error = zip(
            *rows, strict=True
        )
        seqs = self._seqs.setdefault(trace_id, {})
        for span, number in zip(span_id, seq, strict=True):
            seqs.setdefault(span, number)
        parents = map(seqs.get, parent_id, repeat(NONE))
        texts = (map(self._codes.__getitem__, column) for column in (kind, name, agent, model, error))
        number = self._number(trace_id)
        whole = [repeat(number, len(rows)), seq, parents, *texts]
        return whole, [started, [nan if end is None else end for end in ended]]


def _facts(row: TraceRow, interrupted: frozenset[str]) -> dict[str, Any]:
    return {
        "trace_id": row.trace_id,
        "name": row.name[:TEXT_CHARACTERS],
        "started_us": row.started_us,
        "ended_us": row.ended_us,
        "group_id": row.group_id,
        "interrupted": row.trace_id in interrupted,
    }


def _usage(rows: Sequence[SpanRow]) -> bytes:
    """Encode tokens and the first token's time, of the spans that have them; the first column is their place."""
    used = [
        (
            place,
            row.input_tokens,
            row.output_tokens,
            row.cached_tokens,
            row.reasoning_tokens,
            None if row.first_token_us is None else row.first_token_us - row.started_us,
        )
        for place, row in enumerate(rows)
        if row.input_tokens is not None or row.output_tokens is not None or row.first_token_us is not None
    ]
    columns = chain.from_iterable(zip(*used, strict=True))
    return array("d", [nan if value is None else value for value in columns]).tobytes()
