"""The payloads of one trace, read at once: for what needs each of them, such as an export."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbagents.errors import StoreError, TraceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["TracePayloads"]


class TracePayloads:
    """Payloads as JSON text in memory, parsed when they are asked for.

    Args:
        path: The file they were read from.
        texts: By the ``seq`` of their span; None where a span has none yet.
    """

    def __init__(self, path: Path, texts: Mapping[int, str | None]) -> None:
        self._path = path
        self._texts = texts

    def payload(self, trace_id: str, seq: int) -> dict[str, Any]:
        """Return ``input``, ``output``, ``data`` and ``error`` of a span; empty while it runs.

        Raises:
            TraceNotFoundError: There is no such span.
            StoreError: What is stored is not JSON.
        """
        if seq not in self._texts:
            raise TraceNotFoundError(
                f"trace {trace_id!r} has no span number {seq} in {self._path}", trace_id=trace_id
            )
        text = self._texts[seq]
        try:
            return json.loads(text) if text else {}
        except ValueError as exc:
            raise StoreError(
                f"the payload of span number {seq} of trace {trace_id!r} in {self._path} is not JSON ({exc}); "
                "something else has changed it",
                path=self._path,
            ) from exc
