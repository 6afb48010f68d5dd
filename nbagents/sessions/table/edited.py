"""A frame that was edited, read back: what each of its rows wants to be. Nothing is written here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from nbagents._given import check_given
from nbagents.errors import FrameError
from nbagents.sessions.items.edit_item import edit_item, new_item, parse_item, parse_metadata
from nbagents.sessions.items.item_shape import check_shape
from nbagents.sessions.items.rows import Row, as_rows, decode
from nbagents.sessions.table.columns import COLUMNS, EDITABLE, read_columns
from nbagents.sessions.table.stats import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from nbagents.sessions.items.rows import Item, RawRow

__all__ = ["Cells", "Wanted", "check_frame", "read_cells", "unchanged_rows", "wanted_rows"]

_DERIVED = tuple(name for name in EDITABLE if name not in {"metadata", "item"})
_FIXED = tuple(
    column.name for column in COLUMNS if not column.editable and column.name not in {"id", "created_at"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one row of a frame wants to be.

    Attributes:
        label: The row's label in the frame's index; None for a row that an orphan policy made.
        id: The id in the frame, None for a new row.
        data: The item as JSON text.
        metadata: The metadata as JSON text, or None.
        item: The item.
    """

    label: object
    id: int | None
    data: str | bytes
    metadata: str | None
    item: Item


@dataclass(frozen=True, slots=True)
class Cells:
    """A frame as plain lists, empty cells as None.

    Attributes:
        labels: The index.
        ids: The ids.
        columns: The other columns.
    """

    labels: list[Any]
    ids: list[int | None]
    columns: dict[str, list[Any]]


def check_frame(frame: object) -> None:
    """Refuse what is no DataFrame.

    Raises:
        ConfigError: It is something else.
    """
    import pandas as pd

    wanted = "the DataFrame that to_frame() gave, edited"
    check_given("frame", frame, wanted, fits=isinstance(frame, pd.DataFrame))


def read_cells(frame: pd.DataFrame, *, session_id: str) -> Cells:
    """Turn a frame into plain lists.

    Raises:
        FrameError: It has no id column, a column that no history has, or an id that is none.
    """
    names = list(frame.columns)
    known = {column.name for column in COLUMNS}
    for name in names:
        if name not in known or names.count(name) > 1:
            problem = "is there twice" if name in known else "is not a column of a session; drop it"
            _refuse(f"column {name!r} {problem}", session_id, column=str(name))
    if "id" not in known.intersection(names):
        _refuse("the frame has no id column; keep the one to_frame() gave", session_id, column="id")
    labels = frame.index.tolist()
    columns = {name: _values(frame[name]) for name in names}
    ids = [_id(value, label, session_id) for value, label in zip(columns.pop("id"), labels, strict=True)]
    _check_once(ids, labels, session_id)
    return Cells(labels, ids, columns)


def _values(series: pd.Series[Any]) -> list[Any]:
    missing = series.isna().tolist()
    return [None if gone else value for value, gone in zip(series.tolist(), missing, strict=True)]


def _id(value: Any, label: object, session_id: str) -> int | None:  # noqa: ANN401 - a cell
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        _refuse(f"row {label!r}: id {value!r} is not a whole number", session_id, label, "id")
    return int(value)


def _check_once(ids: Sequence[int | None], labels: Sequence[object], session_id: str) -> None:
    seen: set[int] = set()
    for id_, label in zip(ids, labels, strict=True):
        if id_ in seen:
            _refuse(
                f"row {label!r}: id {id_} is there twice; leave the id of a new row empty", session_id, label, "id"
            )
        if id_ is not None:
            seen.add(id_)


def unchanged_rows(origin: Sequence[RawRow]) -> list[Wanted]:
    """Return what the rows of a frame that was not edited want to be: what they are."""
    good, items, _ = decode(origin)
    return [Wanted(None, row[0], row[2], row[3], item) for row, item in zip(good, items, strict=True)]


def wanted_rows(cells: Cells, origin: Sequence[RawRow], *, session_id: str) -> list[Wanted]:
    """Tell what each row of a frame wants to be, from what it was read from.

    Args:
        cells: The frame.
        origin: The rows it was read from.
        session_id: For the error.

    Raises:
        FrameError: A cell cannot be written back; it names row and column.
    """
    good, items, _ = decode(origin)
    rows = as_rows(good)
    before = read_columns(rows, items)
    places = {row.id: place for place, row in enumerate(rows)}
    wanted = []
    for number, (label, id_) in enumerate(zip(cells.labels, cells.ids, strict=True)):
        reader = _RowReader(label, {name: values[number] for name, values in cells.columns.items()}, session_id)
        if id_ is None:
            wanted.append(reader.new())
            continue
        if id_ not in places:
            reader.refuse("id", f"{id_} is not an id of this session; leave the id of a new row empty")
        place = places[id_]
        was = {name: values[place] for name, values in before.items()}
        wanted.append(reader.known(rows[place], items[place], was))
    return wanted


