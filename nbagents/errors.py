"""Every error nbagents raises, and nothing else; imports nothing of ours.

::

    NbAgentsError
    ├── ConfigError
    │   └── ModeError
    ├── MissingExtraError
    ├── StoreError
    │   ├── StoreOpenError
    │   ├── StoreBusyError
    │   ├── StoreFullError
    │   └── SchemaError
    ├── SessionError
    │   ├── SessionClosedError
    │   ├── SessionExistsError
    │   ├── SessionNotFoundError
    │   ├── ItemNotFoundError
    │   ├── TableNameError
    │   ├── ItemError
    │   ├── FrameError
    │   │   └── OrphanError
    │   ├── ConflictError
    │   ├── SessionUnreachableError
    │   ├── SessionRefusedError
    │   ├── UnsupportedError
    │   ├── CompressedItemError
    │   └── RewriteError
    ├── TraceError
    │   ├── TraceNotFoundError
    │   ├── TraceRunningError
    │   └── TraceFileError
    ├── OfflineError
    ├── ReplayError
    │   ├── CassetteError
    │   │   ├── CassetteMissError
    │   │   └── SecretFoundError
    │   └── NetworkRefusedError
    ├── AudioError
    │   └── AudioDeviceError
    ├── VoiceError
    ├── RealtimeError
    │   ├── RealtimeClosedError
    │   └── RealtimeConnectionError
    └── DisplayError

Each is raised with a message and, by name, what it is about: its fields, so that code need not read the message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# fmt: off
__all__ = [
    "AudioDeviceError", "AudioError", "CassetteError", "CassetteMissError", "CompressedItemError", "ConfigError",
    "Conflict", "ConflictError", "Difference", "DisplayError", "FrameError", "ItemError", "ItemNotFoundError",
    "MissingExtraError", "ModeError", "NbAgentsError", "NetworkRefusedError", "OfflineError", "OrphanError",
    "RealtimeClosedError", "RealtimeConnectionError", "RealtimeError", "ReplayError", "RewriteError",
    "SchemaError", "SecretFoundError", "SessionClosedError", "SessionError", "SessionExistsError",
    "SessionNotFoundError", "SessionRefusedError", "SessionUnreachableError", "StoreBusyError", "StoreError",
    "StoreFullError", "StoreOpenError", "TableNameError", "TraceError", "TraceFileError", "TraceNotFoundError",
    "TraceRunningError", "UnsupportedError", "VoiceError",
]
# fmt: on


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
class _Fields(Exception):  # noqa: N818 - it is what errors are made of
    """An exception that is raised with the fields it declares, each by its name."""

    def __init_subclass__(cls) -> None:
        dataclass(kw_only=True, eq=False, repr=False)(cls)


class NbAgentsError(_Fields):
    """Any error of nbagents."""

    message: str = field(kw_only=False)  #: What is wrong, where, and what to do.

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:  # Exception's own would leave out what is given by name
        declared = {each.name: getattr(self, each.name) for each in fields(self)}
        return partial(type(self), **declared), (), vars(self)


class ConfigError(NbAgentsError, ValueError):
    """An argument or environment variable that cannot be used."""

    name: str  #: The argument's or variable's name.
    value: object  #: What was given.


class ModeError(ConfigError):
    """A mode that does not exist or is not in this version."""


class MissingExtraError(NbAgentsError, ImportError):
    """An optional package is not installed."""

    module: str  #: The module that could not be imported.
    extra: str  #: The extra that brings it.


class StoreError(NbAgentsError):
    """Something about the SQLite file."""

    path: Path | str  #: The file.


class StoreOpenError(StoreError):
    """The file is not SQLite's, cannot be written, or its folder does not exist."""


class StoreBusyError(StoreError):
    """Another process held the file for longer than the busy timeout."""

    holder: str | None = None  #: Which process, in words; None where the system does not tell.


class StoreFullError(StoreError):
    """The disk is full; nothing was written, and what was there is there."""


class SchemaError(StoreError):
    """The file's tables are not ones this version can work with: of a newer nbagents, or of somebody else."""


class SessionError(NbAgentsError):
    """Something about a session."""

    session_id: str  #: The session.


class SessionClosedError(SessionError):
    """The session was used after ``close()``."""


class SessionExistsError(SessionError, ValueError):
    """The file has or had a session of that name; nothing was written."""


class SessionNotFoundError(SessionError, LookupError):
    """The file has no session of that name."""


class ItemNotFoundError(SessionError, LookupError):
    """A session has no item with that id."""

    id: object  #: The id that was asked for.


class TableNameError(SessionError, ValueError):
    """A table name that SQLite could misread."""

    name: object  #: The name that was given.


