"""Which process wrote a trace, and whether it lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from nbagents.tracing.capture.process import alive, this_process


def test_this_process_lives():
    """The token is the same each time, and of a living process."""
    assert this_process() == this_process()
    assert alive(this_process())


def test_another_process_lives_until_it_ends():
    """Another kernel's running trace is running; after it ended, its id may belong to somebody else."""
    code = "from nbagents.tracing.capture.process import this_process; print(this_process(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        token = other.stdout.readline().strip()
        assert token != this_process()
        assert alive(token)
        other.communicate("\n")
    assert not alive(token)


def test_a_process_id_that_is_used_again_is_another_process():
    """The start time tells a new process from the one that had its id."""
    host, pid, started = this_process().rsplit(":", 2)
    assert not alive(f"{host}:{pid}:{float(started) - 100:.2f}")


def test_what_cannot_be_known_is_not_alive():
    """Another host, a process that is not there, and no token at all."""
    assert not alive(f"another-{socket.gethostname()}:{os.getpid()}:0")
    assert not alive(f"{socket.gethostname()}:999999999:0")
    for token in ("", ":", "::", "a:b:c", "nonsense"):
        assert not alive(token)
