"""Rows of plain values as a DataFrame whose columns have the types they are said to have, with rows or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

__all__ = ["TIME", "frame_of_records"]

TIME = "datetime64[us, UTC]"
"""The type of a column whose values are whole microseconds since 1970 UTC, or None."""


def frame_of_records(types: Mapping[str, str], records: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Make a DataFrame.

    Args:
        types: The dtype of each column, in order.
        records: The rows; each has a value for every column, None where there is none.

    Example:
        >>> frame = frame_of_records({"name": "object", "at": TIME}, [("a", 0), (None, None)])
        >>> frame["name"].tolist(), str(frame["at"].dtype)
        (['a', None], 'datetime64[us, UTC]')
    """
    import pandas as pd

    columns = list(zip(*records, strict=True)) or [()] * len(types)
    return pd.DataFrame(
        {name: _series(values, dtype) for (name, dtype), values in zip(types.items(), columns, strict=True)}
    )


def _series(values: Sequence[Any], dtype: str) -> pd.Series[Any]:
    import pandas as pd

    if dtype == TIME:
        return pd.Series(pd.to_datetime(pd.array(values, dtype="Int64"), unit="us", utc=True)).dt.as_unit("us")
    return pd.Series(list(values), dtype=dtype)
