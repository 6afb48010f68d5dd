"""Two agents, or two prompts, on the same rows, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nbagents.errors import ConfigError
from nbagents.run.batch.frame import RESULT_COLUMNS
from nbagents.run.batch.report import check_result

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["BatchComparison", "compare"]

_SHOWN = 10  # rows in the HTML form
_NUMBER = "{:.4g}".format
_SIDES = ("a", "b")
_COMPARED = ("output", "error", "seconds", "tokens", "cost", "trace_id")


class BatchComparison:
    """Two results, row by row.

    Args:
        frame: One row for each row that both have: the columns they were joined on, then ``same``, and ``NAME_a``
            and ``NAME_b`` for output, error, seconds, tokens, cost and trace_id.
        left_out: How many rows only one of them has.
    """

    def __init__(self, frame: pd.DataFrame, left_out: int) -> None:
        self.frame = frame
        self.left_out = left_out

    def differing(self) -> pd.DataFrame:
        """Return the rows whose outputs differ."""
        return self.frame[~self.frame["same"]]

    def summary(self) -> pd.DataFrame:
        """Return for each side how many rows failed, what they took and what they used."""
        frame = self.frame
        return pd.DataFrame(
            {
                "rows": len(frame),
                "failed": [int(frame[f"error_{side}"].notna().sum()) for side in _SIDES],
                "seconds_p50": [frame[f"seconds_{side}"].median() for side in _SIDES],
                "seconds_p95": [frame[f"seconds_{side}"].quantile(0.95) for side in _SIDES],
                "tokens": [int(frame[f"tokens_{side}"].sum()) for side in _SIDES],
                "cost": [frame[f"cost_{side}"].sum(skipna=False) for side in _SIDES],
            },
            index=list(_SIDES),
        )

    def __repr__(self) -> str:
        return f"{self._headline()}\n{self.summary()}"

    def _repr_html_(self) -> str:
        rows = self.differing().drop(columns=["same", "trace_id_a", "trace_id_b"]).dropna(axis=1, how="all")
        shown = rows.head(_SHOWN).to_html(escape=True, float_format=_NUMBER) if len(rows) else ""
        more = f"<p>showing {_SHOWN} of {len(rows):,} rows that differ</p>" if len(rows) > _SHOWN else ""
        return f"<p>{self._headline()}</p>{self.summary().to_html(float_format=_NUMBER)}{shown}{more}"

    def _headline(self) -> str:
        same = int(self.frame["same"].sum())
        verb = "row is" if self.left_out == 1 else "rows are"
        alone = f"; {self.left_out:,} {verb} in one of them only" if self.left_out else ""
        return f"{same:,} of {len(self.frame):,} rows have the same output{alone}"


def compare(a: pd.DataFrame, b: pd.DataFrame, on: Hashable | Sequence[Hashable] | None = None) -> BatchComparison:
    """Put two results of ``map_agent`` side by side: two agents, or two prompts, on the same rows.

    Args:
        a: One result.
        b: The other.
        on: The column or columns that tell which rows belong together; None is the index.

    Raises:
        ConfigError: A frame is not a result, a column is missing, or rows cannot be told apart by ``on``.

    Example:
        >>> one = pd.DataFrame({"q": ["lamp?", "sofa?"], "output": ["blue", "red"], "error": None, "attempts": 1,
        ...                     "seconds": 1.0, "tokens": 5, "cost": 0.0, "trace_id": "t"})
        >>> compare(one, one.assign(output=["blue", "green"]), on="q").differing()["q"].tolist()
        ['sofa?']
    """
    keys = [] if on is None else list(on) if isinstance(on, (list, tuple)) else [on]
    sides = []
    for name, frame in (("a", a), ("b", b)):
        check_result(frame, name)
        sides.append(_keyed(frame, keys, name))
    joined = sides[0].add_suffix("_a").join(sides[1].add_suffix("_b"), how="inner")
    same = [_equal(one, other) for one, other in zip(joined["output_a"], joined["output_b"], strict=True)]
    joined.insert(0, "same", pd.Series(same, index=joined.index, dtype=bool))
    left_out = len(sides[0]) + len(sides[1]) - 2 * len(joined)
    return BatchComparison(joined.reset_index() if keys else joined, left_out)


def _keyed(frame: pd.DataFrame, keys: list[Hashable], name: str) -> pd.DataFrame:
    unfit = [key for key in keys if key not in frame.columns or key in RESULT_COLUMNS]
    if unfit:
        raise ConfigError(
            f"{name} has no column {unfit[0]!r} of the data that was run; name one that tells its rows apart",
            name="on",
            value=unfit[0],
        )
    keyed = pd.DataFrame(frame.set_index(keys) if keys else frame)[list(_COMPARED)]
    if not keyed.index.is_unique:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise ConfigError(
            f"{name} has more than one row for {twice!r}; name columns in `on` that tell its rows apart",
            name="on",
            value=twice,
        )
    return keyed


def _equal(one: object, other: object) -> bool:
    return bool(one == other) or (one is None and other is None)
