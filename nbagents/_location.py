"""Which notebook is this? A pure function of what the process knows about itself.

=============  ==================================================================================
frontend       how it is told
=============  ==================================================================================
``lab``        Jupyter Server names the kernel's document in ``JPY_SESSION_NAME`` (Lab, Notebook 7)
``vscode``     VS Code sets ``__vsc_ipynb_file__`` in the user's namespace
``colab``      the module ``google.colab`` is loaded
``papermill``  papermill names its files in ``PAPERMILL_OUTPUT_PATH`` and ``PAPERMILL_INPUT_PATH``
``kernel``     any other kernel; ``jupyter execute`` and ``nbconvert`` have the file in their command line, and
               nbmake is told by our plugin; nbclient, a Qt or terminal console name none
``ipython``    IPython in a terminal
``script``     no IPython at all
=============  ==================================================================================
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Environment", "Frontend", "Location", "current_environment", "locate", "store_path"]

Frontend = Literal["lab", "vscode", "colab", "papermill", "kernel", "ipython", "script"]

_RUNNERS = frozenset({"jupyter-execute", "jupyter-nbconvert", "nbclient", "nbconvert"})
_LIVE: frozenset[Frontend] = frozenset({"lab", "vscode", "colab"})


@dataclass(frozen=True)
class Environment:
    """What a process knows about itself, as plain values.

    Attributes:
        variables: Environment variables.
        namespace: The user's namespace, where a front end may leave a name.
        shell: The IPython shell's class name, or None without IPython.
        modules: Names of loaded modules.
        folder: The working folder.
        started_by: The command line of the process that started this one, where it is asked for.
        started_in: That process's working folder.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)
    shell: str | None = None
    modules: frozenset[str] = frozenset()
    folder: Path = Path()
    started_by: Sequence[str] = ()
    started_in: Path = Path()


@dataclass(frozen=True)
class Location:
    """Where code runs.

    Attributes:
        frontend: What shows the output.
        notebook: The notebook's file, where it is known.
        folder: The folder relative files belong to.
        source: The file that papermill runs a copy of, else None: its cassette is beside it.
    """

    frontend: Frontend
    notebook: Path | None
    folder: Path
    source: Path | None = None

    @property
    def live(self) -> bool:
        """Whether somebody may be looking at a page that can run a widget."""
        return self.frontend in _LIVE


def locate(environment: Environment) -> Location:
    """Tell which notebook and front end a process belongs to.

    ``NBAGENTS_NOTEBOOK`` names the notebook where it is set; it decides over everything else.

    Args:
        environment: What the process knows about itself.

    Example:
        >>> here = locate(Environment({"JPY_SESSION_NAME": "/home/ada/lamp.ipynb"}, shell="ZMQInteractiveShell"))
        >>> here.frontend, here.notebook.name
        ('lab', 'lamp.ipynb')
    """
    frontend = _frontend(environment)
    named = environment.variables.get("NBAGENTS_NOTEBOOK") or _named_by_frontend(environment, frontend)
    if not named:
        return Location(frontend, None, environment.folder)
    notebook = environment.folder / Path(named).expanduser()
    source = _papermill_file(environment, "PAPERMILL_INPUT_PATH") if frontend == "papermill" else None
    return Location(frontend, notebook, notebook.parent, None if source is None else environment.folder / source)


def _frontend(environment: Environment) -> Frontend:
    if environment.shell is None:
        return "script"
    if "google.colab" in environment.modules:
        return "colab"
    if environment.shell != "ZMQInteractiveShell":
        return "ipython"
    if "__vsc_ipynb_file__" in environment.namespace:
        return "vscode"
    if _papermill_file(environment):
        return "papermill"
    return "lab" if environment.variables.get("JPY_SESSION_NAME") else "kernel"


def _named_by_frontend(environment: Environment, frontend: Frontend) -> str | None:
    if frontend == "vscode":
        return str(environment.namespace["__vsc_ipynb_file__"])
    if frontend == "papermill":
        return _papermill_file(environment)
    if frontend == "lab":
        name = environment.variables["JPY_SESSION_NAME"]
        return name if name.endswith(".ipynb") else None  # a console is a session without a file
    return _named_by_command(environment) if frontend == "kernel" else None


def _named_by_command(environment: Environment) -> str | None:
    """Return the one notebook that a program was told to run; of several it is not known which."""
    words = environment.started_by
    if not any(Path(word).stem in _RUNNERS for word in words[:3]):  # such as python -m nbconvert
        return None
    named = {
        word
        for before, word in pairwise(words)
        if word.endswith(".ipynb") and not word.startswith("-") and before != "--output"
    }
    return str(environment.started_in / named.pop()) if len(named) == 1 else None


def _papermill_file(environment: Environment, *variables: str) -> str | None:
    for variable in variables or ("PAPERMILL_OUTPUT_PATH", "PAPERMILL_INPUT_PATH"):
        path = environment.variables.get(variable)
        if path and "://" not in path:  # papermill also writes to object stores
            return path
    return None


def store_path(location: Location, variables: Mapping[str, str]) -> Path:
    """Return the SQLite file that belongs to a location.

    Args:
        location: Where code runs.
        variables: Environment variables; ``NBAGENTS_DB`` names the file where it is set.

    Example:
        >>> store_path(Location("lab", Path("/home/ada/lamp.ipynb"), Path("/home/ada")), {}).as_posix()
        '/home/ada/lamp.nbagents.db'
        >>> store_path(Location("script", None, Path("/home/ada")), {}).as_posix()
        '/home/ada/nbagents.db'
    """
    named = variables.get("NBAGENTS_DB")
    if named:
        return location.folder / Path(named).expanduser()
    if location.notebook is None:
        return location.folder / "nbagents.db"
    return location.notebook.with_suffix(".nbagents.db")


def current_environment() -> Environment:
    """Read this process's own environment, without importing anything that is not loaded yet."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    started_by, started_in = _starter() if getattr(shell, "kernel", None) is not None else ((), Path())
    return Environment(
        variables=dict(os.environ),
        namespace=shell.user_ns if shell is not None else {},
        shell=type(shell).__name__ if shell is not None else None,
        modules=frozenset({"google.colab"} & sys.modules.keys()),
        folder=Path.cwd(),
        started_by=started_by,
        started_in=started_in,
    )


def _starter() -> tuple[Sequence[str], Path]:
    """Return the command line and the working folder of the process that started this kernel."""
    psutil = sys.modules.get("psutil")  # ipykernel has loaded it
    try:
        parent = psutil.Process(os.getppid())  # type: ignore[union-attr]  # without it there is nothing to know
        return tuple(parent.cmdline()), Path(parent.cwd())
    except (AttributeError, OSError, getattr(psutil, "Error", OSError)):  # gone, or another user's
        return (), Path()
