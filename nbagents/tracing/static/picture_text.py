"""A picture in text: the title, then a line for each bar."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from nbagents.tracing.static.plain_text import bar, column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbagents.tracing.static.picture import Block, Picture

__all__ = ["picture_text"]

_THIN = 0.25  # of a row: what is thinner underlines a bar


def picture_text(picture: Picture) -> str:
    """Write a picture as text; bars that lie on one line of the picture lie on one line here."""
    bars = sorted((each for each in picture.bars if each.thick > _THIN), key=lambda each: each.row)
    lines, named = [picture.title], -1
    for row, there in groupby(bars, key=lambda each: each.row):
        label = picture.labels.get(int(row), "") if int(row) != named else ""
        named = int(row)
        lines.append(_line(label, list(there), picture))
    if picture.total > picture.rows:
        lines.append(f"showing {picture.rows:,} of {picture.total:,} rows")
    return "\n".join(lines)


def _line(label: str, bars: Iterable[Block], picture: Picture) -> str:
    whole = picture.end - picture.begin
    drawn = [bar((each.start - picture.begin) / whole, (each.end - each.start) / whole) for each in bars]
    overlaid = "".join(map(max, zip(*drawn, strict=True)))
    words = " ".join(each.text[0] for each in bars if each.text[0])
    name = label.replace("\u00a0", " ")
    return f"{column(name)}{overlaid}  {words}".rstrip()
