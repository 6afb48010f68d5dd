"""The wheel that `make test` builds, used away from the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

USE = """
import asyncio, pathlib, sys
import nbagents, nbagents.cli
from agents import Agent, Runner
assert "site" in pathlib.Path(nbagents.__file__).parts, nbagents.__file__

async def main():
    session = nbagents.SQLiteSession("s", "wheel.db")
    nbagents.enable(db="wheel.db", mode="offline")
    result = await Runner.run(Agent(name="greeter"), "My name is Ada.", session=session)
    print(len(await session.to_frame()), len(nbagents.last_trace().spans) > 0)
    await session.close()
    nbagents.disable()

asyncio.run(main())
print(nbagents.cli.copy_notebooks(nbagents.cli.notebooks_folder(), pathlib.Path("copied")))
print(nbagents.TraceView.__name__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    built = sorted((CHECKOUT / "dist").glob("nbagents-*.whl"))
    if built:
        return built[-1]
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(CHECKOUT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_is_not_python(wheel):
    """Widgets' modules, the notebooks, the licence and the type marker are in it, and no tests."""
    names = zipfile.ZipFile(wheel).namelist()
    assert "nbagents/py.typed" in names
    assert "nbagents/widgets/trace/trace_view.js" in names
    assert "nbagents/notebooks/01_first_run.ipynb" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests/") or name.endswith((".db", ".png"))]


def test_the_wheel_works_outside_the_checkout(wheel, tmp_path):
    """Installed elsewhere, it runs an agent, stores and reads it back, and finds its notebooks."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    result = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(site), "NBAGENTS_OFFLINE_SPEED": "0", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    notebooks = sorted(path.name for path in (CHECKOUT / "notebooks").iterdir() if path.is_file())
    assert result.stdout.splitlines()[-3:] == ["2 True", str(notebooks), "TraceView"]
