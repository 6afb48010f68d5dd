"""Two agents, or two prompts, on the same rows, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nbagents._static_table import StaticTable
from nbagents.errors import ConfigError
from nbagents.run.batch.compare_static import Comparison, comparison_html, comparison_text
from nbagents.run.batch.frame import RESULT_COLUMNS, about
from nbagents.run.batch.report import check_result

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["ComparedFrame", "compare"]

_SIDES = ("a", "b")
_COMPARED = ("output", "error", "seconds", "tokens", "cost", "trace_id")
_NAMES = frozenset(f"{name}_{side}" for name in _COMPARED for side in _SIDES) | {"same"}
_ABOUT = "nbagents_comparison"  # the key of our entry in the frame's attrs


class ComparedFrame(StaticTable, pd.DataFrame):
    """Two results, row by row: a DataFrame that shows what changed.

    It has the columns that the results were joined on, then ``same``, and ``NAME_a`` and ``NAME_b`` for output,
    error, seconds, tokens, cost and trace_id. Rows of it are a comparison too; with other columns it shows itself
    as pandas does.
    """

    @property
    def left_out(self) -> int:
        """How many rows only one of the results has."""
        return int(self.attrs.get(_ABOUT, {}).get("left_out", 0))

    def differing(self) -> ComparedFrame:
        """Return the rows whose outputs differ."""
        return self[~self["same"]]

    def summary(self) -> pd.DataFrame:
        """Return for each side how many rows failed, what they took and what they used."""
        seconds = [self[f"seconds_{side}"] for side in _SIDES]
        return pd.DataFrame(
            {
                "rows": len(self),
                "failed": [int(self[f"error_{side}"].notna().sum()) for side in _SIDES],
                "seconds": [one.sum() for one in seconds],
                "seconds_p50": [one.median() for one in seconds],
                "seconds_p95": [one.quantile(0.95) for one in seconds],
                "tokens": [int(self[f"tokens_{side}"].sum()) for side in _SIDES],
                "cost": [self[f"cost_{side}"].sum(skipna=False) for side in _SIDES],
            },
            index=list(_SIDES),
        )

    def _is_whole(self) -> bool:
        return {*self.columns} >= _NAMES

    def _static_html(self) -> str:
        return comparison_html(self._comparison())

    def _static_text(self) -> str:
        return comparison_text(self._comparison())

    def _comparison(self) -> Comparison:
        known = self.attrs.get(_ABOUT, {})
        keys = [key for key in known.get("keys", []) if key in self.columns]
        labels = self[keys].itertuples(index=False, name=None) if keys else ((label,) for label in self.index)
        return Comparison(
            names=known.get("names", _SIDES),
            labels=[", ".join(map(str, label)) for label in labels],
            rows=self[sorted(_NAMES)].to_dict("records"),
            figures=self.summary().to_dict("index"),
            left_out=self.left_out,
        )


def compare(a: pd.DataFrame, b: pd.DataFrame, on: Hashable | Sequence[Hashable] | None = None) -> ComparedFrame:
    """Put two results of ``map_agent`` side by side: two agents, or two prompts, on the same rows.

    Args:
        a: One result.
        b: The other.
        on: The column or columns that tell which rows belong together; None is the index.

    Returns:
        A DataFrame with a row for each row that both have; in a notebook it shows what changed and what failed.

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
    compared = ComparedFrame(joined.reset_index() if keys else joined)
    compared.attrs = {_ABOUT: {"left_out": left_out, "keys": keys, "names": _names(a, b)}}
    return compared


def _names(*frames: pd.DataFrame) -> tuple[str, ...]:
    """What the sides are called: after their agents, where these have names of their own."""
    agents = [about(frame).get("agent") for frame in frames]
    named = None not in agents and len({*agents}) == len(agents)
    return tuple(f"{side}: {agent}" if named else side for side, agent in zip(_SIDES, agents, strict=True))


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
