from __future__ import annotations

from pathlib import Path

import pytest

from nbagents._location import Environment, Location, current_environment, locate, store_path

KERNEL = "ZMQInteractiveShell"
HOME = Path("/home/ada")


def started(*command):
    """A kernel that a program started in another folder than the notebook's."""
    return Environment(shell=KERNEL, folder=Path("/elsewhere"), started_by=command, started_in=HOME)


CASES = {
    "lab": (
        Environment({"JPY_SESSION_NAME": "/home/ada/work/lamp.ipynb"}, shell=KERNEL, folder=HOME),
        Location("lab", Path("/home/ada/work/lamp.ipynb"), Path("/home/ada/work")),
    ),
    "lab console, which has no file": (
        Environment({"JPY_SESSION_NAME": "/home/ada/console-1-9f2c"}, shell=KERNEL, folder=HOME),
        Location("lab", None, HOME),
    ),
    "vscode": (
        Environment(
            {"JPY_SESSION_NAME": "ignored.ipynb"},
            namespace={"__vsc_ipynb_file__": "/home/ada/lamp.ipynb"},
            shell=KERNEL,
            folder=Path("/elsewhere"),
        ),
        Location("vscode", Path("/home/ada/lamp.ipynb"), HOME),
    ),
    "colab": (
        Environment(shell="Shell", modules=frozenset({"google.colab"}), folder=Path("/content")),
        Location("colab", None, Path("/content")),
    ),
    "nbclient and nbmake, which name no file": (
        Environment(shell=KERNEL, folder=HOME, started_by=("python", "/bin/pytest", "--nbmake", "lamp.ipynb")),
        Location("kernel", None, HOME),
    ),
    "jupyter execute": (
        started("/venv/bin/python", "/venv/bin/jupyter-execute", "work/lamp.ipynb"),
        Location("kernel", HOME / "work/lamp.ipynb", HOME / "work"),
    ),
    "nbconvert, with a name for what it writes": (
        started("python3", "-m", "nbconvert", "--execute", "/data/lamp.ipynb", "--output", "out.ipynb"),
        Location("kernel", Path("/data/lamp.ipynb"), Path("/data")),
    ),
    "several notebooks, of which it is not known which one runs": (
        started("jupyter-execute.exe", "a.ipynb", "b.ipynb", "--output=c.ipynb"),
        Location("kernel", None, Path("/elsewhere")),
    ),
    "papermill": (
        Environment(
            {"PAPERMILL_INPUT_PATH": "in.ipynb", "PAPERMILL_OUTPUT_PATH": "out/lamp.ipynb"},
            shell=KERNEL,
            folder=HOME,
        ),
        Location("papermill", HOME / "out/lamp.ipynb", HOME / "out", HOME / "in.ipynb"),
    ),
    "papermill writing to an object store": (
        Environment(
            {"PAPERMILL_INPUT_PATH": "in.ipynb", "PAPERMILL_OUTPUT_PATH": "s3://bucket/out.ipynb"},
            shell=KERNEL,
            folder=HOME,
        ),
        Location("papermill", HOME / "in.ipynb", HOME, HOME / "in.ipynb"),
    ),
    "IPython in a terminal": (
        Environment({"JPY_SESSION_NAME": "x.ipynb"}, shell="TerminalInteractiveShell", folder=HOME),
        Location("ipython", None, HOME),
    ),
    "a script": (Environment(folder=HOME), Location("script", None, HOME)),
    "NBAGENTS_NOTEBOOK decides over everything": (
        Environment({"NBAGENTS_NOTEBOOK": "a/b.ipynb", "JPY_SESSION_NAME": "/c.ipynb"}, shell=KERNEL, folder=HOME),
        Location("lab", HOME / "a/b.ipynb", HOME / "a"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_front_end_is_told_from_what_it_leaves(case):
    """Where the notebook is follows from the environment alone."""
    environment, expected = CASES[case]
    assert locate(environment) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (Environment({"JPY_SESSION_NAME": "/h/lamp.ipynb"}, shell=KERNEL), "/h/lamp.nbagents.db"),
        (Environment({"JPY_SESSION_NAME": "/h/v1.2.ipynb"}, shell=KERNEL), "/h/v1.2.nbagents.db"),
        (Environment(folder=HOME), "/home/ada/nbagents.db"),
        (Environment({"NBAGENTS_DB": "x/y.db"}, folder=HOME), "/home/ada/x/y.db"),
        (Environment({"NBAGENTS_DB": "/tmp/y.db"}, folder=HOME), "/tmp/y.db"),
    ],
)
def test_the_file_lies_beside_the_notebook(environment, expected):
    """One file per notebook, in the working folder where the notebook is unknown, or where NBAGENTS_DB says."""
    assert store_path(locate(environment), environment.variables).as_posix() == expected


@pytest.mark.parametrize(
    ("frontend", "live"),
    [("lab", True), ("vscode", True), ("colab", True), ("kernel", False), ("papermill", False), ("script", False)],
)
def test_only_a_page_somebody_looks_at_is_live(frontend, live):
    """A widget is made only where a page can run it."""
    assert Location(frontend, None, Path()).live is live


def test_this_process_is_a_script(monkeypatch, tmp_path):
    """Outside IPython the current environment has no shell and the current folder."""
    environment = current_environment()
    assert (environment.shell, environment.folder) == (None, tmp_path)
