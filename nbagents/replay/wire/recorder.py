"""Mode record: what was asked and what came back, written down while it passes by."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from nbagents.errors import CassetteError
from nbagents.replay.cassette.recording import Recording
from nbagents.replay.cassette.reply import CANCELLED, Heard, reply_of, transcript_of
from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.match.canonical import canonical_request, hash_of
from nbagents.replay.match.place import Executions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.match.place import Place, Where
    from nbagents.replay.wire.ask import Ask

    Keep = Callable[[str, bytes], None]
    Response = Callable[[Keep], dict[str, Any]]

__all__ = ["Recorder", "Take"]

# What the last event of a whole stream has in it: clients stop reading there.
_LAST_EVENTS = (b"data: [DONE]", b'"response.completed"', b'"response.failed"', b'"response.incomplete"')


class Recorder:
    """Writes the calls of this process into a cassette.

    Args:
        cassette: What is written.
        where: Returns which cell runs.
    """

    def __init__(self, cassette: Cassette, where: Where) -> None:
        self.cassette = cassette
        self.failure: CassetteError | None = None
        self.scrubber = Scrubber()
        self.unfinished: set[Callable[[], None]] = set()  # what still has something to write when all ends
        self._where = where
        self._lock = threading.Lock()
        self._executions = Executions()
        self._calls: dict[str, int] = {}
        self._unsettled = False

    def begin(self, ask: Ask) -> Take:
        """Note that a request goes out.

        Raises:
            CassetteError: An earlier call could not be written.
        """
        take = Take(self, ask, *self.next_call())
        self.unfinished.add(take.close)
        return take

    def next_call(self) -> tuple[Place, int]:
        """Return which cell asks, and which call of it this is.

        Raises:
            CassetteError: An earlier call could not be written.
        """
        if self.failure is not None:
            raise self.failure
        place = self._where()
        with self._lock:
            self._start(place)
            self._calls[place.cell] += 1
            return place, self._calls[place.cell]

    def finish(self) -> None:
        """Write what is unfinished: a conversation that nobody closed, a stream that nobody reads further."""
        for write in list(self.unfinished):
            write()

    def settle(self) -> None:
        """Bring the file in order.

        Raises:
            CassetteError: It cannot be written, or a secret would stay in it.
        """
        with self._lock:
            if self._unsettled and self.failure is None:
                self._unsettled = False
                try:
                    self.cassette.write()
                except CassetteError as exc:
                    self.failure = exc
                    raise

    def write(
        self, place: Place, call: int, request: dict[str, Any], response: Response, attempt: int = 0
    ) -> None:
        """Write one call.

        Args:
            place: Which cell asked.
            call: Which call of that cell this is, from 1.
            request: The canonical request.
            response: Makes what came back; it is given what keeps a file's name and content.
            attempt: 0, or how often the client had tried this request before.

        Raises:
            CassetteError: The file cannot be written, or a secret would stay in it.
        """
        with self._lock:
            if self.failure is not None:
                return  # said already, and raised by the next request
            if not self._executions.is_newest(place):
                return  # the cell has run again since: that is what it records
            self._unsettled = True
            try:
                self.cassette.add(
                    Recording(
                        cell=place.cell,
                        call=call,
                        attempt=attempt,
                        hash=hash_of(request),
                        recorded=datetime.now(UTC).date().isoformat(),
                        request=request,
                        response=response(self.cassette.keep),
                    )
                )
            except CassetteError as exc:
                self.failure = exc
                raise

    def _start(self, place: Place) -> None:
        """A cell that runs again records again."""
        if self._executions.begins(place):
            self._calls[place.cell] = 0
            self.cassette.forget(place.cell)


@dataclass(eq=False)
class Take:
    """One call while it is recorded. Whatever ends it first counts.

    Attributes:
        recorder: Writes it.
        ask: What is asked.
        place: Which cell asked.
        call: Which call of that cell this is, from 1.
    """

    recorder: Recorder
    ask: Ask
    place: Place
    call: int
    _began: float = field(default_factory=time.monotonic)
    _status: int | None = None
    _content_type: str = ""
    _ms: int = 0
    _chunks: list[tuple[int, bytes]] = field(default_factory=list)
    _written: bool = False

    def respond(self, status: int, content_type: str) -> None:
        """Note that the response has begun."""
        self._status, self._content_type, self._ms = status, content_type, self._now()

    def chunk(self, data: bytes) -> None:
        """Note a piece of the body."""
        self._chunks.append((self._now(), data))

    def finish(self) -> None:
        """Note that the body ended well."""
        self._write(None)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note it where what is done inside fails, or is cancelled or interrupted."""
        try:
            yield
        except GeneratorExit:
            raise  # nobody reads further: noted when it is closed or at the end, never amid a garbage collection
        except Exception as exc:
            self._write(type(exc).__name__, str(exc))
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Note that the client reads no further: it has what it needs, or cancelled."""
        tail = b"".join(chunk for _, chunk in self._chunks[-8:])
        whole = any(last in tail for last in _LAST_EVENTS)
        self._write(None if whole else CANCELLED)

    def _now(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def _write(self, end: str | None, message: str = "") -> None:
        if self._written:
            return
        self._written = True
        self.recorder.unfinished.discard(self.close)
        ms = self._ms if self._status is not None else self._now()
        heard = Heard(self._status, self._content_type, ms, self._chunks, end, message)
        scrubber = self.recorder.scrubber
        request = canonical_request(self.ask, scrubber)
        response = partial(_response, heard, request, scrubber)
        self.recorder.write(self.place, self.call, request, response, self.ask.attempt)


def _response(heard: Heard, request: dict[str, Any], scrubber: Scrubber, keep: Keep) -> dict[str, Any]:
    """What came back; of speech, with the words that were to be said."""
    found = reply_of(heard, scrubber, keep)
    said = transcript_of(request)
    if said is not None and "file" in found:
        found["file"]["transcript"] = said
    return found
