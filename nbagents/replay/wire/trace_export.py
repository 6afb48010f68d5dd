"""The SDK's own trace exporter, kept behind the same seam.

Two things about it would break a promise. It prints a complaint when there is no key, which is the normal state of
a notebook without one; and with a key it posts to the API whatever the mode. Its processors belong to the user, so
they stay: a logging filter hides that one complaint, and its HTTP client is exchanged for one on the seam.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import httpx2
from agents.tracing.processors import default_exporter

from nbagents.replay.wire.transport import SeamTransport

if TYPE_CHECKING:
    from nbagents.replay.wire.transport import Seam

__all__ = ["TraceExport"]

_SDK_LOGGER = logging.getLogger("openai.agents")
_COMPLAINT = "OPENAI_API_KEY is not set, skipping trace export"


class TraceExport:
    """Puts the default exporter on a seam, and back.

    Args:
        seam: Decides whether an export leaves the process.
    """

    def __init__(self, seam: Seam) -> None:
        self._seam = seam
        self._own_client: httpx2.Client | None = None

    def install(self) -> None:
        """Hide the complaint and route the export through the seam; does nothing the second time."""
        _SDK_LOGGER.addFilter(_hide_complaint)  # logging keeps a filter once
        exporter = default_exporter()
        if self._own_client is None and hasattr(exporter, "_client"):  # private: without it nothing is exchanged
            self._own_client = exporter._client  # noqa: SLF001 - the SDK offers no other way in
            timeout = self._own_client.timeout
            exporter._client = httpx2.Client(transport=SeamTransport(self._seam), timeout=timeout)  # noqa: SLF001 - as above

    def uninstall(self) -> None:
        """Put back what was there."""
        _SDK_LOGGER.removeFilter(_hide_complaint)
        if self._own_client is not None:
            default_exporter()._client = self._own_client  # noqa: SLF001 - as in install
            self._own_client = None


def _hide_complaint(record: logging.LogRecord) -> bool:
    return record.msg != _COMPLAINT or bool(os.environ.get("OPENAI_API_KEY"))
