"""Widgets' ES modules as the page loads them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import nbagents.widgets
from nbagents.widgets.module import module_text

FOLDER = Path(nbagents.widgets.__file__).parent
SHARED = {"device", "live", "opened_traces", "talk"}
WIDGETS = sorted(p for p in FOLDER.rglob("*.js") if p.with_suffix(".py").exists() and p.stem not in SHARED)


@pytest.mark.parametrize("path", WIDGETS, ids=[path.stem for path in WIDGETS])
def test_nothing_is_left_to_import(path):
    """A module loaded from a text finds no files: all it imports is in it, once."""
    text = module_text(path)
    assert "\nimport " not in text
    assert text.count("class LiveHub") == 1
    assert text.count("\nexport default ") == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH: the module is parsed by Node")
@pytest.mark.parametrize("path", WIDGETS, ids=[path.stem for path in WIDGETS])
def test_the_text_is_a_module(path, tmp_path):
    """No two files that are written into one text declare the same name."""
    module = tmp_path / "widget.mjs"
    module.write_text(module_text(path), encoding="utf-8")
    ran = subprocess.run(["node", "--check", str(module)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_shared_modules_are_written_once(tmp_path):
    """What two imports bring is there once, before what needs it, and only the widget's own names are exported."""
    (tmp_path / "words.js").write_text("export const A = 1;\n")
    (tmp_path / "live.js").write_text('import { A } from "./words.js";\nexport function b() { return A; }\n')
    main = tmp_path / "main.js"
    main.write_text('import { b } from "./live.js";\nimport { A } from "./words.js";\nexport default { b, A };\n')
    assert module_text(main) == "const A = 1;\nfunction b() { return A; }\nexport default { b, A };\n"
