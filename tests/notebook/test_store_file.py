"""The file of a replay."""

import subprocess
import sys
from pathlib import Path

ENDING = """
import nbagents
from agents import Agent, Runner
from nbagents.notebook.store_file import usable_file

nbagents.enable(mode="offline")
path = usable_file(None, replayed=True)
nbagents.enable(db=path, mode="offline")
print(path)
Runner.run_sync(Agent(name="A"), "Hi")
"""


def test_a_file_that_is_not_kept_is_deleted_after_what_was_still_to_be_written(tmp_path):
    """A replay that begins late in a kernel ends without a warning, and leaves no file."""
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    path = Path(ended.stdout.splitlines()[-1])
    assert path.name == "nbagents.db"
    assert not path.parent.exists()
    assert ended.stderr == ""
