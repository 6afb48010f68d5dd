"""Tables and headlines for a page that runs nothing: GitHub and nbviewer strip scripts, styles and classes.

What matters is in words and plain attributes; colours are inherited, so that both themes work.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Self

__all__ = [
    "LEFT",
    "OUTER",
    "RIGHT",
    "TO_TALK",
    "WRAPPED",
    "StaticTable",
    "folding",
    "folding_text",
    "html_list",
    "many",
    "safe",
    "spaced",
]

OUTER = 'class="mathjax_ignore tex2jax_ignore"'
"""The attribute of what holds a table: JupyterLab's and MathJax's words for "no maths"."""

TO_TALK = "run this cell in JupyterLab to talk"
"""What stands in a panel's headline where nothing was said, and nothing can be, as there is no kernel."""

LEFT = 'align="left" style="text-align: left; vertical-align: top; white-space: nowrap"'
RIGHT = 'align="right" style="text-align: right; vertical-align: top; white-space: nowrap"'
WRAPPED = LEFT.replace("nowrap", "pre-wrap; min-width: 12em; max-width: 30em")

_WRAPPED_PRE = '<pre style="font-family: monospace; white-space: pre-wrap; word-break: break-word">'


def safe(text: str) -> str:
    """Escape text, and put ``$`` and backslashes in elements of their own, where MathJax finds no formula.

    Example:
        >>> safe("<b> for $5")
        '&lt;b&gt; for <span>$</span>5'
    """
    return re.sub(r"[$\\]", r"<span>\g<0></span>", html.escape(text))


def spaced(headline: str) -> str:
    r"""Escape a headline whose parts stand three spaces apart, so that a page leaves them apart.

    Example:
        >>> spaced("<lamp>   1 span")
        '&lt;lamp&gt;\xa0\xa0 1 span'
    """
    return html.escape(headline).replace("   ", "\u00a0\u00a0 ")


def folding(headline: str, body: str, *, is_open: bool = True) -> str:
    """Put HTML under a headline that opens and closes it; where there is none, the headline stands alone."""
    if not body:
        return f"<p {OUTER}><code>{spaced(headline)}</code></p>"
    state = " open" if is_open else ""
    return f"<details {OUTER}{state}><summary><code>{spaced(headline)}</code></summary>{body}</details>"


def folding_text(text: str) -> str:
    r"""Put text under its first line, which opens and closes the rest; everything is escaped, and long lines wrap.

    Example:
        >>> folding_text("Chat   0 turns")
        '<p class="mathjax_ignore tex2jax_ignore"><code>Chat\xa0\xa0 0 turns</code></p>'
    """
    head, _, body = text.partition("\n")
    return folding(head, f"{_WRAPPED_PRE}{html.escape(body.strip())}</pre>" if body else "")


def many(number: int, word: str) -> str:
    """Write a count with its word.

    Example:
        >>> many(1, "span"), many(12_310, "span")
        ('1 span', '12,310 spans')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def html_list(
    headline: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: Collection[int],
    around: Mapping[int, str] | None = None,
) -> str:
    """Render a list of things as a headline and a table, everything escaped.

    Args:
        headline: What the list comes to.
        heads: The columns' names.
        rows: The cells of each.
        texts: The places of columns that stand at the left; numbers stand at the right.
        around: For the place of a column the HTML around its cells, which stand where ``{}`` is.
    """
    sides = [LEFT if place in texts else RIGHT for place in range(len(heads))]
    drawn = [(around or {}).get(place, "{}") for place in range(len(heads))]
    head = "".join(f"<th {side}>{name}</th>" for side, name in zip(sides, heads, strict=True))
    cells = [f"<td {side}>{form}</td>" for side, form in zip(sides, drawn, strict=True)]
    row_form = f"<tr>{''.join(cells)}</tr>"
    body = "".join(row_form.format(*map(safe, row)) for row in rows)
    table = f"<table><tr>{head}</tr>{body}</table>" if body else ""
    return f"<div {OUTER}><p>{safe(headline)}</p>{table}</div>"


class StaticTable:
    """Put before pandas' DataFrame, it shows the table's own form; without its columns it shows pandas'."""

    @property
    def _constructor(self) -> type[Self]:
        return type(self)

    def _is_whole(self) -> bool:
        """Tell whether it has its columns."""
        raise NotImplementedError

    def _static_html(self) -> str:
        raise NotImplementedError

    def _static_text(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str | None:
        return self._static_html() if self._is_whole() else super()._repr_html_()  # type: ignore[misc] # pandas'

    def __repr__(self) -> str:
        return self._static_text() if self._is_whole() else super().__repr__()
