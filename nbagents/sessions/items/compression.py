"""Items with their long texts compressed, as values: zlib, then base64. Nothing is read or written here.

A stored item that was compressed has one more key, ``MARK``. It lists where the compressed texts are, so that no
text can be mistaken for one; and it can be found without reading the texts.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from nbagents.errors import CompressedItemError
from nbagents.sessions.items.rows import METADATA_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nbagents.sessions.items.rows import Item

__all__ = ["MARK", "compress_item", "is_compressed", "refuse_compressed", "restore_item", "stored_form"]

MARK = "_nbagents_compressed"

_FORMAT = "zlib"
_PREFIX = "zlib:"

Path = list[str | int]

_stored_form = ContextVar("nbagents_stored_form", default=False)


def compress_item(item: Item, *, level: int, threshold: int) -> Item:
    """Compress an item's long texts, at any depth, where that makes them shorter.

    Args:
        item: An item; it is not changed.
        level: zlib's, -1 to 9.
        threshold: Texts of more characters than this are compressed.

    Returns:
        The item as it is to be stored; the same one where nothing is to be compressed.

    Example:
        >>> stored = compress_item({"role": "user", "content": "a" * 2000}, level=6, threshold=1000)
        >>> len(stored["content"]) < 100, stored[MARK]["at"]
        (True, [['content']])
        >>> restore_item(stored, session_id="s") == {"role": "user", "content": "a" * 2000}
        True
    """
    places: list[Path] = []

    def packed(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON is anything
        """Return a part with its long texts compressed, and note where they are."""
        if isinstance(value, str):
            text = _pack(value, level) if len(value) > threshold else value
            if len(text) >= len(value):
                return value
            places.append(path)
            return text
        if isinstance(value, dict):
            return {
                key: packed(part, [*path, key]) if isinstance(key, str) and _is_packed(path, key) else part
                for key, part in value.items()
            }
        if isinstance(value, list | tuple):
            return [packed(part, [*path, place]) for place, part in enumerate(value)]
        return value

    stored: Item = packed(item, [])
    if not places and MARK not in item:
        return item
    note: dict[str, Any] = {"format": _FORMAT, "at": places}
    if MARK in item:  # somebody's own key
        note["was"] = item[MARK]
    return {**stored, MARK: note}


def _is_packed(path: Path, key: str) -> bool:
    """An item's metadata is for the store; a mark that is not ours goes into our mark as it is."""
    return bool(path) or key not in {METADATA_KEY, MARK}


def _pack(text: str, level: int) -> str:
    # Half a surrogate pair is no UTF-8, but Python and JSON have it.
    return _PREFIX + base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), level)).decode()


def is_compressed(item: Any) -> bool:  # noqa: ANN401 - a store may hold anything
    """Tell whether an item was compressed.

    Example:
        >>> is_compressed({"role": "user", "content": "_nbagents_compressed zlib:"})
        False
    """
    note = item.get(MARK) if isinstance(item, dict) else None
    return isinstance(note, dict) and note.get("format") == _FORMAT and isinstance(note.get("at"), list)


def restore_item(item: Item, *, session_id: str) -> Item:
    """Give an item its texts back; one that was not compressed is returned as it is.

    Args:
        item: A stored item; it is not changed.
        session_id: For the error.

    Raises:
        CompressedItemError: What is stored is damaged.
    """
    if not is_compressed(item):
        return item
    note = item[MARK]
    try:
        for path in note["at"]:
            item = _replaced(item, path, _unpack)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, zlib.error) as exc:
        raise CompressedItemError(
            f"session {session_id!r}: a compressed item is damaged ({type(exc).__name__}: {exc}); its stored JSON "
            "is in the item column of the frame of the session that CompressedSession stands on",
            session_id=session_id,
        ) from exc
    if "was" in note:
        return {**item, MARK: note["was"]}
    return {key: value for key, value in item.items() if key != MARK}


def _replaced(value: Any, path: Sequence[str | int], change: Callable[[str], str]) -> Any:  # noqa: ANN401 - JSON is anything
    if not path:
        return change(value)
    copy = value.copy()  # a session in memory may hand over what it keeps
    copy[path[0]] = _replaced(value[path[0]], path[1:], change)
    return copy


def _unpack(text: str) -> str:
    if not text.startswith(_PREFIX):
        return text  # edited since, by something that knows nothing of compression
    try:
        packed = base64.b64decode(text[len(_PREFIX) :], validate=True)
    except binascii.Error as exc:
        raise ValueError(f"no base64: {exc}") from exc
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")


@contextmanager
def stored_form() -> Iterator[None]:
    """Let sessions hand over compressed items for the length of a block: whoever asks can read them."""
    token = _stored_form.set(True)
    try:
        yield
    finally:
        _stored_form.reset(token)


def refuse_compressed(items: Sequence[Item], *, session_id: str) -> None:
    """Refuse to hand over compressed items to somebody who cannot read them.

    Args:
        items: Items as they are stored.
        session_id: For the error.

    Raises:
        CompressedItemError: One of them is compressed, and this is not within ``stored_form``.
    """
    if _stored_form.get():
        return
    marked = [item for item in items if MARK in item]  # no call for each item of every history that is read
    found = sum(map(is_compressed, marked))
    if found:
        raise CompressedItemError(
            f"session {session_id!r} holds compressed items ({found:,} of these {len(items):,}), which no model "
            "can read; open it with CompressedSession(session)",
            session_id=session_id,
        )
