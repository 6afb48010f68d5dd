"""Which mode a notebook ran in and what a replay used and missed, for the process that started it.

There is one line of JSON for each event. ``nbagents replay check`` and the pytest plugin name the file in
``NBAGENTS_REPLAY_REPORT``; a kernel that is killed has written what it did until then.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.match.place import Place
    from nbagents.replay.mode import Mode

__all__ = ["VARIABLE", "Outcome", "Report", "read_report", "report_of"]

VARIABLE = "NBAGENTS_REPLAY_REPORT"


class Report:
    """Writes the file, or nothing where none is wanted.

    Args:
        path: The file, or None.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def began(self, mode: Mode) -> None:
        """A mode was chosen."""
        self._write({"mode": mode})

    def opened(self, cassette: Cassette) -> None:
        """A cassette is being replayed."""
        self._write({"opened": str(cassette.path), "calls": len(cassette)})

    def used(self, number: int) -> None:
        """A recording was used; they are numbered from 0."""
        self._write({"used": number})

    def missed(self, place: Place, message: str) -> None:
        """A request was not there."""
        self._write({"missed": message, "cell": place.cell})

    def refused(self, place: Place, host: str) -> None:
        """A socket was refused."""
        self._write({"refused": host, "cell": place.cell})

    def _write(self, event: dict[str, Any]) -> None:
        if self._path is not None:
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")


@dataclass
class Outcome:
    """What one replay did.

    Attributes:
        modes: The modes that were chosen, in order.
        replayed: Whether a cassette was opened at all.
        used: Numbers of the recordings that were used, from 0.
        misses: What was missing, in words.
        refused: Hosts that were refused, each with the cell.
    """

    modes: list[str] = field(default_factory=list)
    replayed: bool = False
    used: set[int] = field(default_factory=set)
    misses: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def report_of(variables: Mapping[str, str]) -> Report:
    """Return the report that the environment asks for."""
    named = variables.get(VARIABLE)
    return Report(Path(named) if named else None)


def read_report(path: Path) -> Outcome:
    """Read a report; a file that is not there says that nothing was replayed."""
    outcome = Outcome()
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        match json.loads(line):
            case {"mode": mode}:
                outcome.modes.append(mode)
            case {"opened": _}:
                outcome.replayed = True
            case {"used": number}:
                outcome.used.add(number)
            case {"missed": message}:
                outcome.misses.append(message)
            case {"refused": host, "cell": cell}:
                outcome.refused.append((host, cell))
    return outcome
