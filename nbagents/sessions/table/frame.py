"""A history as a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nbagents.sessions.items.rows import Row, decode
from nbagents.sessions.table.columns import COLUMNS, Reader
from nbagents.sessions.table.pause import collection_paused

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from agents.memory import Session

    from nbagents.sessions.items.rows import RawRow

__all__ = ["TOKEN", "frame_of", "to_frame"]

TOKEN = "nbagents_read"  # noqa: S105 - the key in frame.attrs that tells which read a frame comes from

_PIECE = 256  # rows


async def to_frame(session: Session) -> pd.DataFrame:
    """Read any session's whole history as a DataFrame; one row is one item.

    Columns: ``id``, ``position`` (from 1), ``created_at`` (UTC), ``type``, ``role``, ``agent``, ``text``,
    ``tool``, ``arguments``, ``output``, ``call_id``, ``tokens`` (an estimate, four characters each), ``metadata``
    (JSON) and ``item`` (the exact JSON). A cell is empty where an item has no such thing; ids and times are where
    the session keeps none.

    Args:
        session: A session of ours or the SDK's, or your own that satisfies ``agents.memory.Session``.

    Example:
        >>> import asyncio
        >>> from nbagents.sessions.sqlite.session import SQLiteSession
        >>> async def example():
        ...     async with SQLiteSession("doc", ":memory:") as session:
        ...         await session.add_items([{"role": "user", "content": "Is my lamp on its way?"}])
        ...         return await to_frame(session)
        >>> asyncio.run(example())[["position", "type", "role", "text"]].values.tolist()
        [[1, 'message', 'user', 'Is my lamp on its way?']]
    """
    # On the type: the SDK's wrappers hand attributes on, and what they wrap holds ciphertext.
    own: Any = getattr(type(session), "to_frame", None)
    if own is not None:
        return cast("pd.DataFrame", await own(session))
    from nbagents.sessions.table.any_session import AnySession  # it needs frame_of

    return await AnySession(session).to_frame()


def frame_of(rows: Sequence[RawRow]) -> tuple[pd.DataFrame, list[RawRow], list[Row]]:
    """Turn stored rows into a DataFrame, piece by piece: items that were just parsed are quick to look at.

    Args:
        rows: Any rows.

    Returns:
        The frame of the rows that hold an item, these rows, and those that hold none.
    """
    import pandas as pd

    reader = Reader()
    good: list[RawRow] = []
    bad: list[Row] = []
    with collection_paused():
        for start in range(0, len(rows), _PIECE):
            sound, items, corrupt = decode(rows[start : start + _PIECE])
            reader.take(items)
            good += sound
            bad += corrupt
        values = reader.columns(good)
        data = {column.name: _series(values[column.name], column.type) for column in COLUMNS}
        return pd.DataFrame(data, copy=False), good, bad


def _series(values: Sequence[Any], kind: str) -> pd.Series[Any]:
    """Make a column without letting pandas guess: text stays object, so that None and any edit fit."""
    import numpy as np
    import pandas as pd

    if kind == "datetime64[s, UTC]":
        return _times(values)
    if kind == "object" or (kind == "Int64" and None in values):
        return pd.Series(values, dtype=kind)
    whole = np.fromiter(values, dtype="int64", count=len(values))  # quick from integers, slow from objects
    if kind == "int64":
        return pd.Series(whole)
    return pd.Series(pd.arrays.IntegerArray(whole, np.zeros(len(whole), dtype=bool)))


def _times(values: Sequence[Any]) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    try:
        times = pd.DatetimeIndex(np.array(values, dtype="datetime64[s]")).tz_localize("UTC")  # quick, but ISO only
    except ValueError:
        times = pd.to_datetime(list(values), errors="coerce", utc=True).as_unit("s")
    return pd.Series(times)
