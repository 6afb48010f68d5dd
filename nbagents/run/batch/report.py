"""What there is to see in a batch's frame: how its rows are distributed, and those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents._given import check_given
from nbagents._location import current_environment, locate
from nbagents.errors import ConfigError
from nbagents.run.batch.distribution import ErrorKind, error_kinds
from nbagents.run.batch.frame import RESULT_COLUMNS, about
from nbagents.run.batch.progress import Progress
from nbagents.run.batch.row_result import EndedRow, RowResult
from nbagents.run.batch.static import batch_html, batch_text
from nbagents.tracing.capture.encode import encode

if TYPE_CHECKING:
    from nbagents.run.batch.frame import BatchFrame

__all__ = ["BatchReport", "check_result"]

_QUANTILES = {"p50": 0.5, "p95": 0.95, "max": 1.0}


class BatchReport:
    """The distribution of latency, tokens, cost and errors; in a notebook each row's trace is one click away.

    Args:
        frame: What ``map_agent`` returned, or rows of it.

    Raises:
        ConfigError: The columns of a result are not there.
    """

    def __init__(self, frame: BatchFrame) -> None:
        check_result(frame)
        self.frame = frame
        self.progress = _progress_of(frame)

    def summary(self) -> pd.DataFrame:
        """Return median, 95th percentile, maximum and sum of what the rows that ran took and used."""
        ran = self.frame[self.frame["attempts"] > 0][["seconds", "attempts", "tokens", "cost"]]
        values = {name: ran.quantile(share) for name, share in _QUANTILES.items()}
        return pd.DataFrame(values | {"sum": ran.sum(min_count=1)})

    def failures(self) -> pd.DataFrame:
        """Return the rows that failed."""
        return self.frame[self.frame["error"].notna()]

    def errors(self) -> pd.DataFrame:
        """Return each kind of error with how many rows it has, and the label of the first.

        ``#`` stands for numbers, and names with numbers, in which errors of one kind differ.
        """
        return pd.DataFrame(error_kinds(self.failures()["error"].items()), columns=ErrorKind._fields)

    def _repr_mimebundle_(self, **_options: object) -> Any:  # noqa: ANN401 - what IPython takes: a dict or a pair of them
        if locate(current_environment()).live:
            from nbagents._displays import display_class
            from nbagents.tracing.stored.store import TraceStore

            view = display_class("progress")(self.progress, store=TraceStore(self.frame.store), report=True)
            return view._repr_mimebundle_()
        return {"text/plain": batch_text(self.progress), "text/html": batch_html(self.progress, is_open=True)}

    def __repr__(self) -> str:
        return batch_text(self.progress)


def check_result(frame: pd.DataFrame, name: str = "frame") -> None:
    """Refuse a frame that is not a batch's.

    Raises:
        ConfigError: Columns of a result are missing.
    """
    check_given(name, frame, "what map_agent returned", fits=isinstance(frame, pd.DataFrame))
    missing = [column for column in RESULT_COLUMNS if column not in frame.columns]
    if missing:
        raise ConfigError(
            f"{name} has no column {', '.join(missing)}; give what map_agent returned, with all its columns",
            name=name,
            value=missing,
        )


def _progress_of(frame: BatchFrame) -> Progress:
    ran, known = frame[frame["attempts"] > 0], about(frame)
    own = [column for column in frame.columns if not str(column).startswith("output.")]
    own = [column for column in own if column not in RESULT_COLUMNS]
    rows = [
        EndedRow(str(label), _asked(row, own), _result(row))
        for label, row in zip(ran.index, ran.to_dict("records"), strict=True)
    ]
    failed = int(ran["error"].notna().sum())
    cost = None if ran["cost"].isna().any() else float(ran["cost"].sum())
    progress = Progress(
        known.get("agent", "map_agent"), len(frame), done=len(ran), failed=failed, rows=rows, cost=cost
    )
    progress.tokens = int(ran["tokens"].sum())
    progress.end(frame.stopped, known.get("seconds", 0.0))
    return progress


def _asked(row: dict[Any, Any], columns: list[Any]) -> str:
    return str(row[columns[0]]) if len(columns) == 1 else ", ".join(f"{name}: {row[name]}" for name in columns)


def _result(row: dict[Any, Any]) -> RowResult:
    error = None if pd.isna(row["error"]) else str(row["error"])
    cost = None if pd.isna(row["cost"]) else float(row["cost"])
    output = None if error is not None else encode(row["output"])
    return RowResult(
        output, error, int(row["attempts"]), float(row["seconds"]), int(row["tokens"]), cost, row["trace_id"]
    )
