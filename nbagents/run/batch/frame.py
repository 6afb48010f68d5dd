"""The result of a batch: a pandas DataFrame, with what was asked and how each row ended."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents.errors import ConfigError
from nbagents.run.batch.row_result import RowResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nbagents.run.batch.progress import Progress
    from nbagents.run.batch.report import BatchReport

__all__ = ["RESULT_COLUMNS", "BatchFrame", "about", "check_columns", "frame_of", "output_fields"]

RESULT_COLUMNS = {
    "output": "object",
    "error": "str",
    "attempts": "int64",
    "seconds": "float64",
    "tokens": "int64",
    "cost": "float64",
    "trace_id": "str",
}
_ABOUT = "nbagents"  # the key of our entry in a frame's attrs, which pandas hands on and pickles


class BatchFrame(pd.DataFrame):
    """A DataFrame that knows which file its rows' traces are in; what is selected from it knows it too.

    Example:
        >>> import pandas as pd
        >>> frame = BatchFrame({"question": ["lamp?"], "output": ["blue"]})
        >>> type(frame[frame["output"] == "blue"]).__name__, isinstance(frame, pd.DataFrame)
        ('BatchFrame', True)
    """

    @property
    def _constructor(self) -> type[BatchFrame]:
        return BatchFrame

    @property
    def stopped(self) -> str | None:
        """Why rows were left out, or None where all were run."""
        return about(self).get("stopped")

    @property
    def store(self) -> Path | None:
        """The file that has the rows' traces, or None where that is not known."""
        from pathlib import Path

        path = about(self).get("store")
        return None if path is None else Path(path)

    def report(self) -> BatchReport:
        """Return what there is to see: how latency, tokens and errors are distributed, and the rows that failed.

        Raises:
            ConfigError: The columns of a result are not there.
        """
        from nbagents.run.batch.report import BatchReport

        return BatchReport(self)


def about(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what is known of the call that made a frame: agent, seconds, store, why it stopped; or nothing."""
    return frame.attrs.get(_ABOUT) or {}


def check_columns(table: pd.DataFrame) -> None:
    """Refuse a table whose own columns would be overwritten.

    Raises:
        ConfigError: It has a column of a result.
    """
    taken = [name for name in RESULT_COLUMNS if name in table.columns]
    if taken:
        raise ConfigError(
            f"the data has columns of an earlier result: {', '.join(taken)}; rename or drop them first, such as "
            'data.rename(columns={"output": "answer"})',
            name="data",
            value=taken,
        )


def frame_of(
    table: pd.DataFrame,
    results: Mapping[int, RowResult],
    fields: Sequence[str],
    *,
    store: Path,
    progress: Progress,
) -> BatchFrame:
    """Put results beside the rows they belong to.

    Args:
        table: The rows.
        results: How each ended, by position; the others were not run.
        fields: The fields of a structured output: each becomes a column ``output.FIELD``.
        store: The file that has their traces.
        progress: How it went.
    """
    left_out = RowResult(None, f"not run: {progress.stopped}", 0, math.nan, 0, None, None)
    rows = [results.get(index, left_out) for index in range(len(table))]
    frame = BatchFrame(table)
    outputs = [None if row.output is None else json.loads(row.output) for row in rows]
    for name, dtype in RESULT_COLUMNS.items():
        values = outputs if name == "output" else [getattr(row, name) for row in rows]
        frame[name] = pd.Series(values, index=table.index, dtype=dtype)
    for name in fields:
        cells = [output.get(name) if isinstance(output, dict) else None for output in outputs]
        frame[f"output.{name}"] = pd.Series(cells, index=table.index)
    known = {"agent": progress.name, "seconds": progress.seconds, "stopped": progress.stopped}
    frame.attrs[_ABOUT] = known | {"store": str(store)}
    return frame


def output_fields(output_type: Any) -> list[str]:  # noqa: ANN401 - a type, or the SDK's schema
    """Return the fields of an agent's structured output; none for text and lists.

    Args:
        output_type: The agent's ``output_type``.
    """
    from agents import AgentOutputSchema, AgentOutputSchemaBase

    if output_type is None or output_type is str:
        return []
    if isinstance(output_type, AgentOutputSchemaBase) and not isinstance(output_type, AgentOutputSchema):
        return []
    kind = output_type.output_type if isinstance(output_type, AgentOutputSchema) else output_type
    from pydantic import TypeAdapter

    return list(TypeAdapter(kind).json_schema().get("properties", ()))
