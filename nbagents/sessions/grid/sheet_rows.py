"""Stored rows as a grid shows them: short cells, a stamp, and what is wrong with a row that holds no item."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents._short import one_line
from nbagents.sessions.grid.outline import BAD
from nbagents.sessions.grid.sheet import SheetRow
from nbagents.sessions.items.label import label_of, said
from nbagents.sessions.items.rows import decode
from nbagents.sessions.table.columns import COLUMNS, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from nbagents.sessions.grid.outline import Outline
    from nbagents.sessions.items.rows import Item, RawRow

__all__ = [
    "MOST_CHARACTERS",
    "Place",
    "places_of",
    "problem_of",
    "sheet_rows",
    "stamp_of",
    "whole_cells",
]

MOST_CHARACTERS = 300

_SHOWN = tuple(column.name for column in COLUMNS if column.name != "item")


@dataclass(frozen=True, slots=True)
class Place:
    """What a row's neighbours tell of it.

    Attributes:
        key: Names the row.
        position: Its place in the history, from 1.
        partner: The place of a call's output or an output's call.
        agent: Its agent.
        tool: The tool of an output, which its call names.
    """

    key: str
    position: int
    partner: int | None = None
    agent: str | None = None
    tool: str | None = None


def stamp_of(row: RawRow) -> str:
    """Return what changes with a row's item or metadata.

    Example:
        >>> stamp_of((1, None, "{}", None)) == stamp_of((9, "2026-01-01 10:00:00", "{}", None))
        True
    """
    digest = hashlib.blake2b(_bytes(row[2]), digest_size=8)
    if row[3] is not None:
        digest.update(b"\0" + _bytes(row[3]))
    return digest.hexdigest()


def _bytes(data: str | bytes) -> bytes:
    return data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data)


def problem_of(data: str | bytes) -> str | None:
    """Say why stored data holds no item, None where it does.

    Example:
        >>> problem_of("42"), problem_of("{}")
        ('JSON, but not of an object', None)
    """
    if not isinstance(data, str):
        return "not text in UTF-8"
    good, _, _ = decode([(None, None, data, None)])
    if good:
        return None
    try:
        json.loads(data)
    except RecursionError:
        return "JSON that is nested too deeply"
    except ValueError as exc:
        return f"not JSON: {exc}"
    return "JSON, but not of an object"


def sheet_rows(rows: Sequence[RawRow], places: Sequence[Place]) -> list[SheetRow]:
    """Turn stored rows into rows of a grid; rows that hold no item show their data as text.

    Args:
        rows: Any rows.
        places: What their neighbours tell of each.
    """
    return [
        _shortened(cells, place, stamp_of(row), item, problem_of(row[2]) if item is None else None)
        for row, place, (cells, item) in zip(rows, places, _cells(rows, places), strict=True)
    ]


def whole_cells(row: RawRow, place: Place) -> dict[str, str | None]:
    """Return every cell of a row, whole and as text, with ``item`` and ``stamp``."""
    cells, _ = _cells([row], [place])[0]
    whole = {name: None if value is None else str(value) for name, value in cells.items()}
    return {**whole, "item": _text(row[2]), "stamp": stamp_of(row)}


def _cells(
    rows: Sequence[RawRow], places: Sequence[Place]
) -> list[tuple[dict[str, str | int | None], Item | None]]:
    """Return the cells of rows, each with its item, None where it holds none."""
    good, items, _ = decode(rows)
    reader = Reader()
    reader.take(items)
    values = reader.columns(good)
    seats = {id(row): seat for seat, row in enumerate(good)}
    found = []
    for row, place in zip(rows, places, strict=True):
        seat = seats.get(id(row))
        if seat is None:
            cells = dict.fromkeys(_SHOWN) | {"text": _text(row[2]), "metadata": row[3], "created_at": row[1]}
        else:
            cells = {name: values[name][seat] for name in _SHOWN}
            if str(cells["type"]).endswith("_output"):
                cells["tool"] = cells["tool"] or place.tool
        cells |= {"id": row[0], "position": place.position, "agent": place.agent}
        found.append((cells, None if seat is None else items[seat]))
    return found


def places_of(
    outline: Outline,
    ids: Sequence[int],
    fetch: Callable[[Collection[int]], Sequence[RawRow]],
    *,
    first: int = 1,
    key: Callable[[int], str] = str,
) -> list[Place]:
    """Return what an outline tells of some rows.

    Args:
        outline: The outline of the history, or of the rows near by.
        ids: The rows' ids, rising.
        fetch: Reads the rows that have some ids.
        first: The place of the outline's first row in the history.
        key: Names a row by its id.
    """
    agents = outline.agents(ids)
    callers = {id_: caller for id_ in ids if (caller := outline.caller(id_)) is not None}
    tools = _tools_of(fetch(set(callers.values()).difference(ids)))
    places = []
    for id_ in ids:
        partner = outline.partner(id_)
        place = None if partner is None else first + outline.place(partner)
        tool = tools.get(callers.get(id_, 0))
        places.append(Place(key(id_), first + outline.place(id_), place, agents[id_], tool))
    return places


def _tools_of(calls: Sequence[RawRow]) -> dict[int, str | None]:
    """Return the tool that each of some calls names, by id."""
    good, items, _ = decode(calls)
    reader = Reader()
    reader.take(items)
    tools = reader.columns(good)["tool"]
    return {row[0]: tool for row, tool in zip(good, tools, strict=True) if row[0] is not None}


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else bytes(data).decode(errors="replace")


def _shortened(
    cells: Mapping[str, str | int | None], place: Place, stamp: str, item: Item | None, problem: str | None
) -> SheetRow:
    cut = tuple(name for name, value in cells.items() if isinstance(value, str) and len(value) > MOST_CHARACTERS)
    short = {name: value[:MOST_CHARACTERS] if isinstance(value, str) else value for name, value in cells.items()}
    label = BAD if problem else label_of(_text_cell(cells["type"]), _text_cell(cells["role"]))
    line = _text_cell(cells["text"]) or "" if item is None else said(label, cells, item)
    line = one_line(line, MOST_CHARACTERS)
    return SheetRow(place.key, place.position, label, line, short, cut, place.partner, stamp, problem)


def _text_cell(value: str | int | None) -> str | None:
    return None if value is None else str(value)
