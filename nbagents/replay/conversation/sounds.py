"""The sounds of a recorded conversation: a file for each thing said, and notes of where its pieces are."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nbagents.replay.cassette.sound import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Sounds", "is_pcm", "sound_note", "with_sound"]

_HASH_LENGTH = 32
_TELEPHONE = re.compile(r"'(?:output_audio_format|format|type)': '(?:g711_|audio/pcm)[ua]")


class Sounds:
    """Takes the pieces of sounds out of events while they are recorded.

    The server's own event and the SDK's say the same piece: each kind of event is at its own place in the sound,
    and the one that comes second finds the bytes there.
    """

    def __init__(self) -> None:
        self._data: dict[str, bytearray] = defaultdict(bytearray)
        self._at: dict[tuple[str, str], int] = defaultdict(int)
        self._said: dict[str, str] = defaultdict(str)

    def take(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return a received event's fields with a note where they have a piece of sound.

        Args:
            kind: The event's kind.
            data: Its fields.
        """
        if kind == "transcript_delta":
            self._said[data["item_id"]] += data["delta"]
        if kind == "audio":
            return {**data, "data": self._put(kind, data["item_id"], data["data"])}
        inner = data.get("data")
        if kind == "raw_server_event" and isinstance(inner, dict) and _has_sound(inner):
            piece = base64.b64decode(inner["delta"])
            return {**data, "data": {**inner, "delta": self._put(kind, inner["item_id"], piece)}}
        return data

    def files(self, *, pcm: bool, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
        """Store the sounds, and return what is known of each.

        Args:
            pcm: Whether they are the API's raw PCM.
            keep: Called with each file's name and content.
        """
        found = {}
        for item, sound in self._data.items():
            data = bytes(sound)
            note = sound_note(data, pcm=pcm)
            name = f"{note['sha256'][:_HASH_LENGTH]}.{'pcm' if pcm else 'bin'}"
            keep(name, data)
            found[item] = {"name": name, **note}
            if item in self._said:
                found[item]["transcript"] = self._said[item]
        return found

    def _put(self, kind: str, item: str, piece: bytes) -> dict[str, Any]:
        sound, at = self._data[item], self._at[kind, item]
        if sound[at : at + len(piece)] != piece:
            at = len(sound)
            sound += piece
        self._at[kind, item] = at + len(piece)
        return {"sound": item, "at": at, "bytes": len(piece)}


def is_pcm(settings: Any) -> bool:  # noqa: ANN401 - what a session was set to, in any of the API's forms
    """Tell whether a conversation's sound is the API's raw PCM, and not a telephone's G.711.

    Example:
        >>> is_pcm({}), is_pcm({"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
        (True, False)
    """
    return not _TELEPHONE.search(str(settings))


def sound_note(data: bytes, *, pcm: bool) -> dict[str, Any]:
    """Return what identifies a sound: its length in bytes, its hash, and of PCM its seconds.

    Example:
        >>> sound_note(bytes(4800), pcm=True)["seconds"]
        0.1
    """
    found: dict[str, Any] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**found, "seconds": seconds_of(data, "audio/pcm")} if pcm else found


def with_sound(kind: str, data: dict[str, Any], sounds: Mapping[str, bytes]) -> dict[str, Any]:
    """Return a recorded event's fields with their piece of sound.

    Args:
        kind: The event's kind.
        data: Its fields, with a note.
        sounds: The whole sounds by item.
    """
    if kind == "audio":
        return {**data, "data": _piece(data["data"], sounds)}
    inner = data.get("data")
    if kind == "raw_server_event" and isinstance(inner, dict) and isinstance(inner.get("delta"), dict):
        return {**data, "data": {**inner, "delta": base64.b64encode(_piece(inner["delta"], sounds)).decode()}}
    return data


def _piece(note: dict[str, Any], sounds: Mapping[str, bytes]) -> bytes:
    return sounds[note["sound"]][note["at"] : note["at"] + note["bytes"]]


def _has_sound(event: dict[str, Any]) -> bool:
    return str(event.get("type", "")).endswith("audio.delta") and isinstance(event.get("delta"), str)
