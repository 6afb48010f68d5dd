"""Every test runs without a key, without waiting for the offline model, and away from the checkout's own files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from nbagents._sqlite import set_default_path

SHARED = Path(__file__).parents[1] / "shared"
BROWSER = "tests/browser/"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file's tests go to one worker, and all that drive a browser to one: two starve each other on two cores."""
    from xdist.scheduler import LoadFileScheduling

    class OneBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return OneBrowser(config, log)


@pytest.fixture(autouse=True)
def keyless(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NBAGENTS_MODE", "NBAGENTS_NOTEBOOK", "NBAGENTS_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NBAGENTS_OFFLINE_SPEED", "0")
    monkeypatch.chdir(tmp_path)
    yield
    set_default_path(None)


class Recordings:
    """Serves recordings of real API traffic on loopback, each from a process of its own."""

    def __init__(self):
        self.running = []

    def __call__(self, name, *options):
        """Serve one and return its address; skips where there is none."""
        path, tool = SHARED / "recordings" / f"{name}.json", SHARED / "tools" / "openai_replay.py"
        if not path.exists() or not tool.exists():
            pytest.skip(f"needs {path.name} of shared/recordings beside the checkout")
        process = subprocess.Popen(
            [sys.executable, tool, path, *options],
            stdin=subprocess.PIPE,  # the tool ends with its standard input
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process.stdout.readline().strip().partition("=")[2]

    def stop(self):
        """End every server."""
        for process in self.running:
            process.kill()
            process.communicate()
        self.running.clear()


@pytest.fixture
def recording():
    """Serve a recording by name and get its address; ``recording.stop()`` ends the servers early."""
    recordings = Recordings()
    yield recordings
    recordings.stop()


@pytest.fixture
async def recorded(recording):
    """Serve a recording by name and get an ``openai`` client of it."""
    clients = []

    def client(name):
        clients.append(AsyncOpenAI(base_url=recording(name), api_key="none", max_retries=0))
        return clients[-1]

    yield client
    for each in clients:
        await each.close()
