"""Every error nbagents raises, and nothing else; imports nothing of ours.

::

    NbAgentsError
    ├── ConfigError              an argument or environment variable that cannot be used (also a ValueError)
    │   └── ModeError            a mode that does not exist or is not in this version
    ├── MissingExtraError        an optional package is not installed (also an ImportError)
    ├── StoreError               the SQLite file
    │   ├── StoreOpenError       not a SQLite file, not writable, no such folder
    │   ├── StoreBusyError       another process held the file for longer than the busy timeout
    │   ├── StoreFullError       the disk is full
    │   └── SchemaError          written by a newer nbagents, or not by us
    ├── SessionError             a session
    │   ├── SessionClosedError   used after close()
    │   ├── SessionExistsError   a name that was used before (also a ValueError)
    │   ├── SessionNotFoundError no session of that name (also a LookupError)
    │   ├── ItemNotFoundError    no item with that id (also a LookupError)
    │   ├── TableNameError       a table name that SQLite could misread (also a ValueError)
    │   ├── ItemError            an item that cannot be stored (also a ValueError)
    │   ├── FrameError           a frame that does not describe a history (also a ValueError)
    │   │   └── OrphanError      half a pair would stand alone
    │   ├── ConflictError        rows changed since the frame was read
    │   ├── SessionUnreachableError  the server that keeps the session does not answer
    │   ├── SessionRefusedError  the server that keeps the session answered with an error
    │   ├── UnsupportedError     what this kind of session cannot do
    │   ├── CompressedItemError  an item that only CompressedSession reads
    │   └── RewriteError         a history could not be replaced, and perhaps not put back
    ├── TraceError               a trace
    │   ├── TraceNotFoundError   no trace with that id (also a LookupError)
    │   ├── TraceRunningError    a trace that has not ended was to be deleted
    │   └── TraceFileError       a file of traces that cannot be read or written
    ├── OfflineError             the offline model was asked for what a rule cannot give
    ├── ReplayError              record and replay
    │   ├── CassetteError        a cassette that cannot be read or written
    │   │   ├── CassetteMissError    a request that is not in the cassette
    │   │   └── SecretFoundError     a secret was about to stay in the cassette; the file was deleted
    │   └── NetworkRefusedError  a socket that leaves this machine in mode replay (also an OSError)
    ├── AudioError               sound that cannot be used (also a ValueError)
    │   └── AudioDeviceError     a microphone or loudspeaker that cannot be used
    ├── VoiceError               a spoken turn that failed
    ├── RealtimeError            a realtime session
    │   ├── RealtimeClosedError  used after close()
    │   └── RealtimeConnectionError  no connection, or none any more (also a ConnectionError)
    └── DisplayError             a display that cannot be made

Each carries what it is about as attributes, so that code need not read the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "AudioDeviceError",
    "AudioError",
    "CassetteError",
    "CassetteMissError",
    "CompressedItemError",
    "ConfigError",
    "Conflict",
    "ConflictError",
    "Difference",
    "DisplayError",
    "FrameError",
    "ItemError",
    "ItemNotFoundError",
    "MissingExtraError",
    "ModeError",
    "NbAgentsError",
    "NetworkRefusedError",
    "OfflineError",
    "OrphanError",
    "RealtimeClosedError",
    "RealtimeConnectionError",
    "RealtimeError",
    "ReplayError",
    "RewriteError",
    "SchemaError",
    "SecretFoundError",
    "SessionClosedError",
    "SessionError",
    "SessionExistsError",
    "SessionNotFoundError",
    "SessionRefusedError",
    "SessionUnreachableError",
    "StoreBusyError",
    "StoreError",
    "StoreFullError",
    "StoreOpenError",
    "TableNameError",
    "TraceError",
    "TraceFileError",
    "TraceNotFoundError",
    "TraceRunningError",
    "UnsupportedError",
    "VoiceError",
]


class NbAgentsError(Exception):
    """Any error of nbagents."""


class ConfigError(NbAgentsError, ValueError):
    """An argument or environment variable that cannot be used.

    Attributes:
        name: The argument's or variable's name.
        value: What was given.
    """

    def __init__(self, message: str, *, name: str, value: object) -> None:
        super().__init__(message)
        self.name = name
        self.value = value


class ModeError(ConfigError):
    """A mode that does not exist or is not in this version."""


class MissingExtraError(NbAgentsError, ImportError):
    """An optional package is not installed.

    Attributes:
        module: The module that could not be imported.
        extra: The extra that brings it.
    """

    def __init__(self, module: str, *, extra: str) -> None:
        super().__init__(f'{module!r} is not installed; get it with: pip install "nbagents[{extra}]"')
        self.module = module
        self.extra = extra


class StoreError(NbAgentsError):
    """Something about the SQLite file.

    Attributes:
        path: The file.
    """

    def __init__(self, message: str, *, path: Path | str) -> None:
        super().__init__(message)
        self.path = path


class StoreOpenError(StoreError):
    """The file is not SQLite's, cannot be written, or its folder does not exist."""


