"""``%load_ext nbagents`` and ``%unload_ext nbagents``."""

from __future__ import annotations

from typing import Any

from nbagents.notebook.enable import disable, enable
from nbagents.notebook.magics import NbAgentsMagics, run_cell_for_agent
from nbagents.notebook.voice_magic import VoiceMagics

__all__ = ["load", "unload"]


def load(shell: Any) -> None:  # noqa: ANN401 - IPython's shell is untyped
    """Enable nbagents and add its magics to a shell."""
    enable()
    shell.register_magics(NbAgentsMagics)
    shell.register_magics(VoiceMagics)
    if run_cell_for_agent not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.insert(0, run_cell_for_agent)  # before IPython looks for a cell magic


def unload(shell: Any) -> None:  # noqa: ANN401 - IPython's shell is untyped
    """Disable nbagents and take its cell magic away."""
    disable()
    if run_cell_for_agent in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(run_cell_for_agent)
