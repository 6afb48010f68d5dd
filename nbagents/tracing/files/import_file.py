"""A file of traces, read: lines of JSON of ours, or OpenTelemetry's JSON, whole or a request a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.errors import TraceFileError
from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.files.jsonl import read_line
from nbagents.tracing.files.otlp_read import read_otlp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbagents.tracing.files.otlp_read import Trace

__all__ = ["read_file"]


def read_file(path: Path) -> list[Trace]:
    """Return the traces of a file, each with its spans and their payloads.

    Raises:
        TraceFileError: It cannot be read, or is neither of the two formats; the line is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise TraceFileError(f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc}", path=path) from exc
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if lines and '"kind"' in lines[0][1] and '"resourceSpans"' not in lines[0][1]:
        return _own(path, lines)
    try:
        return list(read_otlp(_requests(path, text, lines)))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise TraceFileError(f"{path} is not OpenTelemetry's JSON: {exc}", path=path) from exc


def _own(path: Path, lines: list[tuple[int, str]]) -> list[Trace]:
    traces: dict[str, TraceRow] = {}
    spans: dict[str, dict[str, tuple[SpanRow, dict[str, Any]]]] = {}
    for number, line in lines:
        try:
            found = read_line(line)
        except (ValueError, TypeError) as exc:
            raise TraceFileError(
                f"line {number} of {path} cannot be read: {exc}; take it out to import the others",
                path=path,
                line=number,
            ) from exc
        if isinstance(found, TraceRow):
            traces[found.trace_id] = found
        else:
            spans.setdefault(found[0].trace_id, {})[found[0].span_id] = found
    for trace_id, of_trace in spans.items():  # a program that was killed, or a file whose beginning was put aside
        first = min(row.started_us for row, _ in of_trace.values())
        traces.setdefault(trace_id, TraceRow(trace_id, "trace", first))
    return [(row, list(spans.get(trace_id, {}).values())) for trace_id, row in traces.items()]


def _requests(path: Path, text: str, lines: list[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    try:
        found = [json.loads(text)]
    except ValueError:  # the collector's own files have a request on each line
        found = [_request(path, number, line) for number, line in lines]
    for request in found:
        if not isinstance(request, dict) or "resourceSpans" not in request:
            raise TraceFileError(
                f"{path} holds neither lines of nbagents (.jsonl) nor OpenTelemetry's JSON (resourceSpans)",
                path=path,
            )
        yield request


def _request(path: Path, number: int, line: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(line)
    except ValueError as exc:
        raise TraceFileError(f"line {number} of {path} is not JSON: {exc}", path=path, line=number) from exc
