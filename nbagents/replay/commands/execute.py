"""A notebook run from its first cell to its last, in a kernel of its own and with a database of its own."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents.replay.commands.streams import joined
from nbagents.replay.wire.report import VARIABLE, Outcome, read_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Executed", "execute"]

_TIMEOUT_SECONDS = 600  # of the kernel's start, of one cell, and of the outputs that follow its reply


@dataclass(frozen=True)
class Executed:
    """What running a notebook gave.

    Attributes:
        notebook: The notebook with its outputs, as nbformat has it.
        error: What ended it, in words, or None.
        outcome: What was replayed.
    """

    notebook: Any
    error: str | None
    outcome: Outcome


def execute(path: Path, variables: Mapping[str, str], progress: Callable[[int, int], object]) -> Executed:
    """Run a notebook; the file is only read.

    Sessions and traces go into a file that is deleted afterwards: what an earlier run left must not change what
    this one asks.

    Args:
        path: The notebook.
        variables: Environment variables of its kernel, on top of this process's own.
        progress: Told of each cell before it runs: its number, from 1, and how many there are.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    count = len(notebook.cells)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.jsonl")
        environment = {
            **os.environ,
            "NBAGENTS_NOTEBOOK": str(path.absolute()),
            "NBAGENTS_DB": str(Path(folder, "notebook.db")),
            VARIABLE: str(report),
            **variables,
        }
        client = NotebookClient(
            notebook,
            timeout=_TIMEOUT_SECONDS,
            startup_timeout=_TIMEOUT_SECONDS,
            iopub_timeout=_TIMEOUT_SECONDS,
            raise_on_iopub_timeout=True,  # on a busy machine outputs may come seconds later; none is lost
            record_timing=False,
            store_widget_state=False,
            on_cell_start=lambda cell, cell_index: progress(cell_index + 1, count),  # noqa: ARG005 - nbclient passes names
        )
        error = _run(client, path, environment)
        for cell in _code_cells(notebook):
            cell.outputs = nbformat.from_dict(joined(cell.outputs))  # type: ignore[no-untyped-call]  # nbformat's
        return Executed(notebook, error, read_report(report))


def _run(client: Any, path: Path, environment: dict[str, str]) -> str | None:  # noqa: ANN401 - nbclient is untyped
    from nbclient.exceptions import CellExecutionError

    for cell in _code_cells(client.nb):
        cell.outputs, cell.execution_count = [], None
    try:
        client.execute(cwd=str(path.absolute().parent), env=environment)
    except CellExecutionError as exc:
        return f"{exc.ename}: {exc.evalue}"
    except (RuntimeError, TimeoutError) as exc:  # the kernel did not start, died, or took too long
        return str(exc)
    return None


def _code_cells(notebook: Any) -> list[Any]:  # noqa: ANN401 - nbformat's
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
