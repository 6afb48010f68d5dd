"""A picture as SVG that says all in attributes: GitHub takes style sheets, ids and what refers to them away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nbagents._short import short
from nbagents.tracing.figures.gantt import GRID
from nbagents.tracing.static.plain_text import screen_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbagents.tracing.static.picture import Block, Picture

__all__ = ["svg"]

_WIDTH, _PAD, _RIGHT = 800, 8, 16
_TITLE, _LINE, _AXIS = 26, 18, 22  # heights
_MONO, _SANS = 6.65, 6.7  # a character's width at 11 px
_FRAME = 104  # what a figure's height has beside its rows
_LEAST_ROW, _MOST_ROW = 14, 40
_APART = 6  # between things that stand beside each other
_SWATCH = 10
_LEAST_PLOT = 0.5  # of the width left for bars: longer words after them are cut


def svg(picture: Picture) -> str:
    """Draw a picture: transparent, of one size, readable on white and on black, everything in it escaped."""
    legend = list(_legend(picture))
    top = _TITLE + _LINE * (1 + legend[-1][0] if legend else 0)
    place = _Place(picture, top)
    bottom = top + place.row_height * picture.rows
    left_out = picture.total > picture.rows
    height = bottom + _AXIS + _LINE * left_out
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {_size(height)}>',
        f'<g font-family="sans-serif" font-size="11" fill="{escape(picture.ink)}">',
        *_ground(picture, height),
        f'<text x="{_PAD}" y="18" font-size="13">{escape(picture.title)}</text>',
        *(_entry(*each) for each in legend),
        *_ticks(picture, place, top, bottom),
        *_labels(picture, place),
        *(_bar(bar, place) for bar in picture.bars),
        *_over(picture, place, top, bottom),
    ]
    if left_out:
        text = f"showing {picture.rows:,} of {picture.total:,} rows"
        parts.append(f'<text x="{_PAD}" y="{_n(height - 5)}">{text}</text>')
    return "".join([*parts, "</g></svg>"])


def _size(height: float) -> str:
    size = f'viewBox="0 0 {_WIDTH} {_n(height)}" width="{_WIDTH}" height="{_n(height)}"'
    return f'{size} style="max-width:100%;height:auto" role="img"'


class _Place:
    """Where rows and moments are, in pixels."""

    def __init__(self, picture: Picture, top: float) -> None:
        longest = max(map(screen_width, picture.labels.values()), default=0)
        self.top = top
        self.left = _PAD + longest * _MONO + _APART
        self.row_height = _row_height(picture)
        self._begin, room = picture.begin, _WIDTH - _RIGHT - self.left
        whole = picture.end - picture.begin
        words = [(bar.end - picture.begin, _taken(bar)) for bar in picture.bars if bar.end > picture.begin]
        fitting = [(room - taken) / end for end, taken in words if taken]
        self._scale = max(room * _LEAST_PLOT / whole, min([room / whole, *fitting]))
        self.right = self.left + whole * self._scale

    def x(self, moment: float) -> float:
        """Return where a moment is."""
        return min(max(self.left, self.left + (moment - self._begin) * self._scale), self.right)

    def y(self, row: float) -> float:
        """Return where a row is."""
        return self.top + row * self.row_height


def _row_height(picture: Picture) -> float:
    if picture.height is None or not picture.total:
        return 22
    return min(max((picture.height - _FRAME) / picture.total, _LEAST_ROW), _MOST_ROW)


def _taken(bar: Block) -> float:
    """Return the pixels that the words after a bar take."""
    return screen_width(bar.text[0]) * _SANS + _APART if bar.text[0] else 0


def _ground(picture: Picture, height: float) -> Iterator[str]:
    if picture.ground not in {None, "rgba(0,0,0,0)"}:
        yield f'<rect width="{_WIDTH}" height="{_n(height)}" fill="{escape(str(picture.ground))}"/>'


def _legend(picture: Picture) -> Iterator[tuple[int, float, str, str]]:
    """Put names beside each other, and on further lines where there are many: line, x, name, colour."""
    line, x = 0, float(_PAD)
    for name, color in picture.legend:
        taken = _SWATCH + screen_width(name) * _SANS + 3 * _APART
        if x + taken > _WIDTH and x > _PAD:
            line, x = line + 1, float(_PAD)
        yield line, x, name, color
        x += taken


def _entry(line: int, x: float, name: str, color: str) -> str:
    y = _TITLE + _LINE * line
    return (
        f'<rect x="{_n(x)}" y="{y}" width="{_SWATCH}" height="{_SWATCH}" fill="{escape(color)}"/>'
        f'<text x="{_n(x + _SWATCH + _APART)}" y="{y + 9}">{escape(name)}</text>'
    )


def _ticks(picture: Picture, place: _Place, top: float, bottom: float) -> Iterator[str]:
    free = 0.0
    for moment, text in picture.ticks:
        x, half = place.x(moment), screen_width(text) * _SANS / 2
        yield f'<path d="M{_n(x)} {_n(top)}V{_n(bottom)}" stroke="{GRID}"/>'
        if x - half >= free and x + half <= _WIDTH:
            yield f'<text x="{_n(x)}" y="{_n(bottom + 14)}" text-anchor="middle">{escape(text)}</text>'
            free = x + half + _APART


def _labels(picture: Picture, place: _Place) -> Iterator[str]:
    yield '<g font-family="monospace">'
    for row, label in picture.labels.items():
        yield f'<text x="{_PAD}" y="{_n(place.y(row + 0.5) + 4)}">{escape(label)}</text>'
    yield "</g>"


def _bar(bar: Block, place: _Place) -> str:
    start, end = place.x(bar.start), place.x(bar.end)
    wide = max(bar.thick, end - start)  # a hairline for what took no time, fainter where the bar is thin
    thick = bar.thick * place.row_height
    look = f'fill="{escape(bar.color)}"'
    if bar.opacity < 1:
        look += f' opacity="{bar.opacity:g}"'
    if bar.edge[1]:
        look += f' stroke="{escape(bar.edge[0])}" stroke-width="{bar.edge[1]:g}"'
    drawn = (
        f'<rect x="{_n(start)}" y="{_n(place.y(bar.row - bar.thick / 2))}" width="{_n(wide)}" '
        f'height="{_n(thick)}" {look}/>'
    )
    if not bar.text[0]:
        return drawn
    words, color = bar.text
    x = end + _APART
    at = f'x="{_n(x)}" y="{_n(place.y(bar.row) + 4)}"'
    fitting = short(words, max(1, int((_WIDTH - x) / _SANS)))
    return f'{drawn}<text {at} fill="{escape(color)}">{escape(fitting)}</text>'


def _over(picture: Picture, place: _Place, top: float, bottom: float) -> Iterator[str]:
    """Draw what lies over the bars: bands, lines and notes."""
    for begin, end, color, opacity in picture.bands:
        x = place.x(begin)
        at = f'x="{_n(x)}" y="{_n(top)}" width="{_n(max(1.0, place.x(end) - x))}" height="{_n(bottom - top)}"'
        yield f'<rect {at} fill="{escape(color)}" opacity="{opacity:g}"/>'
    for moment, row, text, upright in picture.notes:
        x, y = place.x(moment), place.y(row)
        at = f'x="{_n(x)}" y="{_n(y)}" text-anchor="middle"'
        if upright:
            at = f'transform="translate({_n(x + 4)} {_n(y - 4)}) rotate(-90)"'
        yield f'<text {at} font-size="10">{escape(text)}</text>'


def _n(pixels: float) -> str:
    return f"{round(pixels, 1):g}"
