"""The file of a replay."""

import os
import signal
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


KILLED = """
import os, signal
from nbagents.notebook.store_file import usable_file

print(usable_file(None, replayed=True), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_deleted_by_the_next(tmp_path, monkeypatch):
    """nbclient kills the kernels it starts: their files are gone with the next replay, one that runs stays."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED.replace("SIGKILL", "SIGSTOP")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    paths = [Path(running.stdout.readline().strip())]
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL
        paths.append(Path(ended.stdout.strip()))
    assert [path.exists() for path in paths] == [True, False, True]
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()


DISABLED = """
import threading
import nbagents, psutil
from agents import trace

for name in range(5):
    nbagents.enable(db=f"{name}.db", mode="offline")
    with trace("run"):
        pass
    nbagents.disable()
print([thread.name for thread in threading.enumerate() if "traces" in thread.name])
print([file.path for file in psutil.Process().open_files() if ".db" in file.path])
print([len(nbagents.TraceStore(f"{name}.db").records()) for name in range(5)])
"""


def test_disable_gives_thread_and_file_back(tmp_path):
    """A kernel that goes from file to file for days holds none of those it has left, and nothing is lost."""
    ended = subprocess.run(
        [sys.executable, "-c", DISABLED], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-3:] == ["[]", "[]", "[1, 1, 1, 1, 1]"]
