"""A faithful realtime server in this process: the ``offline`` mode of realtime, and what tests talk to."""

from __future__ import annotations

from nbagents.realtime.local.faults import Fault
from nbagents.realtime.local.server import LocalRealtimeServer
from nbagents.realtime.local.shared import shared_server

__all__ = ["Fault", "LocalRealtimeServer", "shared_server"]