class StoreBusyError(StoreError):
    """Another process held the file for longer than the busy timeout.

    Attributes:
        holder: Which process, in words; None where the system does not tell.
    """

    def __init__(self, message: str, *, path: Path | str, holder: str | None = None) -> None:
        super().__init__(message, path=path)
        self.holder = holder


class StoreFullError(StoreError):
    """The disk is full; nothing was written, and what was there is there."""


class SchemaError(StoreError):
    """The file's tables are not ones this version can work with."""


class SessionError(NbAgentsError):
    """Something about a session.

    Attributes:
        session_id: The session.
    """

    def __init__(self, message: str, *, session_id: str) -> None:
        super().__init__(message)
        self.session_id = session_id


class SessionClosedError(SessionError):
    """The session was used after ``close()``."""


class SessionExistsError(SessionError, ValueError):
    """The file has or had a session of that name; nothing was written."""


class SessionNotFoundError(SessionError, LookupError):
    """The file has no session of that name."""


class ItemNotFoundError(SessionError, LookupError):
    """A session has no item with that id.

    Attributes:
        id: The id that was asked for.
    """

    def __init__(self, message: str, *, session_id: str, id: object) -> None:  # noqa: A002 - the column's name
        super().__init__(message, session_id=session_id)
        self.id = id


class TableNameError(SessionError, ValueError):
    """A table name that SQLite could misread.

    Attributes:
        name: The name that was given.
    """

    def __init__(self, message: str, *, session_id: str, name: object) -> None:
        super().__init__(message, session_id=session_id)
        self.name = name


class ItemError(SessionError, ValueError):
    """An item that cannot be stored.

    Attributes:
        index: The item's place in the list that was given, from 0.
        item: The item.
    """

    def __init__(self, message: str, *, session_id: str, index: int, item: Any) -> None:  # noqa: ANN401 - any object
        super().__init__(message, session_id=session_id)
        self.index = index
        self.item = item


class FrameError(SessionError, ValueError):
    """A frame that does not describe a history.

    Attributes:
        row: The row's label in the frame's index, or None where it is about the frame as a whole.
        column: The column, or None.
    """

    def __init__(self, message: str, *, session_id: str, row: object = None, column: str | None = None) -> None:
        super().__init__(message, session_id=session_id)
        self.row = row
        self.column = column


class OrphanError(FrameError):
    """A call would lose its output, an output its call, or reasoning what it led to."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One row that changed since the frame was read.

    Attributes:
        id: The row's id.
        expected: The JSON the frame was read from, or None for a row it did not have.
        found: The JSON that is stored now, or None for a row that is gone.
    """

    id: int
    expected: str | None
    found: str | None


class ConflictError(SessionError):
    """Rows changed since the frame was read; nothing was written.

    Attributes:
        conflicts: The rows, with the value that was expected and the one that was found.
    """

    def __init__(self, message: str, *, session_id: str, conflicts: Sequence[Conflict]) -> None:
        super().__init__(message, session_id=session_id)
        self.conflicts = tuple(conflicts)


class SessionUnreachableError(SessionError):
    """The server that keeps the session does not answer; the history is not known, and not empty.

    Attributes:
        address: The server's host and port, without a password.
    """

    def __init__(self, message: str, *, session_id: str, address: str) -> None:
        super().__init__(message, session_id=session_id)
        self.address = address


class SessionRefusedError(SessionError):
    """The server that keeps the session answered with an error.

    Attributes:
        address: The server's host and port, without a password.
        status: The HTTP status, None where the server does not speak HTTP.
    """

    def __init__(self, message: str, *, session_id: str, address: str, status: int | None = None) -> None:
        super().__init__(message, session_id=session_id)
        self.address = address
        self.status = status


class UnsupportedError(SessionError):
    """What this kind of session cannot do; nothing was written."""


