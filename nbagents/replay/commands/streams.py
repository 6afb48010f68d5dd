"""What a cell printed, as a page shows it: pieces joined, and lines that were overwritten left out.

A stream comes in pieces that are cut as it happens, and stdout and stderr in any order. nbclient's own joining,
``coalesce_streams``, takes time that grows with the square of a line's length; this does not.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["joined", "text_of"]


def joined(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    r"""Return a cell's outputs with the pieces of a stream that no other output comes between as one.

    Args:
        outputs: The outputs, as nbformat has them; they stay as they are.

    Example:
        >>> joined({"output_type": "stream", "name": "stdout", "text": text} for text in ("1 %\r", "2 %", "\n"))
        [{'output_type': 'stream', 'name': 'stdout', 'text': '2 %\n'}]
    """
    found: list[dict[str, Any]] = []
    for is_stream, run in groupby(outputs, lambda one: one.get("output_type") == "stream"):
        pieces = list(run)
        found += _streams(pieces) if is_stream else pieces
    return found


def text_of(value: Any) -> str:  # noqa: ANN401 - a notebook's JSON
    """Return a notebook's text, which a file may have as a list of lines.

    Example:
        >>> text_of(["1 +", " 1"])
        '1 + 1'
    """
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _streams(pieces: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    texts: dict[str, list[str]] = {}
    for piece in pieces:
        texts.setdefault(str(piece.get("name")), []).append(text_of(piece.get("text", "")))
    for name in sorted(texts, reverse=True):  # stdout before stderr
        yield {"output_type": "stream", "name": name, "text": _seen("".join(texts[name]))}


def _seen(text: str) -> str:
    """Of a line with carriage returns only what was written last stays, as a terminal shows it."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
