"""The README's examples work as pasted, one after the other, in a real kernel."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

import nbagents

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text()


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    notebook = new_notebook(cells=[new_code_cell(block) for block in blocks])
    folder = tmp_path_factory.mktemp("readme")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def text(cell):
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs
    )


def test_there_are_five_examples(executed):
    """Five, each a cell that runs."""
    assert len(executed.cells) == 5
    assert nbformat.validate(executed) is None


def test_each_example_shows_what_it_says(executed):
    """The answers, the edit, the columns, the other session and the processor's line are in the outputs."""
    run, edit, data, plain, processor = map(text, executed.cells)
    assert "A-1043 was delivered on Tuesday." in run
    assert "updated=1" in edit
    assert "green" in edit.rsplit("EditReport", 1)[-1]
    assert "input_tokens" in data
    assert "lookup_order" in plain
    assert "tool: lookup_order" in processor


def test_the_two_commands_lead():
    """The two commands come before the first example, and both exist."""
    top = README.split("## Five")[0]
    makefile = (CHECKOUT / "Makefile").read_text()
    for target in ("lab", "test"):
        assert f"make {target}" in top
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_pictures_are_there():
    """Every picture the README shows is in the checkout."""
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert pictures
    assert [picture for picture in pictures if not (CHECKOUT / picture).is_file()] == []


def test_the_changelog_knows_this_version():
    """The version is released in the changelog or still under Unreleased."""
    changelog = (CHECKOUT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog or f"## [{nbagents.__version__}]" in changelog


def test_every_extra_and_every_name_is_there():
    """What one may install and import is in the README; a family of events is there by its pattern."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras, names = README.split("| extra |")[1].split("\n\n")[0], README.split("## What there is")[1]
    assert [extra for extra in project["optional-dependencies"] if f"`{extra}`" not in extras] == []
    told = {name for name in nbagents.__all__ if f"`{name}`" in names}
    assert [name for name in set(nbagents.__all__) - told if "Event" not in name] == ["__version__"]