class CompressedItemError(SessionError):
    """An item that was compressed is read without ``CompressedSession``, or is damaged."""


class RewriteError(SessionError):
    """A history could not be replaced by an edited one.

    Attributes:
        restored: Whether the history is again what it was before the edit.
        items: The history before the edit.
    """

    def __init__(self, message: str, *, session_id: str, restored: bool, items: Sequence[Any]) -> None:
        super().__init__(message, session_id=session_id)
        self.restored = restored
        self.items = tuple(items)


class TraceError(NbAgentsError):
    """Something about a trace."""


class TraceNotFoundError(TraceError, LookupError):
    """No trace with that id.

    Attributes:
        trace_id: The id that was asked for.
    """

    def __init__(self, message: str, *, trace_id: str | None) -> None:
        super().__init__(message)
        self.trace_id = trace_id


class TraceRunningError(TraceError):
    """A trace that has not ended was to be deleted; nothing was.

    Attributes:
        trace_id: The trace.
    """

    def __init__(self, message: str, *, trace_id: str) -> None:
        super().__init__(message)
        self.trace_id = trace_id


class TraceFileError(TraceError):
    """A file of traces that cannot be read or written.

    Attributes:
        path: The file.
        line: The line it is about, from 1, or None where it is about the file as a whole.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


class OfflineError(NbAgentsError):
    """The offline model was asked for what a rule cannot give.

    Attributes:
        endpoint: The API path that was called.
    """

    def __init__(self, message: str, *, endpoint: str) -> None:
        super().__init__(message)
        self.endpoint = endpoint


class ReplayError(NbAgentsError):
    """Something about record and replay."""


class CassetteError(ReplayError):
    """A cassette that cannot be read or written.

    Attributes:
        path: The cassette.
        line: The line it is about, from 1, or None where it is about the file as a whole.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a request is not what was recorded.

    Attributes:
        path: The JSON path in the canonical request, such as ``$.body.model``.
        recorded: What the recording has there, as short JSON, or None where it has nothing.
        asked: What the request has there, likewise.
    """

    path: str
    recorded: str | None
    asked: str | None


class CassetteMissError(CassetteError):
    """A request that is not in the cassette; nothing was sent.

    Attributes:
        cell: The id of the cell that asked.
        differences: Where the request differs from the nearest recording.
        nearest: The nearest recording's cell and call, such as ``("c7", 2)``, or None where nothing is near.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | str,
        cell: str,
        differences: Sequence[Difference] = (),
        nearest: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(message, path=path)
        self.cell = cell
        self.differences = tuple(differences)
        self.nearest = nearest


class SecretFoundError(CassetteError):
    """A secret was still there when the written cassette was looked through; the file was deleted.

    Attributes:
        kinds: What kinds of secret, never the secrets themselves.
    """

    def __init__(self, message: str, *, path: Path | str, kinds: Sequence[str]) -> None:
        super().__init__(message, path=path)
        self.kinds = tuple(kinds)


class NetworkRefusedError(ReplayError, OSError):
    """Code tried to reach another machine in mode replay.

    Attributes:
        host: The host it tried to reach.
        cell: The id of the cell that ran.
    """

    def __init__(self, message: str, *, host: str, cell: str) -> None:
        super().__init__(message)
        self.host = host
        self.cell = cell


class AudioError(NbAgentsError, ValueError):
    """Sound that cannot be used: an odd number of bytes, a file that is not a WAV file."""


class AudioDeviceError(AudioError):
    """A microphone or loudspeaker that cannot be used.

    Attributes:
        reason: ``denied``, ``no-device``, ``busy``, ``insecure``, ``blocked``, ``other-tab``, ``no-page`` or
            ``failed``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class VoiceError(NbAgentsError):
    """A spoken turn that failed; the next one starts anew.

    Attributes:
        stage: Where it failed: ``listen``, ``transcribe``, ``answer`` or ``speak``.
    """

    def __init__(self, message: str, *, stage: str) -> None:
        super().__init__(message)
        self.stage = stage


class RealtimeError(NbAgentsError):
    """Something about a realtime session."""


class RealtimeClosedError(RealtimeError):
    """The session was used after ``close()``, or after its connection was given up."""


class RealtimeConnectionError(RealtimeError, ConnectionError):
    """There is no connection to the realtime model, or none any more.

    Attributes:
        attempts: How often it was tried.
    """

    def __init__(self, message: str, *, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class DisplayError(NbAgentsError):
    """A display that cannot be made."""
