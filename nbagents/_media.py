"""Audio and images in JSON: replaced by their kind, length in bytes and the start of their SHA-256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONG", "bytes_note", "has_long_run", "media_note", "replace_embedded", "replace_field"]

# Characters: no word, id or key is this long, and an encrypted reasoning item is as unreadable as a sound.
LONG = 512
_WINDOW = LONG // 2
_HASH_LENGTH = 12

_ALPHABET = r"(?:[A-Za-z0-9+/_-]|\\{1,7}+[nr/])"  # with the line ends and escaped slashes of JSON inside JSON
# Possessive (++): what has matched is never tried another way, so time grows no faster than the text.
_WHOLE = re.compile(rf"(?:{_ALPHABET}|\s)++={{0,2}}+\s*+")
_RUN = re.compile(rf"(?<![A-Za-z0-9+/_-])(?:{_ALPHABET}|[\r\n]){{{LONG},}}+={{0,2}}")
_FILLED = re.compile(r"[A-Za-z0-9+/_=\\\r\n-]*+")
_DATA_URL = re.compile(
    rf"data:([\w.+-]+\\*/[\w.+-]+)?[^,\s\"'<>]{{0,100}}?;base64,((?:{_ALPHABET}|[\r\n])*={{0,2}})"
)
_ESCAPE = re.compile(r"\\+[nr]|[\\\s]")

# Fields that hold nothing but media, whatever is around them; and those that do where the object says so.
_MEDIA_FIELDS = {"audio": "audio", "b64_json": "image", "partial_image_b64": "image", "file_data": "file"}
_MAYBE_FIELDS = frozenset({"data", "delta", "result", "image", "image_url", "bytes", "blob"})
_KIND_FIELDS = ("mimeType", "mime_type", "media_type", "type")
_KINDS = ("audio", "image", "video", "file")
_SHORTEST = 16  # characters of base64 that are taken for media where the field says so


def bytes_note(data: bytes, kind: str = "bytes") -> str:
    """Return what stands for binary data.

    Args:
        data: The data.
        kind: What it is, in a word or as a MIME type.

    Example:
        >>> bytes_note(bytes(4), "audio/pcm")
        '[audio/pcm: 4 bytes, sha256 df3f619804a9]'
    """
    return f"[{kind}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()[:_HASH_LENGTH]}]"


def media_note(text: str, kind: str) -> str:
    """Return what stands for base64 text; text that is not base64 after all is measured as it is."""
    cleaned = _ESCAPE.sub("", text).rstrip("=").translate({45: 43, 95: 47})  # the URL alphabet's - and _
    try:
        data = base64.b64decode(cleaned + "=" * (-len(cleaned) % 4), validate=True)
    except (binascii.Error, ValueError):
        data = text.encode("utf-8", "replace")
    return bytes_note(data, kind)


def has_long_run(text: str) -> bool:
    """Tell cheaply whether JSON text may hold a long run of base64.

    A run of ``LONG`` characters fills at least one aligned window of half that length; nearly every window of
    ordinary JSON has a quote or a space in it, which ends the test at once.
    """
    for start in range(0, len(text) - _WINDOW + 1, _WINDOW):
        end = start + _WINDOW
        if (
            text.find('"', start, end) < 0
            and text.find(" ", start, end) < 0
            and _FILLED.fullmatch(text, start, end)
        ):
            return True
    return False


def replace_embedded(text: str) -> str:
    """Replace data URLs and long runs of base64 anywhere in a string.

    Example:
        >>> replace_embedded("see data:image/png;base64,iVBORw0KGgo= here")
        'see [image/png: 8 bytes, sha256 4c4b6a3be131] here'
    """
    if ";base64," in text:
        text = _DATA_URL.sub(lambda match: media_note(match[2], (match[1] or "data").replace("\\", "")), text)
    if len(text) >= LONG:
        text = _RUN.sub(lambda match: media_note(match[0], "base64"), text)
    return text


def replace_field(owner: Mapping[str, Any], key: str, text: str) -> str | None:
    """Return the note for a field that holds media by its name or by what its object says, else None."""
    if len(text) < _SHORTEST or not _WHOLE.fullmatch(text):
        return None
    kind = _MEDIA_FIELDS.get(key) or (_kind(owner) if key in _MAYBE_FIELDS else None)
    return None if kind is None else media_note(text, kind)


def _kind(owner: Mapping[str, Any]) -> str | None:
    for name in _KIND_FIELDS:
        said = owner.get(name)
        if isinstance(said, str) and any(kind in said for kind in _KINDS):
            return said if "/" in said else next(kind for kind in _KINDS if kind in said)
    said = owner.get("format")
    return f"audio/{said}" if said in {"wav", "mp3", "pcm", "pcm16", "opus", "flac", "aac"} else None
