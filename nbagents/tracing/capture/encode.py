"""Any Python value as JSON text: always valid, never endless, saying what was left out."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from json import encoder as json_encoder
from typing import Any

from nbagents._media import bytes_note

__all__ = ["MAX_CHARACTERS", "Json", "cut", "encode", "fit", "whole_text"]

MAX_CHARACTERS = 1_000_000  # of one payload's JSON
_MAX_DEPTH = 60
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_LIMITS = (100_000, 10_000)  # characters of one string, entries of one list or dictionary


class Json(str):
    """Text that is JSON already: ``encode`` leaves it as it is."""

    __slots__ = ()


def encode(value: object) -> str:
    """Return a value as JSON text; what JSON has no word for becomes a string.

    Models and dataclasses become objects, bytes a note of their length, anything else its repr; a cycle,
    not-a-number and what is nested too deep become a note. A lone surrogate, which no file can hold, becomes
    U+FFFD.

    Example:
        >>> encode({"answer": float("nan"), "sound": b"RIFF"})
        '{"answer":"NaN","sound":"[bytes: 4 bytes, sha256 a40ff3d5900f]"}'
    """
    if isinstance(value, Json):
        return value
    try:
        return whole_text(_FAST(value))
    except (TypeError, ValueError, RecursionError):
        return whole_text(_FAST(_plain(value, 0, ())))


def whole_text(text: str) -> str:
    """Return the text with every lone surrogate replaced, so that it can be written as UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def fit(text: str) -> str:
    """Shorten JSON text of more than ``MAX_CHARACTERS``: long strings and lists are cut, each with a note."""
    length, entries = _FIRST_LIMITS
    while len(text) > MAX_CHARACTERS and length:
        text = _FAST(_shorten(json.loads(text), length, entries))
        length, entries = length // 10, max(entries // 10, 1)
    return text if len(text) <= MAX_CHARACTERS else _FAST(f"[cut: {len(text):,} characters of JSON]")


def cut(text: str, limit: int) -> str:
    """Return the text, or its beginning and how much of it that is.

    Example:
        >>> cut("abcdefgh", 3)
        'abc… [cut: 3 of 8 characters]'
    """
    return text if len(text) <= limit else f"{text[:limit]}… [cut: {limit:,} of {len(text):,} characters]"


def _shorten(value: Any, length: int, entries: int) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return cut(value, length)
    if isinstance(value, list):
        kept = [_shorten(item, length, entries) for item in value[:entries]]
        return kept if len(value) <= entries else [*kept, f"[cut: {entries:,} of {len(value):,} entries]"]
    if isinstance(value, dict):
        pairs = list(value.items())
        shorter = {cut(key, length): _shorten(item, length, entries) for key, item in pairs[:entries]}
        return shorter if len(pairs) <= entries else {**shorter, "[cut]": f"{entries:,} of {len(pairs):,} entries"}
    return value


def _known(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return the parts of a value that JSON has no word for; they are encoded in turn."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes_note(bytes(value))
    if isinstance(value, type):
        return repr(value)
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json", warnings=False, fallback=_described)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else _described(value)


def _described(value: object) -> str:
    try:
        return repr(value)
    except Exception as exc:  # noqa: BLE001 - a repr is anybody's code, and it must not end the user's run
        return f"[{type(value).__name__}: its repr raised {type(exc).__name__}]"


def _default(value: object) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return _known(value)
    except Exception:  # noqa: BLE001 - a model's own serialiser is anybody's code too
        return _described(value)


def _encoder() -> Callable[[object], str]:
    """Return json's encoder in C, made once: ``JSONEncoder.encode`` makes one for every value."""
    make: Any = getattr(json_encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without it
        return json.JSONEncoder(
            ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=_default
        ).encode
    chunks = make(None, _default, json_encoder.encode_basestring, None, ":", ",", False, False, False)  # noqa: FBT003 - C takes them in order: no sorting, no skipping of keys, no not-a-number
    return lambda value: "".join(chunks(value, 0))


_FAST = _encoder()


def _plain(value: object, depth: int, inside: tuple[int, ...]) -> Any:  # noqa: ANN401 - any JSON value
    """Rebuild a value that the fast encoder refused."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("nan", "NaN")
    if isinstance(value, str):
        return str(value)
    if id(value) in inside:
        return "[cut: a cycle]"
    if depth >= _MAX_DEPTH:
        return f"[cut: more than {_MAX_DEPTH} levels deep]"
    return _plain_container(value, depth + 1, (*inside, id(value)))


def _plain_container(value: object, depth: int, inside: tuple[int, ...]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, depth, inside) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth, inside) for item in value]
    return _plain(_default(value), depth, inside)


def _key(key: object) -> str:
    return key if isinstance(key, str) else _described(key)
