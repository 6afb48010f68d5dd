"""The one local server that the ``offline`` mode of this process uses."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbagents.realtime.local.server import LocalRealtimeServer

__all__ = ["shared_server"]

_lock = threading.Lock()
_shared: list[LocalRealtimeServer] = []


def shared_server() -> LocalRealtimeServer:
    """Return the process's server; the first call starts it, and it ends with the process."""
    from nbagents.realtime.local.server import LocalRealtimeServer

    with _lock:
        if not _shared:
            server = LocalRealtimeServer().start()
            atexit.register(server.stop)
            _shared.append(server)
        return _shared[0]
