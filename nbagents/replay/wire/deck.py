"""What the seam records on or replays from: one recorder or player, as long as the mode and the file stay."""

from __future__ import annotations

import atexit
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbagents.errors import CassetteError
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.match.place import NOTHING, SCRIPT, Before, Place, Where
from nbagents.replay.traces.clock import ReplayClock
from nbagents.replay.wire.guard import guard, release
from nbagents.replay.wire.player import Player
from nbagents.replay.wire.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import FileLock

    from nbagents.replay.mode import Mode
    from nbagents.replay.wire.ask import Ask
    from nbagents.replay.wire.player import Playback
    from nbagents.replay.wire.recorder import Take
    from nbagents.replay.wire.report import Report

__all__ = ["Deck"]


def _script() -> Place:
    return SCRIPT


@dataclass
class Deck:
    """The recorder or the player of a process.

    Attributes:
        where: Returns which cell runs.
        before: What was traced before a replay.
        speed: The factor on a recording's own times.
        recorder: In mode record.
        player: In mode replay.
        clock: In mode replay, the time of the recording.
    """

    where: Where = _script
    before: Before = NOTHING
    speed: float = 0.0
    recorder: Recorder | None = None
    player: Player | None = None
    clock: ReplayClock | None = None
    _held: FileLock | None = field(default=None, repr=False)
    _registered: bool = field(default=False, repr=False)

    def load(self, mode: Mode, path: Path, report: Report) -> None:
        """Take up a mode; what is in use already for the same file stays.

        Args:
            mode: The mode that is to apply.
            path: The cassette.
            report: Told of what a replay does.

        Raises:
            CassetteError: The cassette is damaged, or in mode replay not there.
        """
        if mode == "record":
            self._record(path)
        elif mode == "replay":
            self._replay(path, report)
        else:
            self.eject()

    def eject(self) -> None:
        """Bring what was recorded in order, and let go of it."""
        recorder, self.recorder, self.player, self.clock = self.recorder, None, None, None
        release()
        if recorder is not None:
            recorder.finish()
            recorder.settle()
        if self._held is not None:
            self._held.release()
            self._held = None

    def advance(self, ms: float) -> None:
        """Let milliseconds of the recording pass for the task that calls this."""
        if self.clock is not None:
            self.clock.advance(self.place().execution, ms)

    def settle(self) -> None:
        """Bring what was recorded in order: a cell has ended."""
        if self.recorder is not None:
            self.recorder.settle()

    def begin(self, ask: Ask) -> Take:
        """Note that a request goes out.

        Raises:
            CassetteError: Nothing is being recorded, or an earlier call could not be written.
        """
        return self.open_recorder().begin(ask)

    def answer(self, ask: Ask) -> Playback:
        """Return the recording of a request.

        Raises:
            CassetteError: Nothing is being replayed, or there is no such recording.
        """
        return self.open_player().answer(ask)

    def open_recorder(self) -> Recorder:
        """Return the recorder.

        Raises:
            CassetteError: Nothing is being recorded.
        """
        if self.recorder is None:
            raise CassetteError("no cassette is open; call nbagents.enable(mode='record')", path="")
        return self.recorder

    def open_player(self) -> Player:
        """Return the player.

        Raises:
            CassetteError: Nothing is being replayed.
        """
        if self.player is None:
            raise CassetteError("no cassette is open; call nbagents.enable(mode='replay')", path="")
        return self.player

    def now_us(self) -> int:
        """Return the recording's time for the task that asks, in microseconds since 1970 UTC; 0 without one."""
        return self.clock.now_us(self.place().execution) if self.clock is not None else 0

    def latest_us(self) -> int:
        """Return the latest of the recording's times so far, likewise."""
        return self.clock.latest_us() if self.clock is not None else 0

    def place(self) -> Place:
        """Return which cell runs."""
        return self.where()

    def _record(self, path: Path) -> None:
        if self.recorder is not None and self.recorder.cassette.path == path:
            return
        from nbagents.replay.cassette.hold import hold

        held = hold(path)
        try:
            cassette = Cassette.read(path) if path.exists() else Cassette(path)
        except CassetteError:
            held.release()
            raise
        self.eject()
        self.recorder, self._held = Recorder(cassette, self.place), held
        self._register()

    def _register(self) -> None:
        if not self._registered:
            self._registered = True
            atexit.register(self._at_exit)

    def _at_exit(self) -> None:
        if self.recorder is not None:
            self.recorder.finish()
        self.settle()
        unused = self.player.unused if self.player is not None else []
        if self.player is not None and unused:
            name, first = self.player.cassette.path.name, unused[0]
            sys.stderr.write(
                f"nbagents: {len(unused)} of {len(self.player.cassette)} recorded calls of {name} were not used, "
                f"the first: {first.title} (cell {first.cell}, call {first.call})\n"
            )

    def _replay(self, path: Path, report: Report) -> None:
        if self.player is None or self.player.cassette.path != path:
            self.settle()
            cassette = Cassette.read(path)
            self.eject()
            self._register()
            self.player = Player(cassette, self.place, report)
            day = min((one.recorded for one in cassette), default="1970-01-01")
            self.clock = ReplayClock(day, self.before.until_us)
        guard(self.place, report)
