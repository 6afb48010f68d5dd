"""A notebook run from its first cell to its last, in a kernel of its own and with a database of its own.

The kernel is reached by sockets of the file system where the system has them: no other process can take their
ports, ipykernel does not warn of them, and they are there on a machine without any network.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents.errors import ReplayError
from nbagents.replay.commands.streams import joined
from nbagents.replay.match.place import label_of
from nbagents.replay.wire.report import VARIABLE, Outcome, read_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Executed", "execute", "read_notebook"]

_TIMEOUT_SECONDS = 600  # of the kernel's start, of one cell, and of the outputs that follow its reply
_OPTIONS = {
    "timeout": _TIMEOUT_SECONDS,
    "startup_timeout": _TIMEOUT_SECONDS,
    "iopub_timeout": _TIMEOUT_SECONDS,
    "raise_on_iopub_timeout": True,  # on a busy machine outputs may come seconds later; none is lost
    "record_timing": False,
    "store_widget_state": False,
}
_SOCKET_PATH = 80  # bytes of a folder that leave room for a socket's name below the system's limit, 104 on macOS
_REASON = 120  # characters


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

    Raises:
        ReplayError: The file cannot be read as a notebook.
    """
    import nbformat

    notebook = read_notebook(path)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.jsonl")
        environment = {
            **os.environ,
            "NBAGENTS_NOTEBOOK": str(path.absolute()),
            "NBAGENTS_DB": str(Path(folder, "notebook.db")),
            VARIABLE: str(report),
            **variables,
        }
        running = _Running(progress, len(notebook.cells))
        error = _run(notebook, _kernel(notebook, folder), running, path.absolute().parent, environment)
        for cell in _code_cells(notebook):
            cell.outputs = nbformat.from_dict(joined(cell.outputs))  # type: ignore[no-untyped-call]  # nbformat's
        return Executed(notebook, error, read_report(report))


def read_notebook(path: Path) -> Any:  # noqa: ANN401 - nbformat is untyped
    """Read a notebook as nbformat has it.

    Raises:
        ReplayError: It cannot be read as a notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    except (OSError, ValueError, AttributeError, TypeError, nbformat.ValidationError) as exc:
        reason = (str(exc).splitlines() or [type(exc).__name__])[0]
        raise ReplayError(f"{path} cannot be read as a notebook: {reason[:_REASON]}") from exc


def _kernel(notebook: Any, folder: str) -> Any:  # noqa: ANN401 - as above
    from jupyter_client.manager import AsyncKernelManager

    return AsyncKernelManager(
        kernel_name=notebook.metadata.get("kernelspec", {}).get("name", "python3"),
        connection_file=str(Path(folder, "kernel.json")),
        transport="ipc" if os.name == "posix" and len(os.fsencode(folder)) < _SOCKET_PATH else "tcp",
    )


@dataclass
class _Running:
    """Which cell runs: nbclient calls this before each.

    Attributes:
        progress: Told of it too.
        count: How many cells there are.
        place: Where the notebook is, in words.
    """

    progress: Callable[[int, int], object]
    count: int
    place: str = "before its first cell"

    def __call__(self, cell: Any, cell_index: int) -> None:  # noqa: ANN401 - as above
        self.place = f"cell {cell.get('id', cell_index + 1)} ({label_of(cell.source)})"
        self.progress(cell_index + 1, self.count)


def _run(notebook: Any, kernel: Any, running: _Running, folder: Path, environment: dict[str, str]) -> str | None:  # noqa: ANN401 - as above
    """Run the cells, and return what ended them before their end, in words."""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    for cell in _code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(notebook, km=kernel, on_cell_start=running, **_OPTIONS)
    try:
        kernel.kernel_spec_manager.get_kernel_spec(kernel.kernel_name)  # `execute` would log a traceback
        client.execute(cwd=str(folder), env=environment, cleanup_kc=True)
    except CellExecutionError as exc:
        return f"{running.place}: {exc.ename}: {exc.evalue}"
    except NoSuchKernel as exc:
        return f"its kernel {exc.name!r} is not installed here; choose another in JupyterLab, and save it"
    except AssertionError as exc:
        if client.km is not None:
            raise
        raise KeyboardInterrupt from exc  # at Ctrl-C nbclient ends the kernel, and then stumbles over that
    except (RuntimeError, TimeoutError) as exc:  # the kernel did not start, died, or took too long
        return f"{running.place}: {exc}"
    return None


def _code_cells(notebook: Any) -> list[Any]:  # noqa: ANN401 - as above
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