@dataclass(frozen=True, slots=True)
class _RowReader:
    label: object
    cells: Mapping[str, Any]
    session_id: str

    def refuse(self, column: str, problem: str, cause: Exception | None = None) -> NoReturn:
        """Raise, with where in the frame it is."""
        _refuse(f"row {self.label!r}, column {column!r}: {problem}", self.session_id, self.label, column, cause)

    def known(self, row: Row, item: Item, was: Mapping[str, Any]) -> Wanted:
        """Read a row that was there before."""
        changed = self._changed(was, EDITABLE)
        for name in self._changed(was, _FIXED):
            self.refuse(name, "cannot be edited; it follows from the item" if name != "position" else _POSITION)
        if "created_at" in self.cells and self.cells["created_at"] is not None:
            self._check_time(was["created_at"])
        if not changed:
            return Wanted(self.label, row.id, row.data, row.metadata, item)
        metadata = self._metadata() if "metadata" in changed else row.metadata
        derived = [name for name in changed if name in _DERIVED]
        if "item" in changed:
            item = self._item()
            self._check_agreement(item, derived)
            self._check_shape(item, "item")
            return Wanted(self.label, row.id, self.cells["item"], metadata, item)
        if not derived:
            return Wanted(self.label, row.id, row.data, metadata, item)
        item = self._edited(json.loads(row.data), derived)
        self._check_shape(item, derived[0])
        return Wanted(self.label, row.id, json.dumps(item), metadata, item)

    def new(self) -> Wanted:
        """Read a row that was not there before; what follows from the item may be left as it was copied."""
        given = {name: value for name, value in self.cells.items() if value is not None}
        metadata = self._metadata() if "metadata" in given else None
        if "item" in given:
            item = self._item()
            was = read_columns([Row(None, None, "")], [item])
            changed = [name for name in _DERIVED if name in given and given[name] != was[name][0]]
            if "tool" in changed and item.get("name") is None:
                changed.remove("tool")  # an output shows its call's tool
            if not changed:
                self._check_shape(item, "item")
                return Wanted(self.label, None, self.cells["item"], metadata, item)
            item = self._edited(item, changed)
        else:
            try:
                item = new_item(given)
            except ValueError as exc:
                self.refuse("item", str(exc), exc)
        self._check_shape(item, "item")
        return Wanted(self.label, None, json.dumps(item), metadata, item)

    def _changed(self, was: Mapping[str, Any], names: Sequence[str]) -> list[str]:
        return [name for name in names if name in self.cells and self.cells[name] != was[name]]

    def _check_shape(self, item: Item, column: str) -> None:
        try:
            check_shape(item)
        except ValueError as exc:
            self.refuse(column, str(exc), exc)

    def _check_time(self, was: str | None) -> None:
        import pandas as pd

        stored = parse_time(was)
        try:
            same = stored is None or pd.Timestamp(self.cells["created_at"]) == stored.replace(microsecond=0)
        except (ValueError, TypeError):
            same = False
        if not same:
            self.refuse("created_at", "cannot be edited; it is when the item was stored")

    def _check_agreement(self, item: Item, derived: Sequence[str]) -> None:
        now = read_columns([Row(None, None, "")], [item])
        for name in derived:
            if now[name][0] != self.cells[name]:
                self.refuse(name, "was edited, and so was item, and they do not agree; edit one of the two")

    def _edited(self, item: Item, columns: Sequence[str]) -> Item:
        for name in columns:
            try:
                edit_item(item, name, self.cells[name])
            except ValueError as exc:
                self.refuse(name, str(exc), exc)
        return item

    def _item(self) -> Item:
        try:
            return parse_item(self.cells["item"])
        except (ValueError, RecursionError) as exc:
            self.refuse("item", str(exc), exc)

    def _metadata(self) -> str | None:
        try:
            return parse_metadata(self.cells["metadata"])
        except (ValueError, TypeError, RecursionError) as exc:
            self.refuse("metadata", str(exc), exc)


_POSITION = "cannot be edited; the order of the frame's rows is the order of the history"


def _refuse(
    problem: str,
    session_id: str,
    row: object = None,
    column: str | None = None,
    cause: Exception | None = None,
) -> NoReturn:
    raise FrameError(f"{problem}. Nothing was written.", session_id=session_id, row=row, column=column) from cause
