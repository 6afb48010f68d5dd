"""The magics: ``%nbagents`` and ``%%agent NAME``."""

from __future__ import annotations

import re

from IPython.core.magic import Magics, line_magic, magics_class

from nbagents.notebook.enable import Enabled, current, enable

__all__ = ["NbAgentsMagics", "run_cell_for_agent"]

_USAGE = "use %nbagents, %nbagents display on|off, or %nbagents mode live|offline|record|replay"
_SHOWN = 10  # calls that were not used
_AGENT_CELL = re.compile(r"%%agent\s+(?P<name>\w+)(?:\s+(?P<session>\w+))?\s*$")


@magics_class
class NbAgentsMagics(Magics):
    """``%nbagents``."""

    @line_magic
    def nbagents(self, line: str) -> None:
        """Show what is set up, or change it: ``display on|off``, ``mode live|offline|record|replay``."""
        words = line.split()
        enabled = current()
        match words:
            case []:
                print(_status(enabled))  # noqa: T201 - a magic prints
            case ["display", ("on" | "off") as switch]:
                _display(enabled, shown=switch == "on")
            case ["mode", mode]:
                shown = enabled is None or enabled.board is None or enabled.board.shown
                enable(enabled.path if enabled is not None else None, mode, shown)
            case _:
                print(f"{line.strip()!r} is not known; {_USAGE}")  # noqa: T201 - a magic prints


def _status(enabled: Enabled | None) -> str:
    if enabled is None:
        return "nbagents is off; turn it on with %load_ext nbagents or nbagents.enable()"
    shown = "on" if enabled.board is not None and enabled.board.shown else "off"
    notebook = enabled.location.notebook
    return "\n".join(
        (
            f"mode      {enabled.mode}",
            f"file      {enabled.path.name}",
            f"notebook  {notebook.name if notebook is not None else 'unknown'} ({enabled.location.frontend})",
            f"display   {shown}",
            *_cassette(),
        )
    )


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


def _display(enabled: Enabled | None, *, shown: bool) -> None:
    if enabled is None:
        enable(display=shown)
    elif enabled.board is not None:
        enabled.board.shown = shown


def run_cell_for_agent(lines: list[str]) -> list[str]:
    r"""Turn a ``%%agent NAME [SESSION]`` cell into an awaited run of the agent of that name.

    An input transformer rather than a cell magic, because only the cell itself can be awaited.

    Args:
        lines: The cell's lines, as IPython passes them.

    Example:
        >>> print(*run_cell_for_agent(["%%agent triage\n", "Hello\n"]))
        print((await __import__('agents').Runner.run(triage, 'Hello', session=None)).final_output)
        <BLANKLINE>
        >>> run_cell_for_agent(["1 + 1\n"])
        ['1 + 1\n']
    """
    found = _AGENT_CELL.match(lines[0].strip()) if lines else None
    if found is None:
        return lines
    text = "".join(lines[1:]).strip()
    run = f"__import__('agents').Runner.run({found['name']}, {text!r}, session={found['session']})"
    return [f"print((await {run}).final_output)\n"]
