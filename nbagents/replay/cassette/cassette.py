"""``NOTEBOOK.cassette.jsonl``: one recorded call per line, and the folder of its sounds beside it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents._given import check_given
from nbagents._static_table import many
from nbagents.errors import CassetteError, SecretFoundError
from nbagents.replay.cassette.path import record_command
from nbagents.replay.cassette.recording import Recording, line_of, recording_of
from nbagents.replay.cassette.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Cassette"]


_VERSION = 1
_POINTER = "version https://git-lfs.github.com/"
_LFS = "is Git LFS's pointer to the file and not the file; fetch it with: git lfs pull"
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_HASHED = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
_HEAD = json.dumps({"nbagents_cassette": _VERSION}) + "\n"


class Cassette:
    """The recorded calls of one notebook.

    Args:
        path: The file. It need not be there yet.
        recordings: What is in it.

    Example:
        >>> len(Cassette(Path("new.cassette.jsonl")))
        0
    """

    def __init__(self, path: Path | str, recordings: Iterable[Recording] = ()) -> None:
        self.path = Path(path)
        self._recordings = list(recordings)
        self._scrubber = Scrubber()

    def __repr__(self) -> str:
        return f"<Cassette {str(self.path)!r}, {many(len(self), 'call')}>"

    @classmethod
    def read(cls, path: Path | str) -> Cassette:
        """Read a cassette.

        Args:
            path: The file.

        Raises:
            CassetteError: It is not there, not a cassette, of a newer version, or damaged.
            ConfigError: That is no path.
        """
        check_given("path", path, "a path", fits=isinstance(path, (str, os.PathLike)))
        path = Path(path)
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")  # some editors put a byte order mark first
        except FileNotFoundError as exc:
            raise CassetteError(
                f"there is no cassette {path}; make one with: {record_command(path)}", path=path
            ) from exc
        except (OSError, UnicodeDecodeError) as exc:
            why = getattr(exc, "strerror", None) or exc
            raise CassetteError(
                f"{path} cannot be read ({why}); record again with: {record_command(path)}", path=path
            ) from exc
        _check_version(path, lines[0])
        return cls(path, [_read_line(path, n, line) for n, line in enumerate(lines[1:], start=2) if line])

    def __iter__(self) -> Iterator[Recording]:
        return iter(self._recordings)

    def __len__(self) -> int:
        return len(self._recordings)

    @property
    def folder(self) -> Path:
        """The folder of the binary bodies, named by their hashes, such as ``lamp.cassette.files``."""
        return self.path.with_suffix(".files")

    def add(self, recording: Recording) -> None:
        """Append one call to the file, and look through what was written.

        Raises:
            SecretFoundError: A secret was there all the same; the file is deleted.
            CassetteError: It cannot be written.
        """
        text = line_of(recording) + "\n"
        try:
            new = not self.path.exists()
            with self.path.open("ab") as file:
                start = file.tell()
                file.write((_HEAD + text if new else text).encode())
            with self.path.open("rb") as file:
                file.seek(start)
                self._check(file.read().decode("utf-8", "replace"))
        except OSError as exc:
            raise CassetteError(
                f"{self.path} cannot be written ({exc}); check the folder", path=self.path
            ) from exc
        self._recordings.append(recording)

    def forget(self, cell: str) -> None:
        """Take out what an earlier execution of a cell recorded."""
        kept = [recording for recording in self._recordings if recording.cell != cell]
        if len(kept) != len(self._recordings):
            self._recordings = kept
            self.write()

    def write(self) -> None:
        """Write the file anew: cells as they first come, their calls in order, and no file that none of them has.

        Raises:
            SecretFoundError: A secret was there all the same; the file is deleted.
        """
        order = {cell: n for n, cell in enumerate(dict.fromkeys(one.cell for one in self._recordings))}
        self._recordings.sort(key=lambda one: (order[one.cell], one.call))
        text = _HEAD + "".join(f"{line_of(recording)}\n" for recording in self._recordings)
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_bytes(text.encode())
        os.replace(fresh, self.path)  # noqa: PTH105 - Path.replace says less about being atomic
        self.scan()
        self._keep_only({name for one in self._recordings for name in one.files})

    def delete(self) -> None:
        """Delete the file and its binary bodies; what else is in their folder stays."""
        self.path.unlink(missing_ok=True)
        self._keep_only(set())

    def scan(self) -> None:
        """Look through the whole file for secrets.

        Raises:
            SecretFoundError: There is one; the file is deleted.
        """
        self._check(self.path.read_text(encoding="utf-8", errors="replace"))

    def keep(self, name: str, data: bytes) -> None:
        """Store a binary body beside the cassette.

        Raises:
            SecretFoundError: There is a secret in it; the cassette is deleted.
        """
        kinds = {hit.name for hit in self._scrubber.hits_in_file(data.decode("latin-1"))}
        if kinds:
            raise self._found(kinds)
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(data)

    def load(self, name: str) -> bytes:
        """Return a binary body.

        Args:
            name: The file's name in the folder.

        Raises:
            CassetteError: It is not there, or not what was recorded.
        """
        path = self.folder / Path(name).name
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise CassetteError(
                f"{path} is missing: the folder belongs to {self.path.name}, keep them together; or "
                f"{_again(self.path)}",
                path=self.path,
            ) from exc
        if not hashlib.sha256(data).hexdigest().startswith(path.stem):
            what = (
                _LFS
                if data.startswith(_POINTER.encode())
                else f"is not the file that was recorded; {_again(self.path)}"
            )
            raise CassetteError(f"{path} {what}", path=self.path)
        return data

    def _check(self, text: str) -> None:
        kinds = {hit.name for line in text.split("\n") for hit in self._scrubber.hits_in_file(line)}
        if kinds:
            raise self._found(kinds)

    def _found(self, kinds: set[str]) -> SecretFoundError:
        self.delete()
        names = ", ".join(sorted(kinds))
        return SecretFoundError(
            f"{self.path.name} held a secret that could not be taken out ({names}), so it was deleted; take the "
            "secret out of the notebook and record again",
            path=self.path,
            kinds=sorted(kinds),
        )

    def _keep_only(self, names: set[str]) -> None:
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if _HASHED.fullmatch(path.name) and path.name not in names:
                path.unlink()
        with suppress(OSError):  # there are others
            self.folder.rmdir()


def _check_version(path: Path, line: str) -> None:
    try:
        version = json.loads(line)["nbagents_cassette"]
    except (ValueError, KeyError, TypeError) as exc:
        other = f"is not a cassette: its first line does not say so; {_again(path)}"
        raise CassetteError(f"{path} {_LFS if line.startswith(_POINTER) else other}", path=path, line=1) from exc
    if version != _VERSION:
        raise CassetteError(
            f"{path} is of version {version}, this nbagents knows {_VERSION}; upgrade nbagents, or {_again(path)}",
            path=path,
            line=1,
        )


def _read_line(path: Path, number: int, line: str) -> Recording:
    try:
        return recording_of(line)
    except (ValueError, RecursionError) as exc:
        reason = f"{exc.msg} at column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else str(exc)
        what = f"is not a recorded call ({reason}); {_again(path)}"
        if line.startswith(_CONFLICT):
            what = f"is from a merge of two versions that differ; keep one version's lines, or {_again(path)}"
        raise CassetteError(f"line {number} of {path} {what}", path=path, line=number) from exc


def _again(path: Path) -> str:
    return f"record again with: {record_command(path)}"
