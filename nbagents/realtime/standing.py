"""How a conversation stands: whether it is connected, what is wrong, and which tools wait or run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from nbagents.realtime.events import (
    RealtimeConnectionEvent,
    RealtimeErrorEvent,
    RealtimeToolApprovalEvent,
    RealtimeToolEndEvent,
    RealtimeToolStartEvent,
)

if TYPE_CHECKING:
    from nbagents.realtime.events import RealtimeEvent

__all__ = ["CallState", "Standing", "Status"]

Status: TypeAlias = Literal["off", "connecting", "live", "reconnecting", "failed"]
CallState: TypeAlias = Literal["waits", "runs", "done", "rejected"]


@dataclass
class Standing:
    """How a conversation stands.

    Attributes:
        status: The connection.
        trouble: What went wrong last, or empty.
        calls: How each tool's call stands, by its id.

    Example:
        >>> standing = Standing("live")
        >>> standing.take(RealtimeErrorEvent(message="the quota is used up", fatal=True))
        >>> standing.status, standing.trouble
        ('failed', 'the quota is used up')
    """

    status: Status = "off"
    trouble: str = ""
    calls: dict[str, CallState] = field(default_factory=dict)

    def take(self, event: RealtimeEvent) -> None:
        """Take in one event.

        Args:
            event: Any event of the session.
        """
        match event:
            case RealtimeConnectionEvent(status="reconnecting") if self.status == "live":
                self.status = "reconnecting"
            case RealtimeConnectionEvent(status="reconnected") if self.status == "reconnecting":
                self.status = "live"
            case RealtimeErrorEvent(fatal=True) if self.status != "off":
                self.fail(event.message)
            case RealtimeErrorEvent():
                self.trouble = event.message
            case RealtimeToolApprovalEvent():
                self.calls[event.call_id] = "waits"
            case RealtimeToolStartEvent():
                self.calls[event.call_id] = "runs"
            case RealtimeToolEndEvent():
                self.calls[event.call_id] = "done"
            case _:
                pass

    def fail(self, trouble: str) -> None:
        """Note that it is over, and why.

        Args:
            trouble: What went wrong.
        """
        self.trouble, self.status = trouble, "failed"
