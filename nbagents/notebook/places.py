"""Which cell of the file is this? A cell that runs is known by its id, whoever runs it.

JupyterLab says the id with each request. Programs that run a notebook (nbclient, nbmake, papermill, nbconvert) do
not: there the cell is found in the file by its text, the second of two equal ones when it runs a second time.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from nbagents.notebook.cells import cell_of
from nbagents.replay.match.place import SCRIPT, Place, label_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Places", "cell_id", "code_cells"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as in the notebook format; VS Code sends addresses of its own


def code_cells(notebook: str) -> list[tuple[str, str]]:
    """Return a notebook's code cells, each with its id and its text; "" where the file has no ids.

    Args:
        notebook: The file's JSON.

    Example:
        >>> code_cells('{"cells": [{"cell_type": "code", "id": "c7", "source": ["1 +", " 1"]}]}')
        [('c7', '1 + 1')]
    """
    cells = json.loads(notebook).get("cells", [])
    return [(str(c.get("id", "")), "".join(c["source"])) for c in cells if c.get("cell_type") == "code"]


def cell_id(named: str | None, code: str, cells: list[tuple[str, str]], times: int) -> str:
    """Return a running cell's id.

    Args:
        named: What the front end calls it, or None.
        code: Its text.
        cells: The notebook's code cells.
        times: How often this text has run before.

    Example:
        >>> cells = [("c1", "ask()"), ("c2", "ask()")]
        >>> cell_id(None, "ask()", cells, 0), cell_id(None, "ask()", cells, 1), cell_id("c9", "new()", cells, 0)
        ('c1', 'c2', 'c9')
    """
    if named is not None and _ID.fullmatch(named):
        return named
    same = [name for name, source in cells if source == code and name]
    if same:
        return same[times % len(same)]
    return f"code-{hashlib.sha256(code.encode('utf-8', 'replace')).hexdigest()[:8]}"


class Places:
    """Tells which cell runs.

    Args:
        shell: IPython's shell, or None in a script.
        notebook: The notebook's file, where it is known.
    """

    def __init__(self, shell: Any, notebook: Path | None) -> None:  # noqa: ANN401 - IPython's shell is untyped
        self._shell = shell
        self._notebook = notebook
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._times: Counter[str] = Counter()

    def __call__(self) -> Place:
        """Return the cell that the code that asks was started by."""
        kernel = getattr(self._shell, "kernel", None)
        request = None if kernel is None else kernel.get_parent("shell")
        cell = None if request is None else cell_of(request)
        if request is None or cell is None:
            return SCRIPT
        with self._lock:
            if cell.execution not in self._places:
                self._places[cell.execution] = self._place(request, cell.execution)
            return self._places[cell.execution]

    def _place(self, request: dict[str, Any], execution: str) -> Place:
        code = str(request["content"]["code"])
        named = (request.get("metadata") or {}).get("cellId")
        name = cell_id(named, code, self._cells(), self._times[code])
        self._times[code] += 1
        return Place(name, execution, label_of(code))

    def _cells(self) -> list[tuple[str, str]]:
        if self._notebook is None:
            return []
        try:
            return code_cells(self._notebook.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return []  # not saved yet, or just being saved: what the front end says must do
