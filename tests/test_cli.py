from __future__ import annotations

import subprocess
import sys

import pytest

import nbagents
from nbagents.cli import copy_notebooks, lab_command, main, notebooks_folder


def test_the_notebooks_are_found():
    """The first notebook comes with the package."""
    assert (notebooks_folder() / "01_first_run.ipynb").is_file()


def test_copying_never_overwrites(tmp_path):
    """A notebook that a person has changed stays as it is; a missing one is copied."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    for name in ("01_a.ipynb", "02_b.ipynb"):
        (source / name).write_text("ours")
    (target / "01_a.ipynb").write_text("theirs")
    assert copy_notebooks(source, target) == ["02_b.ipynb"]
    assert (target / "01_a.ipynb").read_text() == "theirs"


def test_lab_opens_the_notebook_in_this_environment(tmp_path):
    """The command runs this interpreter's JupyterLab on the file, with the person's own options."""
    command = lab_command(tmp_path / "01 a.ipynb", ["--no-browser"])
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/lab/tree/01%20a.ipynb" in command
    assert command[-1] == "--no-browser"


def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys):
    """A file in the folder's place is an error in words, not a traceback."""
    (tmp_path / "taken").write_text("")
    assert main(["lab", str(tmp_path / "taken")]) == 1
    assert "cannot copy the notebooks" in capsys.readouterr().err


def test_no_command_shows_help(capsys):
    """Bare `nbagents` says what it can do."""
    assert main([]) == 2
    assert "lab" in capsys.readouterr().out


def test_version():
    """`nbagents --version` is the package's."""
    result = subprocess.run(
        [sys.executable, "-m", "nbagents.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == nbagents.__version__


@pytest.mark.parametrize("arguments", [["lab", "--help"], ["--help"]])
def test_help_is_help(arguments, capsys):
    """Help ends the command well."""
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 0
    assert capsys.readouterr().out
