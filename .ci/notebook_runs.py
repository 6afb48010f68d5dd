"""A pytest plugin for the notebooks: each runs twice, in a random order, and the second finds what the first left.

The header names the seed; ``make test NOTEBOOK_SEED=...`` gives the same order again. Each notebook has a database
of its own.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from nbmake.pytest_items import NotebookItem

SEED, SCRATCH = "NOTEBOOK_SEED", "NOTEBOOK_SCRATCH"


class Again(NotebookItem):
    """The second run of a notebook, by a name of its own."""

    def __init__(self, parent, filename):
        pytest.Item.__init__(self, f"{parent.name} again", parent)
        self.filename = filename


def pytest_configure(config):
    """Choose seed and folder before the workers start; they inherit both."""
    os.environ[SEED] = os.environ.get(SEED) or str(random.randrange(10_000))
    if not hasattr(config, "workerinput"):
        os.environ[SCRATCH] = tempfile.mkdtemp(prefix="nbagents-notebooks-")


def pytest_unconfigure(config):
    """Remove the folder that the workers shared."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[SCRATCH], ignore_errors=True)


def pytest_report_header():
    """Name the seed."""
    return f"each notebook twice, in the order of {SEED}={os.environ[SEED]}"


def pytest_collection_modifyitems(items):
    """Add the second runs, and mix them all."""
    items += [Again.from_parent(item.parent, filename=item.filename) for item in items]
    random.Random(os.environ[SEED]).shuffle(items)


def pytest_runtest_setup(item):
    """Give each notebook its own database, which its second run finds."""
    os.environ["NBAGENTS_DB"] = str(Path(os.environ[SCRATCH], f"{item.path.stem}.db"))
