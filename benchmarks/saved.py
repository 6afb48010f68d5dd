"""What the first notebook weighs once it has been run and saved."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "01_first_run.ipynb"


def main():
    os.environ["NBAGENTS_OFFLINE_SPEED"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()
        saved = Path(folder) / NOTEBOOK.name
        nbformat.write(notebook, saved)
        size = saved.stat().st_size
    print(f"{'saved ' + NOTEBOOK.name:36s} {size / 1000:8.1f} KB  (goal: under 150)")
    print(f"{'of it before running':36s} {NOTEBOOK.stat().st_size / size:8.2f}")


if __name__ == "__main__":
    main()
