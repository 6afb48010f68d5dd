"""A conversation as a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbagents.realtime.conversation import Line

__all__ = ["COLUMNS", "transcript_frame"]

COLUMNS = {
    "time": "datetime64[us, UTC]",
    "role": "str",
    "kind": "str",
    "text": "str",
    "heard": "str",
    "heard_ms": "Int64",
    "spoken": "bool",
    "name": "str",
    "arguments": "str",
    "output": "object",
    "item_id": "str",
}


def transcript_frame(lines: Sequence[Line]) -> pd.DataFrame:
    """Return one row for each item, in conversation order.

    Args:
        lines: The conversation. A call's output stands in its call's row.

    Returns:
        time, role, kind, text, heard (of an interrupted answer; else all of the text), heard_ms, spoken, name,
        arguments, output, item_id.

    Example:
        >>> from nbagents.realtime.conversation import Line
        >>> transcript_frame([Line("a", role="user", text="Hi")])[["role", "text", "heard"]].values.tolist()
        [['user', 'Hi', 'Hi']]
    """
    import pandas as pd

    rows = [
        (
            pd.Timestamp(line.at, unit="s", tz="UTC"),
            line.role,
            line.kind,
            line.text,
            line.text if line.heard is None else line.heard,
            line.heard_ms,
            line.spoken,
            line.name,
            line.arguments,
            line.output,
            line.item_id,
        )
        for line in lines
        if line.kind != "function_call_output"
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
