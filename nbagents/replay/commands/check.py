"""What is wrong with a notebook's cassette: missing, unused, stale, secret, old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from nbagents.replay.cassette.path import ENDING, record_command
from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.commands.compare import output_texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.cassette.recording import Recording
    from nbagents.replay.commands.compare import Stale
    from nbagents.replay.mode import Mode
    from nbagents.replay.wire.report import Outcome

__all__ = [
    "Finding",
    "Kind",
    "age",
    "alone",
    "failed",
    "nothing_recorded",
    "replayed",
    "secrets",
    "shown",
    "stale",
]

Kind = Literal["missing", "unused", "stale", "secret", "old", "failed", "network"]

_OLD_DAYS = 30
_RUN = "look at what is saved (-) and what is new (+), and if it is right, run all cells without a key and save"
_UNSEEN = "leave it out of what is printed, and make a new one if somebody has seen this"
_NETWORK = (
    "a replay reaches nothing: ask the model by nbagents.openai_client(), and serve what tools need from 127.0.0.1"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: What is wrong, in a word.
        text: What, where, and what to do.
        warning: Whether it fails nothing.
    """

    kind: Kind
    text: str
    warning: bool = False


def replayed(cassette: Cassette, outcome: Outcome, error: str | None) -> list[Finding]:
    """Return what a replay of the whole notebook showed.

    Args:
        cassette: Its cassette.
        outcome: What was used and missed.
        error: What ended the notebook, or None.
    """
    found = [Finding("missing", miss) for miss in outcome.misses]
    found += [
        Finding("network", f"cell {cell} tried to reach {host}; {_NETWORK}")
        for host, cell in dict.fromkeys(outcome.refused)
    ]
    if error is not None and not any(miss in error for miss in outcome.misses):
        found.append(failed(outcome, "replay", error))
    if error is None and not outcome.replayed:
        found.append(Finding("failed", f"nothing was replayed: {_not_on(outcome, 'replay')}"))
    if error is None and outcome.replayed and not outcome.misses:
        unused = [_unused(cassette, n, one) for n, one in enumerate(cassette) if n not in outcome.used]
        if unused and outcome.modes[-1:] not in ([], ["replay"]):
            unused.append(Finding("failed", f"not all was replayed: {_chosen(outcome)}"))
        found += unused
    return found


def failed(outcome: Outcome, mode: Mode, error: str) -> Finding:
    """Return that a notebook did not run to its end.

    Args:
        outcome: What was replayed until then.
        mode: The mode that it was to run in.
        error: What ended it.
    """
    why = _not_on(outcome, mode)
    return Finding("failed", "\n".join((f"the notebook did not run to its end: {error}", *([why] if why else []))))


def nothing_recorded(outcome: Outcome) -> Finding:
    """Return that a notebook ran to its end and nothing was recorded."""
    return Finding("missing", f"nothing was recorded: {_not_on(outcome, 'record') or 'no model was asked'}")


def alone(path: Path) -> Finding:
    """Return that a cassette has no notebook."""
    name = path.name.removesuffix(ENDING)
    return Finding(
        "unused",
        f"there is no {name}.ipynb beside it; if the notebook was renamed, rename this and the folder "
        f"{name}.cassette.files too, else delete them",
    )


def _unused(cassette: Cassette, number: int, one: Recording) -> Finding:
    cure = f"delete line {number + 2} of {cassette.path.name}, or record again: {record_command(cassette.path)}"
    return Finding(
        "unused", f"{one.title} (cell {one.cell}, call {one.call}) was recorded and is not asked for; {cure}"
    )


def _not_on(outcome: Outcome, mode: Mode) -> str:
    """Say why nothing was recorded or replayed; "" where it was on."""
    if mode in outcome.modes:
        return ""
    if not outcome.modes:
        return "no cell enables nbagents (%load_ext nbagents)"
    return _chosen(outcome)


def _chosen(outcome: Outcome) -> str:
    return f"the notebook itself chooses mode {outcome.modes[-1]}: leave that out, and NBAGENTS_MODE decides"


def stale(cells: Iterable[Stale]) -> list[Finding]:
    """Return saved outputs that are not what their cells give now."""
    return [
        Finding("stale", "\n".join((f"cell {one.cell} ({one.source}) gives other outputs; {_RUN}:", *one.lines)))
        for one in cells
    ]


def shown(notebook: dict[str, Any]) -> list[Finding]:
    """Return the cells of a notebook whose outputs show a secret."""
    scrubber = Scrubber()
    return [
        Finding("secret", f"cell {name} ({label}) shows a secret ({hits[0].name}) in its output; {_UNSEEN}")
        for name, label, text in output_texts(notebook)
        if (hits := scrubber.hits_in_file(text))
    ]


def secrets(path: Path) -> list[Finding]:
    """Return the lines of a cassette that hold a secret."""
    scrubber = Scrubber()
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return [
        Finding(
            "secret", f"line {n} of {path.name} holds a secret ({hits[0].name}); delete the file, record again"
        )
        for n, line in enumerate(lines, start=1)
        if (hits := scrubber.hits_in_file(line))
    ]


def age(days: Iterable[str], today: date) -> list[Finding]:
    """Return a warning where the oldest recording is older than a month.

    Args:
        days: The days of its recordings, such as "2026-11-24".
        today: The day to count from.

    Example:
        >>> age(["2026-10-01"], date(2026, 11, 1))[0].text
        'recorded 31 days ago: the model may answer otherwise by now; record again'
    """
    oldest = min(days, default=None)
    if oldest is None:
        return []
    passed = (today - date.fromisoformat(oldest)).days
    if passed <= _OLD_DAYS:
        return []
    text = f"recorded {passed} days ago: the model may answer otherwise by now; record again"
    return [Finding("old", text, warning=True)]