class ItemError(SessionError, ValueError):
    """An item that cannot be stored."""

    index: int  #: The item's place in the list that was given, from 0.
    item: Any  #: The item.


class FrameError(SessionError, ValueError):
    """A frame that does not describe a history."""

    row: object = None  #: The row's label in the frame's index, or None where it is about the frame as a whole.
    column: str | None = None  #: The column, or None.


class OrphanError(FrameError):
    """A call would lose its output, an output its call, or reasoning what it led to."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One row that changed since the frame was read."""

    id: int  #: The row's id.
    expected: str | None  #: The JSON the frame was read from, or None for a row it did not have.
    found: str | None  #: The JSON that is stored now, or None for a row that is gone.


class ConflictError(SessionError):
    """Rows changed since the frame was read; nothing was written."""

    conflicts: Sequence[Conflict]  #: The rows, with the value that was expected and the one that was found.


class SessionUnreachableError(SessionError):
    """The server that keeps the session does not answer; the history is not known, and not empty."""

    address: str  #: The server's host and port, without a password.


class SessionRefusedError(SessionError):
    """The server that keeps the session answered with an error."""

    address: str  #: The server's host and port, without a password.
    status: int | None = None  #: The HTTP status, None where the server does not speak HTTP.


class UnsupportedError(SessionError):
    """What this kind of session cannot do; nothing was written."""


class CompressedItemError(SessionError):
    """An item that was compressed is read without ``CompressedSession``, or is damaged."""


class RewriteError(SessionError):
    """A history could not be replaced by an edited one."""

    restored: bool  #: Whether the history is again what it was before the edit.
    items: Sequence[Any]  #: The history before the edit.


class TraceError(NbAgentsError):
    """Something about a trace."""


class TraceNotFoundError(TraceError, LookupError):
    """No trace with that id."""

    trace_id: str | None  #: The id that was asked for.


class TraceRunningError(TraceError):
    """A trace that has not ended was to be deleted; nothing was."""

    trace_id: str  #: The trace.


class TraceFileError(TraceError):
    """A file of traces that cannot be read or written."""

    path: Path | str  #: The file.
    line: int | None = None  #: The line it is about, from 1, or None where it is about the file as a whole.


class OfflineError(NbAgentsError):
    """The offline model was asked for what a rule cannot give."""

    endpoint: str  #: The API path that was called.


class ReplayError(NbAgentsError):
    """Something about record and replay."""


class CassetteError(ReplayError):
    """A cassette that cannot be read or written."""

    path: Path | str  #: The cassette.
    line: int | None = None  #: The line it is about, from 1, or None where it is about the file as a whole.

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: it names the cell, and the way there through the SDK is long."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a request is not what was recorded."""

    path: str  #: The JSON path in the canonical request, such as ``$.body.model``.
    recorded: str | None  #: What the recording has there, as short JSON, or None where it has nothing.
    asked: str | None  #: What the request has there, likewise.


class CassetteMissError(CassetteError):
    """A request that is not in the cassette; nothing was sent."""

    cell: str  #: The id of the cell that asked.
    differences: Sequence[Difference] = ()  #: Where the request differs from the nearest recording.
    #: The nearest recording's cell and call, such as ``("c7", 2)``, or None where nothing is near.
    nearest: tuple[str, int] | None = None


class SecretFoundError(CassetteError):
    """A secret was still there when the written cassette was looked through; the file was deleted."""

    kinds: Sequence[str]  #: What kinds of secret, never the secrets themselves.


class NetworkRefusedError(ReplayError, OSError):
    """Code tried to reach another machine in mode replay."""

    host: str  #: The host it tried to reach.
    cell: str  #: The id of the cell that ran.


class AudioError(NbAgentsError, ValueError):
    """Sound that cannot be used: an odd number of bytes, a file that is not a WAV file."""


class AudioDeviceError(AudioError):
    """A microphone or loudspeaker that cannot be used."""

    #: ``denied``, ``no-device``, ``busy``, ``insecure``, ``blocked``, ``other-tab``, ``no-page`` or ``failed``.
    reason: str


class VoiceError(NbAgentsError):
    """A spoken turn that failed; the next one starts anew."""

    stage: str  #: Where it failed: ``listen``, ``transcribe``, ``answer`` or ``speak``.


class RealtimeError(NbAgentsError):
    """Something about a realtime session."""


class RealtimeClosedError(RealtimeError):
    """The session was used after ``close()``, or after its connection was given up."""


class RealtimeConnectionError(RealtimeError, ConnectionError):
    """There is no connection to the realtime model, or none any more."""

    attempts: int  #: How often it was tried.


class DisplayError(NbAgentsError):
    """A display that cannot be made."""
