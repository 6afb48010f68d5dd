"""A table's rows as what an agent is asked: from a column, a template or a function."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd

from nbagents._given import check_given
from nbagents.errors import ConfigError
from nbagents.tracing.capture.encode import encode

if TYPE_CHECKING:
    from agents import TResponseInputItem

__all__ = ["Input", "Prompt", "prompts_of", "table_of"]

Input = str | Callable[[Any], Any] | None
"""A column's name, a template such as ``"Translate {text} to {lang}"``, a function of a row, or None."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one row asks.

    Attributes:
        asked: Text, or input items.
        key: A hash of it.
        nth: How many rows before it ask the same.
    """

    asked: str | list[TResponseInputItem]
    key: str
    nth: int


def table_of(data: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a copy of the rows as a frame; a series becomes its column, named ``input`` where it has no name.

    Raises:
        ConfigError: It is neither a DataFrame nor a Series.
    """
    if isinstance(data, pd.DataFrame):
        return data.copy()
    wanted = "a pandas DataFrame or Series, such as pd.Series(questions)"
    check_given("data", data, wanted, fits=isinstance(data, pd.Series))
    return data.to_frame(data.name if data.name is not None else "input")


def prompts_of(table: pd.DataFrame, asked: Input) -> list[Prompt]:
    """Return what each row asks.

    Args:
        table: The rows.
        asked: A column, a template with columns in braces, a function of a row (a Series), or None for the only
            column.

    Raises:
        ConfigError: There is no such column, or a row gives neither text nor items.

    Example:
        >>> rows = pd.DataFrame({"text": ["lamp"], "lang": ["French"]})
        >>> [prompt.asked for prompt in prompts_of(rows, "Translate {text} to {lang}")]
        ['Translate lamp to French']
    """
    values = _values(table, asked)
    seen: Counter[str] = Counter()
    prompts = []
    for label, value in zip(table.index, values, strict=True):
        _check(label, value)
        key = sha256(encode(value).encode()).hexdigest()[:32]
        prompts.append(Prompt(value, key, seen[key]))
        seen[key] += 1
    return prompts


def _values(table: pd.DataFrame, asked: Input) -> Sequence[Any]:
    if callable(asked):
        return [asked(row) for _, row in table.iterrows()]
    if asked is None:
        if len(table.columns) != 1:
            raise _no_column(table, "input is not given, and the data has more than one column", asked)
        return table.iloc[:, 0].tolist()
    if not isinstance(asked, str):
        raise _no_column(table, f"input is of type {type(asked).__name__}", asked)
    if asked in table.columns:
        return table[asked].tolist()
    names = [name for _, name, _, _ in string.Formatter().parse(asked) if name is not None]
    unknown = [name for name in names if _column(name) not in table.columns]
    if unknown or not names:
        wrong = f"input names {unknown[0]!r}, which is not a column" if names else f"there is no column {asked!r}"
        raise _no_column(table, wrong, asked)
    return [asked.format_map(row) for row in table.to_dict("records")]


def _column(field: str) -> str:
    return field.partition(".")[0].partition("[")[0]


def _no_column(table: pd.DataFrame, wrong: str, asked: object) -> ConfigError:
    columns = (
        f"The columns are {', '.join(map(repr, table.columns))}"
        if len(table.columns)
        else "The data has no columns"
    )
    return ConfigError(
        f'{wrong}; give a column, a template such as "Translate {{text}}", or a function of a row. {columns}',
        name="input",
        value=asked,
    )


def _check(label: object, value: object) -> None:
    if not isinstance(value, (str, list)):
        raise ConfigError(
            f"row {label!r} asks {value!r}, a {type(value).__name__}; an agent is asked text or a list of items: "
            "fill or drop empty rows first",
            name="input",
            value=value,
        )
