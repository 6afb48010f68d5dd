"""Items on their way in: everything is checked before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from nbagents._given import check_given
from nbagents.errors import ItemError
from nbagents.sessions.items.rows import METADATA_KEY, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["encode"]


def encode(items: Iterable[Any], *, session_id: str) -> list[Row]:
    """Turn items into rows that have no id yet; an item's ``_metadata`` is taken out and kept beside it.

    The JSON is what the SDK writes, except that NaN and infinity are refused: they are not JSON, and the model
    API does not take them.

    Args:
        items: Dicts as the Responses API takes them.
        session_id: For the error.

    Raises:
        ConfigError: They are no list.
        ItemError: One of them cannot be stored.

    Example:
        >>> encode([{"role": "user", "content": "Hi", "_metadata": {"agent": "a"}}], session_id="s")[0][2:]
        ('{"role": "user", "content": "Hi"}', '{"agent": "a"}')
    """
    wanted = 'a list of dicts, such as [{"role": "user", "content": "..."}]'
    check_given(
        "items", items, wanted, fits=not isinstance(items, (str, bytes, dict)) and hasattr(items, "__iter__")
    )
    return [_row(item, index, session_id) for index, item in enumerate(items)]


def _row(item: Any, index: int, session_id: str) -> Row:  # noqa: ANN401 - a caller may pass anything
    if not isinstance(item, dict):
        _refuse(f"is {type(item).__name__}, not a dict", index, item, session_id)
    metadata = None
    try:
        if METADATA_KEY in item:
            metadata = _metadata(item, index, session_id)
            item = {key: value for key, value in item.items() if key != METADATA_KEY}
        return Row(None, None, json.dumps(item, allow_nan=False), metadata)
    except (TypeError, ValueError, RecursionError) as exc:
        if isinstance(exc, ItemError):
            raise
        _refuse(f"cannot be written as JSON ({exc})", index, item, session_id, exc)


def _metadata(item: dict[str, Any], index: int, session_id: str) -> str:
    if not isinstance(item[METADATA_KEY], dict):
        kind = type(item[METADATA_KEY]).__name__
        _refuse(f"has a {METADATA_KEY} that is {kind}, not a dict", index, item, session_id)
    return json.dumps(item[METADATA_KEY], allow_nan=False)


def _refuse(
    problem: str, index: int, item: object, session_id: str, cause: BaseException | None = None
) -> NoReturn:
    raise ItemError(
        f"item {index} {problem}; nothing was written. Pass dicts as the Responses API takes them, such as "
        '{"role": "user", "content": "..."}',
        session_id=session_id,
        index=index,
        item=item,
    ) from cause
