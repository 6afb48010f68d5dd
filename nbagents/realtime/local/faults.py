"""What goes wrong on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Fault"]


@dataclass
class Fault:
    """One thing that goes wrong, when a server event of a certain type is about to be sent.

    Attributes:
        kind: ``"close"`` ends the connection in place of the event; ``"delay"`` sends it later than those after
            it; ``"error"`` sends an error event before it; ``"slow"`` makes everything after it wait too.
        at: The type of the event.
        after: How many such events go through first.
        times: How often it happens.
        seconds: How long, for ``"delay"`` and ``"slow"``.
        code: The WebSocket's close code.

    Example:
        >>> fault = Fault("close", at="response.output_audio.delta", after=1)
        >>> [fault.strikes("response.output_audio.delta") for _ in range(3)]
        [False, True, False]
    """

    kind: Literal["close", "delay", "error", "slow"]
    at: str
    after: int = 0
    times: int = 1
    seconds: float = 0.2
    code: int = 1011

    def strikes(self, event_type: str) -> bool:
        """Tell whether it happens now, and count."""
        if event_type != self.at or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True
