"""Turns as a DataFrame: the columns as a table, the loop once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbagents.voice.turn import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from nbagents.voice.turn import VoiceTurn

__all__ = ["COLUMNS", "turn_row", "turns_frame"]


def _took(stage: str) -> Callable[[VoiceTurn], float | None]:
    return lambda turn: turn.latency.get(stage)


COLUMNS: dict[str, tuple[str, Callable[[VoiceTurn], Any]]] = {
    "turn": ("Int64", lambda turn: turn.number),
    "time": ("datetime64[us, UTC]", lambda turn: round(turn.started_at * 1e6)),
    "said": ("object", lambda turn: turn.text),
    "answer": ("object", lambda turn: turn.answer),
    "agent": ("object", lambda turn: turn.agent_name),
    "tools": ("object", lambda turn: [call.name for call in turn.tools]),
    "interrupted": ("boolean", lambda turn: turn.interrupted),
    "error": ("object", lambda turn: turn.error),
    **{f"{stage.replace(' ', '_')}_ms": ("Float64", _took(stage)) for stage in STAGES},
    "trace_id": ("object", lambda turn: turn.trace_id),
}
"""For each column its dtype, and how it is read from a turn."""


def turn_row(turn: VoiceTurn) -> dict[str, Any]:
    """Return a turn as one row: what was said, what was answered, and how long each stage took, in ms."""
    return {name: read(turn) for name, (_, read) in COLUMNS.items()}


def turns_frame(turns: Sequence[VoiceTurn]) -> pd.DataFrame:
    """Return turns as a frame, one row each; ``time`` is when the speech ended, in UTC.

    Example:
        >>> from nbagents.voice.turn import VoiceTurn
        >>> turns_frame([VoiceTurn(1, 0.0, text="hello", answer="Hi.")])[["turn", "said", "answer"]]
           turn   said answer
        0     1  hello    Hi.
    """
    import pandas as pd

    rows = [turn_row(turn) for turn in turns]
    return pd.DataFrame(
        {
            name: pd.to_datetime(pd.Series([row[name] for row in rows], dtype="int64"), unit="us", utc=True)
            if dtype.startswith("datetime")
            else pd.Series([row[name] for row in rows], dtype=dtype)
            for name, (dtype, _) in COLUMNS.items()
        }
    )
