"""Runs the JavaScript tests with Node's own runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.skipif(NODE is None, reason="no node on PATH: the JavaScript tests need Node 20 or newer")
@pytest.mark.parametrize("file", TESTS, ids=[file.stem for file in TESTS])
def test_javascript(file):
    """The pure functions of each widget's module do what their tests say."""
    ran = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", str(file)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
