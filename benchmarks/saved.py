"""How long each notebook of the set runs, at its natural pace; what the first weighs when it is saved."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
FIRST = NOTEBOOKS / "01_first_run.ipynb"


def run(path):
    """Run a notebook in place, and return the seconds that it took."""
    notebook = nbformat.read(path, as_version=4)
    began = time.perf_counter()
    NotebookClient(notebook, resources={"metadata": {"path": path.parent}}).execute()
    seconds = time.perf_counter() - began
    nbformat.write(notebook, path)
    return seconds


def main():
    os.environ.pop("NBAGENTS_OFFLINE_SPEED", None)
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copytree(NOTEBOOKS, Path(folder, "notebooks")))
        for path in sorted(copied.glob("*.ipynb")):
            print(f"{'run ' + path.name:36s} {run(path):8.1f} s   (goal: under 10)")
        size = (copied / FIRST.name).stat().st_size
    print(f"{'saved ' + FIRST.name:36s} {size / 1000:8.1f} KB  (goal: under 150)")
    print(f"{'of it before running':36s} {FIRST.stat().st_size / size:8.2f}")


if __name__ == "__main__":
    main()
