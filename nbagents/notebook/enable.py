"""Turning nbagents on and off: one client, one tracing processor, one board of strips."""

from __future__ import annotations

import warnings
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._location import Location, current_environment, locate
from nbagents._sqlite import set_default_path
from nbagents.notebook.store_file import usable_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbagents.notebook.places import Places
    from nbagents.notebook.strips import Board
    from nbagents.replay.match.place import Before
    from nbagents.replay.mode import Mode
    from nbagents.tracing.capture.processor import NotebookTracingProcessor

__all__ = ["Enabled", "current", "disable", "enable"]


_SHOWN = 10  # calls that were not used


@dataclass(repr=False)
class Enabled:
    """What ``enable()`` set up.

    Attributes:
        mode: How the model is reached.
        path: The SQLite file.
        location: Which notebook and front end this is.
        processor: The tracing processor.
        board: The strips, or None outside a kernel.
        shell: IPython's shell, or None in a script.
        places: Tells which cell runs.
    """

    mode: Mode
    path: Path
    location: Location
    processor: NotebookTracingProcessor
    board: Board | None
    shell: Any
    places: Places

    def __repr__(self) -> str:
        notebook = self.location.notebook
        shown = "on" if self.board is not None and self.board.shown else "off"
        return "\n".join(
            (
                f"mode      {self.mode}",
                f"file      {self.path.name if self.path.parent == self.location.folder else self.path}",
                f"notebook  {notebook.name if notebook is not None else 'unknown'} ({self.location.frontend})",
                f"display   {shown}",
                *_cassette(),
            )
        )

    def change(self, mode: Mode, *, display: bool) -> None:
        """Take over what a second ``enable()`` was given."""
        self.mode = mode
        if self.board is not None:
            self.board.shown = display
        from nbagents.tracing.capture.presence import register

        register(self.processor)

    def before_cell(self, *_: object) -> None:
        """Come back where another integration replaced the processors, and let go of this cell's old strip."""
        from nbagents.tracing.capture.presence import register

        register(self.processor)
        self.places()
        if self.board is not None:
            self.board.cell_started()

    def after_cell(self, *_: object) -> None:
        """Leave the static form of what the cell ran, and bring the cassette in order."""
        from nbagents.replay.wire.client import current_deck
        from nbagents.tracing.capture.presence import register, registered

        there = registered()
        if register(self.processor):
            _tell_removed(there or ())
        deck = current_deck()
        if deck is not None:
            deck.settle()
        if self.board is not None:
            self.processor.force_flush()
            self.board.cell_ended()


# The name is looked up first so that `%autoreload` of this file keeps what was enabled instead of doubling it.
_enabled: Enabled | None = globals().get("_enabled")


def enable(
    db: Path | str | None = None,
    mode: str | None = None,
    display: bool = True,  # noqa: FBT001, FBT002 - the design's signature
    *,
    speed: float | None = None,
) -> Enabled:
    """Trace every agent run in this process and show it under the running cell; ``%load_ext nbagents`` does this.

    Calling it again is harmless and changes what is given.

    Args:
        db: The SQLite file; None is the one beside the notebook (or ``NBAGENTS_DB``), and for a replay one that
            begins empty with each kernel.
        mode: ``"live"``, ``"offline"``, ``"record"`` or ``"replay"``; None is ``NBAGENTS_MODE``, else live where
            there is a key or base URL, else replay where there is a cassette, else offline.
        display: Whether strips appear under cells.
        speed: In mode replay, the factor on the recording's own times: 0 waits for nothing, 1 takes as long as it
            took. None is ``NBAGENTS_REPLAY_SPEED``, else 0.

    Raises:
        ModeError: The mode does not exist.
        StoreOpenError: The file cannot be used.
        SchemaError: A newer nbagents wrote the file.
        ConfigError: The speed is not a number of 0 or more.
        CassetteError: The cassette is damaged, or in mode replay not there.

    Example:
        >>> enable(mode="fast")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        nbagents.errors.ModeError: ...
    """
    global _enabled  # noqa: PLW0603 - one process has one set-up
    from nbagents.replay.notice import tell_once
    from nbagents.replay.wire.client import choose_mode, install
    from nbagents.replay.wire.report import report_of

    environment = current_environment()
    chosen = choose_mode(mode)
    report_of(environment.variables).began(chosen)
    path = usable_file(db, replayed=chosen == "replay" and _enabled is None)
    if _enabled is not None and _enabled.path != path:
        disable()
    places = _enabled.places if _enabled is not None else _places(locate(environment))
    install(chosen, where=places, speed=speed, before=_before(path) if chosen == "replay" else None)
    set_default_path(path)
    if _enabled is None:
        _enabled = _set_up(chosen, path, locate(environment), places)
        _tell_replay(_enabled, by_itself=not (mode or environment.variables.get("NBAGENTS_MODE")))
    _enabled.change(chosen, display=display)
    if chosen == "offline":
        tell_once()
    return _enabled


