"""Which notebook is this? A pure function of what the process knows about itself.

=============  ==================================================================================
frontend       how it is told
=============  ==================================================================================
``lab``        Jupyter Server names the kernel's document in ``JPY_SESSION_NAME`` (Lab, Notebook 7)
``vscode``     VS Code sets ``__vsc_ipynb_file__`` in the user's namespace
``colab``      the module ``google.colab`` is loaded
``papermill``  papermill names its files in ``PAPERMILL_OUTPUT_PATH`` and ``PAPERMILL_INPUT_PATH``
``kernel``     any other kernel: nbclient, nbmake, nbconvert, a Qt or terminal console
``ipython``    IPython in a terminal
``script``     no IPython at all
=============  ==================================================================================
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Environment", "Frontend", "Location", "current_environment", "locate", "store_path"]

Frontend = Literal["lab", "vscode", "colab", "papermill", "kernel", "ipython", "script"]

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
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)
    shell: str | None = None
    modules: frozenset[str] = frozenset()
    folder: Path = Path()


@dataclass(frozen=True)
class Location:
    """Where code runs.

    Attributes:
        frontend: What shows the output.
        notebook: The notebook's file, where it is known.
        folder: The folder relative files belong to.
    """

    frontend: Frontend
    notebook: Path | None
    folder: Path

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
    return Location(frontend, notebook, notebook.parent)


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
    return None


def _papermill_file(environment: Environment) -> str | None:
    for variable in ("PAPERMILL_OUTPUT_PATH", "PAPERMILL_INPUT_PATH"):
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
    return Environment(
        variables=dict(os.environ),
        namespace=shell.user_ns if shell is not None else {},
        shell=type(shell).__name__ if shell is not None else None,
        modules=frozenset({"google.colab"} & sys.modules.keys()),
        folder=Path.cwd(),
    )
