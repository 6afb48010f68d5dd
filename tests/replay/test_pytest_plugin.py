"""`pytest --nbmake` on a folder with a recorded notebook, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import nbformat
import pytest

from nbagents.cli import main

ENABLE = "%load_ext nbagents\nimport nbagents\nclient = nbagents.openai_client()"
OTHERS = ("braintrust", "langsmith_plugin", "logfire", "pytest_logfire")  # plugins that take seconds to import
ASK = "assert (await client.responses.create(model='m', input={text!r})).output_text == {answer!r}"


@pytest.fixture
def folder(tmp_path, monkeypatch, scripted, environment):
    """A folder with a notebook that was recorded, and another of the same name below that needs no cassette."""
    monkeypatch.chdir(tmp_path)
    environment.setenv("OPENAI_BASE_URL", scripted.url)
    sources = (ENABLE, ASK.format(text="Hi", answer="hello"), ASK.format(text="Ho", answer="ahoy"))
    write(tmp_path / "lamp.ipynb", *sources)
    (tmp_path / "Übung 1").mkdir()
    write(tmp_path / "Übung 1" / "lamp.ipynb", "import nbagents\nnbagents.enable()")
    plain = (
        "import os\nassert 'NBAGENTS_MODE' not in os.environ\nassert os.environ['NBAGENTS_NOTEBOOK'][-11:] == {!r}"
    )
    write(tmp_path / "plain.ipynb", plain.format("plain.ipynb"))
    scripted.says("hello", "ahoy")
    assert main(["record", "lamp.ipynb"]) == 0
    scripted.stop()
    environment.delenv("OPENAI_BASE_URL")
    return tmp_path


def write(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def pytest_in(folder, *options, **variables):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NBAGENTS_", "OPENAI_"))}
    env = {**kept, **variables}
    without = [f"-pno:{name}" for name in ("cacheprovider", *OTHERS)]
    command = [sys.executable, "-m", "pytest", *without, "--nbmake", *options]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def test_a_recorded_notebook_is_replayed_by_itself(folder):
    """Without a key, server or setting the notebook passes; the summary says how many calls were used."""
    done = pytest_in(folder)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    assert "\nlamp.ipynb: 2 of 2 recorded calls used" in done.stdout
    assert "plain.ipynb:" not in done.stdout
    assert "no cassette, so that rules answered: Übung 1/lamp.ipynb" in done.stdout
    made = {path.name for path in folder.iterdir()}
    assert made == {"lamp.cassette.jsonl", "lamp.ipynb", "plain.ipynb", "Übung 1"}
    assert {path.name for path in (folder / "Übung 1").iterdir()} == {"lamp.ipynb", "lamp.nbagents.db"}


def test_unused_and_missing_calls_are_in_the_summary(folder):
    """A call that is not asked for is said, and fails a strict run; one that is missing fails the notebook.

    A mode that the environment names finds the notebook's own cassette too.
    """
    write(folder / "lamp.ipynb", ENABLE, ASK.format(text="Hi", answer="hello"))
    done = pytest_in(folder, "lamp.ipynb", NBAGENTS_MODE="replay")
    assert done.returncode == 0, done.stdout
    assert "unused: POST responses (cell c2, call 1)" in done.stdout
    workers = pytest_in(folder, "lamp.ipynb", "--nbagents-strict", "--numprocesses", "1")
    assert workers.returncode == 1
    assert "unused: POST responses (cell c2, call 1)" in workers.stdout
    write(folder / "lamp.ipynb", ENABLE, ASK.format(text="Hey", answer="hello"))
    done = pytest_in(folder, "lamp.ipynb")
    assert done.returncode == 1
    assert "CassetteMissError" in done.stdout
    assert "missing: cell c1" in done.stdout
