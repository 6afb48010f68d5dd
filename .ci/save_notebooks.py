"""Run the notebooks of the teaching set and save their outputs: what a page that shows static notebooks will show.

python .ci/save_notebooks.py [NOTEBOOK...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from nbagents.replay.commands.execute import execute

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def main(paths):
    """Run notebooks offline and save their outputs; those that fail are named at the end."""
    failed = []
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        made = execute(path, {"NBAGENTS_MODE": "offline"}, lambda *_: None)
        if made.error is not None:
            failed.append(f"{path.name}: {made.error}")
            continue
        made.notebook.metadata["language_info"] = {"name": "python"}  # not which Python it happened to be
        nbformat.write(made.notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    print("\n".join(failed))
    return len(failed)


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
