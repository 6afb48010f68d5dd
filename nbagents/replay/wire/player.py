"""Mode replay: each request answered from the cassette, every recording once for each execution of its cell."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.errors import CassetteError
from nbagents.replay.cassette.path import record_command
from nbagents.replay.cassette.redacted import stands_for
from nbagents.replay.cassette.reply import chunks_of
from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.conversation.script import Script
from nbagents.replay.match.canonical import canonical_request, hash_of
from nbagents.replay.match.miss import miss
from nbagents.replay.match.place import Executions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.cassette.recording import Recording
    from nbagents.replay.match.place import Place, Where
    from nbagents.replay.wire.ask import Ask
    from nbagents.replay.wire.report import Report

__all__ = ["Playback", "Player"]


@dataclass(frozen=True)
class Playback:
    """What a request is answered with.

    Attributes:
        recording: The call.
        chunks: Its body in pieces, each with its milliseconds since the request.
        retried: Whether the client tried again when it was recorded.
    """

    recording: Recording
    chunks: Sequence[tuple[int, bytes]]
    retried: bool

    @property
    def reply(self) -> dict[str, Any]:
        """What came back, as recorded."""
        return self.recording.response


class Player:
    """Answers from a cassette.

    Args:
        cassette: The recorded calls.
        where: Returns which cell runs.
        report: Told of what was used and missed.
    """

    def __init__(self, cassette: Cassette, where: Where, report: Report) -> None:
        self.cassette = cassette
        self.scrubber = Scrubber()
        self.report = report
        self._where = where
        self._lock = threading.Lock()
        self._recordings = list(cassette)
        self._by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_cell: dict[str, list[int]] = defaultdict(list)
        for n, one in enumerate(self._recordings):
            self._by_key[one.cell, one.hash].append(n)
            self._by_cell[one.cell].append(n)
        self._executions = Executions()
        self._used: set[int] = set()  # in the newest execution of their cells
        self._ever: set[int] = set()
        report.opened(cassette)

    @property
    def unused(self) -> list[Recording]:
        """Recordings that nothing has asked for."""
        return [one for n, one in enumerate(self._recordings) if n not in self._ever]

    def answer(self, ask: Ask) -> Playback:
        """Return the recording of a request.

        Raises:
            CassetteMissError: There is none.
            CassetteError: Its sound is missing, or its reply is not as it was written.
        """
        recording, retried = self.find(canonical_request(ask, self.scrubber))
        with self._reading(recording):
            return Playback(recording, chunks_of(recording.response, self.cassette.load), retried)

    def conversation(self, recording: Recording) -> tuple[Script, dict[str, bytes]]:
        """Return what is to come in a recorded conversation, and its whole sounds by item.

        Raises:
            CassetteError: A sound is missing, or the recording is not as it was written.
        """
        with self._reading(recording):
            sounds = recording.response.get("sounds", {})
            script = Script(recording.response.get("conversation", ()))
            return script, {item: self.cassette.load(note["name"]) for item, note in sounds.items()}

    def find(self, request: dict[str, Any]) -> tuple[Recording, bool]:
        """Return the recording of a canonical request, and whether it was tried again when it was recorded.

        Raises:
            CassetteMissError: There is none.
        """
        place = self._where()
        with self._lock:
            self._start(place)
            found = self._find(place, request)
            if found is None:
                error = self._miss(place, request)
                self.report.missed(place, str(error))
                raise error
            self._used.add(found)
            self._ever.add(found)
            retried = self._retried(found)
        self.report.used(found)
        return self._recordings[found], retried

    @contextmanager
    def _reading(self, recording: Recording) -> Iterator[None]:
        """Say which recording it is that is not as it was written."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            path = self.cassette.path
            raise CassetteError(
                f"the reply to {recording.title} (cell {recording.cell}, call {recording.call}) in {path.name} is "
                f"damaged ({type(exc).__name__}: {exc}); record again with: {record_command(path)}",
                path=path,
            ) from exc

    def _start(self, place: Place) -> None:
        """A cell that runs again is answered from its first recording again."""
        if self._executions.begins(place):
            self._used.difference_update(self._by_cell[place.cell])

    def _find(self, place: Place, request: dict[str, Any]) -> int | None:
        for n in self._by_key[place.cell, hash_of(request)]:  # what was edited by hand is not what it was
            if n not in self._used and self._recordings[n].request == request:
                return n
        for n in self._by_cell[place.cell]:  # where a secret was taken out, this machine may have another, or none
            if n not in self._used and stands_for(self._recordings[n].request, request):
                return n
        return None

    def _retried(self, found: int) -> bool:
        """Whether the next recording of the same request is another try of it."""
        one = self._recordings[found]
        same = (self._recordings[n] for n in self._by_key[one.cell, one.hash] if n not in self._used)
        return any(other.attempt == one.attempt + 1 for other in same)

    def _miss(self, place: Place, request: dict[str, Any]) -> Exception:
        same = [one for one in self._recordings if one.request == request]
        same = [one for one in same if one.cell == place.cell] or same
        fresh = [one for n, one in enumerate(self._recordings) if n not in self._used]
        used = [one for n, one in enumerate(self._recordings) if n in self._used]
        return miss(self.cassette.path, place, request, same, fresh + used)
