"""``%nbagents`` and ``%%agent NAME``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from nbagents.errors import NbAgentsError
from nbagents.notebook.enable import Enabled, current, enable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NbAgentsMagics", "answer", "named", "run_cell_for_agent"]

_OFF = "nbagents is off; turn it on with %load_ext nbagents or nbagents.enable()"
_USAGE = "use %nbagents, %nbagents display on|off, or %nbagents mode live|offline|record|replay"
_AGENT_USAGE = "use %%agent AGENT [SESSION], names of variables, and below it what to ask"
_AGENT_CELL = re.compile(r"%%agent\s+(?P<name>\w+)(?:\s+(?P<session>\w+))?\s*$")


@magics_class
class NbAgentsMagics(Magics):
    """``%nbagents`` and ``%%agent``."""

    @line_magic
    def nbagents(self, line: str) -> None:
        """Show what is set up, or change it: ``display on|off``, ``mode live|offline|record|replay``.

        Raises:
            UsageError: Words that are not known, or a mode that cannot be used here.
        """
        words = line.split()
        enabled = current()
        match words:
            case []:
                print(enabled or _OFF)  # noqa: T201 - a magic prints
            case ["display", ("on" | "off") as switch]:
                _display(enabled, shown=switch == "on")
            case ["mode", mode]:
                _mode(enabled, mode)
            case _:
                raise UsageError(f"{line.strip()!r} is not known; {_USAGE}")

    @cell_magic
    def agent(self, line: str, cell: str) -> None:  # noqa: ARG002 - IPython passes both
        """Send the cell's text to an agent and print its answer: ``%%agent AGENT [SESSION]``, names of variables.

        What is well written never gets here: ``run_cell_for_agent`` makes an awaited call of it.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"%%agent {line}: {_AGENT_USAGE}")


def _display(enabled: Enabled | None, *, shown: bool) -> None:
    if enabled is None:
        enable(display=shown)
    elif enabled.board is not None:
        enabled.board.shown = shown


def _mode(enabled: Enabled | None, mode: str) -> None:
    shown = enabled is None or enabled.board is None or enabled.board.shown
    try:
        enable(enabled.path if enabled is not None else None, mode, shown)
    except NbAgentsError as exc:
        raise UsageError(str(exc)) from exc


def run_cell_for_agent(lines: list[str]) -> list[str]:
    r"""Turn a ``%%agent NAME [SESSION]`` cell into an awaited run of the agent of that name.

    An input transformer rather than a cell magic, because only the cell itself can be awaited.

    Args:
        lines: The cell's lines, as IPython passes them.

    Example:
        >>> print(*run_cell_for_agent(["%%agent triage\n", "Hello\n"]))
        print(await __import__('nbagents').notebook.magics.answer('Hello', 'triage'))
        <BLANKLINE>
        >>> run_cell_for_agent(["1 + 1\n"])
        ['1 + 1\n']
    """
    found = _AGENT_CELL.match(lines[0].strip()) if lines else None
    if found is None:
        return lines
    asked = ", ".join(map(repr, ("".join(lines[1:]).strip(), *filter(None, found.groups()))))
    return [f"print(await __import__('nbagents').notebook.magics.answer({asked}))\n"]


async def answer(text: str, *names: str) -> object:
    """Run the agent of a ``%%agent`` cell and return its final output.

    Args:
        text: What it is asked.
        names: Of the variables that hold the agent and, where there is one, the session.

    Raises:
        UsageError: There is no such variable, it holds no agent, or nothing is asked.
    """
    from agents import Agent, Runner
    from IPython import get_ipython

    agent, *session = named(get_ipython().user_ns, names, _AGENT_USAGE)
    if not isinstance(agent, Agent):
        raise UsageError(f"{names[0]} is of type {type(agent).__name__}, not an agents.Agent; {_AGENT_USAGE}")
    if not text:
        raise UsageError(f"nothing is asked; {_AGENT_USAGE}")
    return (await Runner.run(agent, text, session=session[0] if session else None)).final_output


def named(known: Mapping[str, Any], names: Sequence[str], usage: str) -> list[Any]:
    """Return what variables hold.

    Args:
        known: All of them.
        names: Those that are wanted.
        usage: Said where one is not there.

    Raises:
        UsageError: There is no such variable.
    """
    missing = ", ".join(name for name in names if name not in known)
    if missing:
        raise UsageError(f"there is no {missing} here; {usage}")
    return [known[name] for name in names]
