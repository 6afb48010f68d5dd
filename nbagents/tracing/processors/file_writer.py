"""Lines of JSON at the end of a file that other processes write to as well; a long one is put aside."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from filelock import FileLock

from nbagents.tracing.capture.discreet import discreet, discreet_error
from nbagents.tracing.capture.queue_writer import QueueWriter
from nbagents.tracing.files.jsonl import span_line, trace_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbagents.tracing.capture.ledger import Batch

__all__ = ["FileWriter"]


class FileWriter(QueueWriter):
    """Appends traces to a file of JSON lines.

    Args:
        path: The file.
        sensitive: Whether inputs, outputs and arguments are written.
        max_bytes: How long the file may become before it is put aside; None is any length.
        backups: How many that were put aside are kept.
    """

    def __init__(self, path: Path, *, sensitive: bool, max_bytes: int | None, backups: int) -> None:
        super().__init__(path)
        self._sensitive = sensitive
        self._max_bytes = max_bytes
        self._backups = backups
        self._lock = FileLock(f"{path}.lock", thread_local=False)

    def _store(self, batch: Batch) -> None:
        text = "".join(self._lines(batch)).encode()
        if not text:
            return
        with self._lock:  # between processes: lines stay whole, and only one puts the file aside
            if self._max_bytes is not None and self._size() and self._size() + len(text) > self._max_bytes:
                self._put_aside()
            with self.path.open("ab") as file:
                file.write(b"\n" * self._is_torn() + text)

    def _lines(self, batch: Batch) -> Iterator[str]:
        for trace in batch.traces.values():
            yield trace_line(trace if self._sensitive else trace._replace(metadata=_discreet_text(trace.metadata)))
        for key, span in batch.spans.items():
            if span.ended_us is not None:
                payload = json.loads(batch.payloads.get(key, "{}"))
                if not self._sensitive:
                    payload = {**discreet(payload), "error": discreet_error(payload.get("error"))}
                    span = span._replace(error=None if span.error is None else _general(payload["error"]))  # noqa: PLW2901 - the same span, with less said
                yield span_line(span, payload)

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _is_torn(self) -> bool:
        """Whether the last line has no end: the power went while it was written."""
        if not self._size():
            return False
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _put_aside(self) -> None:
        for number in range(self._backups - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        if self._backups:
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        else:
            self.path.unlink()


def _discreet_text(text: str | None) -> str | None:
    return None if text is None else json.dumps(discreet(json.loads(text)), ensure_ascii=False)


def _general(error: object) -> str:
    return str(error.get("message")) if isinstance(error, dict) else str(error)
