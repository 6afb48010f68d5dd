"""Traces into a file: one page of HTML, Chrome's and Perfetto's JSON, lines of JSON, OTLP's JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from nbagents._given import path_of
from nbagents.errors import ConfigError, TraceFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nbagents.tracing.record import TraceRecord

__all__ = ["Format", "export"]

Format = Literal["html", "chrome", "jsonl", "otlp"]
_SUFFIXES: Mapping[str, Format] = {
    ".otlp.json": "otlp",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".json": "chrome",
}


def export(records: Sequence[TraceRecord], path: Path | str, format: str | None = None) -> Path:  # noqa: A002 - a file's format has no better name
    """Write traces to a file; what was there is replaced, whole or not at all.

    Args:
        records: The traces.
        path: The file.
        format: ``"html"``, ``"chrome"``, ``"jsonl"`` or ``"otlp"``; None follows from the file's suffix.

    Raises:
        ConfigError: The format is another, or does not follow from the suffix; or that is no path.
        TraceFileError: The file cannot be written.
    """
    file = path_of("path", path)
    parts = _WRITERS[_format_of(file, format)]([record.loaded() for record in records])
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(parts)
        unfinished.replace(file)
    except OSError as exc:
        raise TraceFileError(
            f"{file} cannot be written: {exc.strerror or exc}; name another file", path=file
        ) from exc
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def _format_of(file: Path, chosen: str | None) -> Format:
    if chosen is None:
        found = next((name for suffix, name in _SUFFIXES.items() if file.name.lower().endswith(suffix)), None)
        if found is None:
            raise ConfigError(
                f"no format follows from the name {file.name!r}; end it with {', '.join(_SUFFIXES)}, or give one",
                name="path",
                value=file,
            )
        return found
    for name in _WRITERS:
        if name == chosen:
            return name
    raise ConfigError(f"format is {chosen!r}; it is one of {', '.join(_WRITERS)}", name="format", value=chosen)


def _html(records: Sequence[TraceRecord]) -> Iterator[str]:
    from nbagents.tracing.files.html import page

    return page(records)


def _chrome(records: Sequence[TraceRecord]) -> Iterator[str]:
    from nbagents.tracing.files.chrome import chrome_json

    return chrome_json(records)


def _jsonl(records: Sequence[TraceRecord]) -> Iterator[str]:
    from nbagents.tracing.files.jsonl import span_line, trace_line

    for record in records:
        yield trace_line(record.row)
        yield from (span_line(row, record.payload(row.seq)) for row in record.rows)


def _otlp(records: Sequence[TraceRecord]) -> Iterator[str]:
    from nbagents.tracing.files.otlp_write import otlp_json

    return otlp_json(records)


_WRITERS: Mapping[Format, Callable[[Sequence[TraceRecord]], Iterator[str]]] = {
    "html": _html,
    "chrome": _chrome,
    "jsonl": _jsonl,
    "otlp": _otlp,
}
