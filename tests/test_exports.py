from __future__ import annotations

import ast
import inspect
import json
import pickle
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import nbagents
from nbagents import errors

INERT = """
import json, os, sys, threading
before = set(os.listdir("."))
import nbagents
heavy = {"agents", "openai", "pandas", "plotly", "numpy", "anywidget", "ipywidgets", "IPython", "aiosqlite",
         "sqlite3", "asyncio", "httpx2"}
print(json.dumps({
    "heavy": sorted(heavy & sys.modules.keys()),
    "threads": threading.active_count(),
    "files": sorted(set(os.listdir(".")) - before),
}))
"""


def test_importing_the_package_is_inert(tmp_path):
    """`import nbagents` starts no thread, makes no file and loads nothing heavy."""
    result = subprocess.run(
        [sys.executable, "-c", INERT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout) == {"heavy": [], "threads": 1, "files": []}


def test_all_is_sorted_and_is_the_table():
    """`__all__` is the lazy table, sorted as Ruff sorts it, and every name in it loads."""
    assert set(nbagents.__all__) - {"__version__"} == set(nbagents._EXPORTS)
    assert [getattr(nbagents, name) for name in nbagents.__all__]
    assert set(nbagents.__all__) <= set(dir(nbagents))


def test_type_checkers_see_the_same_table():
    """The imports under TYPE_CHECKING mirror the lazy table name for name."""
    tree = ast.parse(Path(nbagents.__file__).read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test))
    mirrored = {alias.name: node.module for node in block.body for alias in node.names}
    assert mirrored == nbagents._EXPORTS


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match="no attribute 'SqliteSession'"):
        nbagents.SqliteSession  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", sorted(set(nbagents.__all__) - {"__version__"}))
def test_every_public_name_says_what_it_is(name):
    """Each public name has a docstring of its own, and all but events an example."""
    said = inspect.getdoc(getattr(nbagents, name))
    assert said
    assert "Example:" in said or "Event" in name


def test_the_error_tree_is_drawn_as_it_is():
    """The tree in errors.py's docstring is the classes' own."""

    def drawn(cls, depth=0):
        yield depth, cls.__name__
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from drawn(child, depth + 1)

    lines = [line for line in errors.__doc__.splitlines() if "Error" in line and line.startswith("    ")]
    tree = [(len(line) - len(line.lstrip(" │├└─")) - 4, line.lstrip(" │├└─").split()[0]) for line in lines]
    assert [(depth // 4, name) for depth, name in tree] == list(drawn(errors.NbAgentsError))
    assert set(errors.__all__) == {name for _, name in tree} | {"Conflict", "Difference"}


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
def test_errors_travel(name):
    """An error is an exception with the fields it declares, in another process too."""
    kind = getattr(errors, name)
    given = {each.name: f"the {each.name}" for each in fields(kind) if each.name != "message"}
    error = kind("no lamp", **given)
    error.add_note("look under the sofa")
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), repr(there)) == (kind, "no lamp", f"{name}('no lamp')")
    assert vars(there) == {"message": "no lamp", **given, "__notes__": ["look under the sofa"]}
