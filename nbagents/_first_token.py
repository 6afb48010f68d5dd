"""When the first token of a streamed answer came, from where it is seen to where its span is written.

The SDK's spans tell when a call began and ended. The transport of our clients sees the stream and notes the moment
here; the tracing processor takes it up when the span ends.
"""

from __future__ import annotations

__all__ = ["note_first_token", "take_first_token"]

_MAX_NOTED = 1_000  # spans that nobody asked about
_noted: dict[str, str] = {}


def note_first_token(span_id: str, moment: str) -> None:
    """Keep when a span's first token came.

    Args:
        span_id: The SDK's id of the model call.
        moment: In the SDK's ISO 8601 text.
    """
    while len(_noted) >= _MAX_NOTED:
        _noted.pop(next(iter(_noted)), None)
    _noted[span_id] = moment


def take_first_token(span_id: str) -> str | None:
    """Return when a span's first token came, and forget it; None where that is not known.

    Example:
        >>> note_first_token("span_1", "2026-03-05T12:00:00+00:00")
        >>> take_first_token("span_1"), take_first_token("span_1")
        ('2026-03-05T12:00:00+00:00', None)
    """
    return _noted.pop(span_id, None)
