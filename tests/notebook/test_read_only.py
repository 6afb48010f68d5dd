"""A notebook in a folder that cannot be written, as a course's shared folder is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" "$0" && exec "$@"'  # even for root


def command(folder):
    if os.geteuid() != 0:
        folder.chmod(0o555)
        return []
    mount = ["unshare", "--mount", "sh", "-c", READ_ONLY, str(folder)]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root may write everywhere, and no folder can be mounted read-only here")
    return mount


def test_a_read_only_folder_keeps_nobody_from_the_notebook(tmp_path):
    """Sessions and traces go into a file elsewhere, which is said; enabling once more finds the same one."""
    script = "import nbagents\nfor _ in range(2): print(nbagents.enable().path)"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("NBAGENTS_", "OPENAI_"))}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    run = [*command(tmp_path), sys.executable, "-c", script]
    done = subprocess.run(run, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert f"nbagents: {tmp_path} is read-only" in done.stdout, done.stderr
    first, second = [line for line in done.stdout.splitlines() if line.startswith("/")]
    assert first == second
    assert Path(first).parent != tmp_path
