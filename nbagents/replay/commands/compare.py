"""The outputs of two runs of a notebook, compared cell by cell.

Of HTML what is read counts, and what pictures it shows: a library's new version has other tags for the same words.
"""

from __future__ import annotations

import difflib
import html
import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nbagents.replay.commands.streams import joined, text_of
from nbagents.replay.match.difference import excerpt, first_difference
from nbagents.replay.match.place import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stale", "compare", "output_texts"]

_SHOWN = 12  # lines of one cell's difference
_TAG = re.compile(r"""<[a-zA-Z/!](?:[^>]*?\bsrc=["']?(?P<src>[^"'\s>]+))?[^>]*>""")
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "application/pdf"})
_WIDTH = 160  # characters of one line
# What Python itself makes anew in each process.
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b|ipykernel_\d+")


@dataclass(frozen=True, slots=True)
class Stale:
    """A cell whose saved outputs are not what it gives now.

    Attributes:
        cell: The cell's id, or its number, from 1, where it has none.
        source: Its first line.
        lines: The difference: lines that begin with "-" are saved, those with "+" are new.
    """

    cell: str
    source: str
    lines: tuple[str, ...]


def compare(saved: dict[str, Any], executed: dict[str, Any]) -> list[Stale]:
    """Compare the outputs of two versions of a notebook.

    Execution counts, metadata and addresses in memory do not count.

    Args:
        saved: The notebook as it is saved.
        executed: The same after it was run.

    Example:
        >>> cell = {"cell_type": "code", "id": "c1", "source": "1 + 1"}
        >>> two, three = ({"output_type": "execute_result", "data": {"text/plain": text}} for text in "23")
        >>> compare({"cells": [{**cell, "outputs": [two]}]}, {"cells": [{**cell, "outputs": [three]}]})
        [Stale(cell='c1', source='1 + 1', lines=('-text/plain: 2', '+text/plain: 3'))]
    """
    found = []
    new = dict(_code_cells(executed))
    for name, cell in _code_cells(saved):
        lines = _difference(_lines(cell), _lines(new.get(name, {})))
        if lines:
            found.append(Stale(name, label_of(text_of(cell.get("source", ""))), tuple(lines)))
    return found


def output_texts(notebook: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each text that the outputs of a notebook show, with its cell's id and first line; pictures are none.

    Args:
        notebook: As nbformat has it.
    """
    for name, cell in _code_cells(notebook):
        label = label_of(text_of(cell.get("source", "")))
        for kind, text in _texts(cell.get("outputs", [])):
            if kind not in _PICTURES:
                yield name, label, text


def _code_cells(notebook: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    cells = enumerate(notebook.get("cells", []), start=1)
    return [(str(cell.get("id") or n), cell) for n, cell in cells if cell.get("cell_type") == "code"]


def _difference(saved: list[str], new: list[str]) -> list[str]:
    lines = [line for pair in _changed(saved, new) for line in _signed(*pair)]
    if len(lines) > _SHOWN:
        return [*lines[:_SHOWN], f"(showing {_SHOWN} of {len(lines)} lines)"]
    return lines


def _changed(saved: list[str], new: list[str]) -> Iterator[tuple[str | None, str | None]]:
    """Yield the lines that differ, each with the one that is in its place."""
    matcher = difflib.SequenceMatcher(None, saved, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from zip_longest(saved[a:b], new[c:d])


def _signed(saved: str | None, new: str | None) -> Iterator[str]:
    start = first_difference(saved or "", new or "")
    for sign, line in (("-", saved), ("+", new)):
        if line is not None:
            yield sign + (line if len(line) <= _WIDTH else excerpt(line, start, _WIDTH))


def _lines(cell: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for kind, text in _texts(cell.get("outputs", [])):
        plain = _ADDRESS.sub("…", text)
        found += [f"{kind}: {line}" for line in plain.splitlines() or [""]]
    return found


def _texts(outputs: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each output's kind and text."""
    for output in joined(outputs):
        kind = output.get("output_type")
        if kind == "stream":
            yield output["name"], output["text"]
        elif kind == "error":
            yield "error", f"{output.get('ename')}: {output.get('evalue')}"
        else:
            yield from ((mime, _plain(mime, data)) for mime, data in sorted(output.get("data", {}).items()))


def _plain(mime: str, data: Any) -> str:  # noqa: ANN401 - a notebook's JSON
    if not isinstance(data, (str, list)):
        return json.dumps(data, sort_keys=True)
    text = text_of(data)
    return _read(text) if mime == "text/html" else text


def _read(markup: str) -> str:
    """Return the words of HTML, and the addresses of what it shows, a line for each element that has any."""
    text = _TAG.sub(lambda tag: f"\n{tag['src'] or ''}\n", markup)
    lines = (" ".join(line.split()) for line in html.unescape(text).splitlines())
    return "\n".join(line for line in lines if line)
