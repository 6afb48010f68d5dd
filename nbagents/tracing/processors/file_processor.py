"""Traces into a file of JSON lines, for a program that runs outside a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents._given import check_least, path_of
from nbagents.errors import ConfigError, TraceFileError
from nbagents.tracing.capture.event_processor import EventProcessor
from nbagents.tracing.processors.file_writer import FileWriter

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileTracingProcessor"]


class FileTracingProcessor(EventProcessor):
    """Appends every trace of this process to a file, one line of JSON a trace and one a span that has ended.

    Several processes may write to one file. Secrets are taken out. ``TraceStore.import_`` reads it back.

    Args:
        file_path: The file; it is made when the first trace comes.
        format: ``"jsonl"``.
        include_sensitive_data: Whether inputs, outputs and arguments are written; otherwise ``[redacted]`` stands
            in their place, at any depth.
        max_bytes: How long the file may become. Then it is put aside as ``NAME.1``, what was that as ``NAME.2``,
            and so on. None is any length.
        backups: How many files that were put aside are kept.

    Raises:
        ConfigError: The format is another, or a number is negative.
        TraceFileError: It is a folder, or its folder does not exist.

    Example:
        >>> from pathlib import Path
        >>> from agents import custom_span, trace
        >>> from agents.tracing import set_trace_processors
        >>> processor = FileTracingProcessor("traces.jsonl")
        >>> set_trace_processors([processor])
        >>> with trace("demo"), custom_span("step"):
        ...     pass
        >>> processor.force_flush()
        >>> len(Path("traces.jsonl").read_text().splitlines())
        2
        >>> set_trace_processors([])
    """

    def __init__(
        self,
        file_path: Path | str,
        format: str = "jsonl",  # noqa: A002 - the design's signature
        include_sensitive_data: bool = True,  # noqa: FBT001, FBT002 - likewise
        *,
        max_bytes: int | None = None,
        backups: int = 5,
    ) -> None:
        if format != "jsonl":
            raise ConfigError(f"format is {format!r}; there is only 'jsonl'", name="format", value=format)
        if max_bytes is not None:
            check_least(1, max_bytes=max_bytes)
        check_least(0, backups=backups)
        path = path_of("file_path", file_path)
        if not path.parent.is_dir():
            raise TraceFileError(f"there is no folder {path.parent}; make it first", path=path)
        if path.is_dir():
            raise TraceFileError(f"{path} is a folder; name a file in it", path=path)
        self._options = (path, include_sensitive_data, max_bytes, backups)

    def __repr__(self) -> str:
        return f"FileTracingProcessor({str(self._options[0])!r})"

    def shutdown(self, timeout: float | None = None) -> None:
        """Write what is left and end the thread that writes.

        Args:
            timeout: Seconds to wait at most.
        """
        writer = self._writer
        super().shutdown(timeout)
        if isinstance(writer, FileWriter):
            writer.close(timeout)

    def _open(self) -> FileWriter:
        path, sensitive, max_bytes, backups = self._options
        writer = self._writer = FileWriter(path, sensitive=sensitive, max_bytes=max_bytes, backups=backups)
        return writer