def disable() -> None:
    """Put back what ``enable()`` changed; stored sessions and traces stay.

    Example:
        >>> disable()  # once more is harmless
    """
    global _enabled
    if _enabled is None:
        return
    from nbagents.replay.wire.client import uninstall
    from nbagents.tracing.capture.presence import unregister
    from nbagents.tracing.capture.writer import writer_of

    enabled, _enabled = _enabled, None
    if enabled.shell is not None:
        for event, function in _hooks(enabled):
            with suppress(ValueError):  # IPython's way to say that it is not registered
                enabled.shell.events.unregister(event, function)
    unregister(enabled.processor)
    enabled.processor.shutdown()
    writer_of(enabled.path).close()  # an event that still comes begins anew
    if enabled.board is not None:
        enabled.board.close()
    uninstall()
    set_default_path(None)


def current() -> Enabled | None:
    """Return what is set up now, or None."""
    return _enabled


def _cassette() -> list[str]:
    from nbagents.replay.wire.client import current_deck

    deck = current_deck()
    if deck is None:
        return []
    if deck.recorder is not None:
        tape = deck.recorder.cassette
        return [f"cassette  {tape.path.name}: {len(tape)} calls recorded"]
    if deck.player is None:
        return []
    tape, unused = deck.player.cassette, deck.player.unused
    lines = [f"cassette  {tape.path.name}: {len(tape) - len(unused)} of {len(tape)} calls used"]
    return lines + [f"  not used: {one.title} (cell {one.cell}, call {one.call})" for one in unused[:_SHOWN]]


def _tell_replay(enabled: Enabled, *, by_itself: bool) -> None:
    """Say to somebody who looks at the page what answers; a notebook that a program runs stays as it was saved."""
    from nbagents.replay.notice import replay_notice
    from nbagents.replay.wire.client import current_deck

    deck = current_deck()
    if by_itself and enabled.location.live and deck is not None and deck.player is not None:
        print(replay_notice(deck.player.cassette.path.name))  # noqa: T201 - said where the notebook asked for it


def _tell_removed(there: Iterable[object]) -> None:
    from nbagents.tracing.capture.queue_writer import TraceWarning

    names = ", ".join(f"{type(one).__module__}.{type(one).__qualname__}" for one in there)
    warnings.warn(
        "nbagents: something in this cell replaced the SDK's tracing processors (set_trace_processors); what was "
        f"there in place of ours: {names or 'nothing'}. nbagents is back. What agents did after that in this cell "
        "was not recorded: call it in a cell of its own, above the run.",
        TraceWarning,
        stacklevel=2,
    )


def _before(path: Path) -> Before:
    """What the file has of traces: a replay must not give its own the same ids and times once more."""
    from nbagents._sqlite import connect
    from nbagents.replay.match.place import Before

    if _enabled is not None:
        _enabled.processor.force_flush()
    newest = "max(max(started_us, coalesce(ended_us, 0)))"
    with closing(connect(path)) as connection:
        found = connection.execute(f"SELECT coalesce(max(rowid), 0), coalesce({newest}, 0) FROM nb_traces")
        return Before(*found.fetchone())


def _places(location: Location) -> Places:
    from nbagents.notebook.places import Places

    return Places(_shell(), location.notebook)


def _set_up(mode: Mode, path: Path, location: Location, places: Places) -> Enabled:
    from nbagents.tracing.capture.processor import NotebookTracingProcessor

    shell = _shell()
    board = None
    if getattr(shell, "kernel", None) is not None:
        from nbagents.notebook.strips import Board
        from nbagents.tracing.stored.store import TraceStore

        board = Board(shell, TraceStore(path), location.frontend, places, calm=not location.live)
        if location.live:
            _load_widgets_early()
    enabled = Enabled(mode, path, location, NotebookTracingProcessor(path, observer=board), board, shell, places)
    if shell is not None:
        for event, function in _hooks(enabled):
            shell.events.register(event, function)
    return enabled


def _load_widgets_early() -> None:
    """Import the widget aside, so that the first strip does not wait for it."""
    import threading

    from nbagents._displays import display_class

    threading.Thread(target=display_class, args=("trace",), name="nbagents-imports", daemon=True).start()


def _shell() -> Any:  # noqa: ANN401 - IPython's shell is untyped
    import sys

    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _hooks(enabled: Enabled) -> tuple[tuple[str, Any], ...]:
    return (("pre_run_cell", enabled.before_cell), ("post_run_cell", enabled.after_cell))
