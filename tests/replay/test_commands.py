"""`nbagents record`, `nbagents replay check` and `nbagents replay diff`, on real notebooks in real kernels."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from nbagents.cli import main
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.cassette.recording import Recording
from nbagents.replay.commands import check
from nbagents.replay.commands.commands import notebooks_with_cassettes
from nbagents.replay.wire.report import Outcome

ENABLE = "%load_ext nbagents\nimport nbagents\nclient = nbagents.openai_client()"
ASK = "(await client.responses.create(model='m', input={text!r})).output_text"


@pytest.fixture
def lamp(tmp_path, monkeypatch, scripted, environment):
    """Make lamp.ipynb of cells, in a folder that is the working one."""
    monkeypatch.chdir(tmp_path)
    environment.setenv("OPENAI_BASE_URL", scripted.url)

    def make(*sources):
        cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate((ENABLE, *sources))]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lamp.ipynb")
        return tmp_path / "lamp.ipynb"

    return make


def outputs(path):
    cells = json.loads(path.read_text())["cells"]
    return [output for cell in cells for output in cell["outputs"]]


def test_record_then_check_without_the_server(lamp, scripted, capsys):
    """What is recorded replays by itself; progress names the cells; the saved outputs are those of the replay."""
    path = lamp(ASK.format(text="Hi"), ASK.format(text="Ho"))
    scripted.says("hello", "ahoy")
    assert main(["record", "lamp.ipynb"]) == 0
    printed = capsys.readouterr().out
    assert "lamp.ipynb: record cell 3 of 3" in printed
    assert "2 calls recorded in lamp.cassette.jsonl" in printed
    assert [output["data"]["text/plain"] for output in outputs(path)] == [["'hello'"], ["'ahoy'"]]
    scripted.stop()
    before = path.read_bytes()
    assert main(["replay", "check"]) == 0
    assert main(["replay", "diff", "lamp.ipynb"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "lamp.ipynb: ok"
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["lamp.cassette.jsonl", "lamp.ipynb"]


def test_cells_are_given_ids_before_they_are_recorded(lamp, scripted, capsys):
    """A notebook of an older format would have other ids in JupyterLab each time; it is written with its own."""
    path = lamp(ASK.format(text="Hi"))
    old = json.loads(path.read_text())
    path.write_text(json.dumps({**old, "nbformat_minor": 4, "cells": [{**c, "id": None} for c in old["cells"]]}))
    path.write_text(path.read_text().replace('"id": null, ', ""))
    scripted.says("hello")
    assert main(["record", "lamp.ipynb"]) == 0
    assert "they have now" in capsys.readouterr().out
    ids = [cell["id"] for cell in json.loads(path.read_text())["cells"]]
    line = json.loads(path.with_suffix(".cassette.jsonl").read_text().splitlines()[1])
    assert line["cell"] == ids[1]


def test_check_says_what_no_longer_matches(lamp, scripted, capsys):
    """Missing, unused, stale and old recordings are each said, with their cell; all but age fail the check."""
    path = lamp(ASK.format(text="Hi"), ASK.format(text="Ho"))
    scripted.says("hello", "ahoy")
    assert main(["record", "lamp.ipynb"]) == 0
    saved, cassette = path.read_text(), path.with_suffix(".cassette.jsonl")

    path.write_text(saved.replace("'Hi'", "'Hey'"))
    assert main(["replay", "check", "lamp.ipynb"]) == 1
    printed = capsys.readouterr().out
    assert "missing: cell c1" in printed
    assert '$.body.input: recorded "Hi", asked "Hey"' in printed

    notebook = json.loads(saved)
    del notebook["cells"][2]
    notebook["cells"][1]["outputs"][0]["data"]["text/plain"] = ["'goodbye'"]
    path.write_text(json.dumps(notebook))
    cassette.write_text(cassette.read_text().replace('"recorded":"20', '"recorded":"19'))
    assert main(["replay", "check", "lamp.ipynb"]) == 1
    printed = capsys.readouterr().out
    assert "unused: POST responses (cell c2, call 1)" in printed
    assert "delete line 3 of lamp.cassette.jsonl, or record again: nbagents record lamp.ipynb" in printed
    assert "stale: cell c1" in printed
    assert "-text/plain: 'goodbye'\n+text/plain: 'hello'" in printed
    assert "warning: old: recorded" in printed

    path.write_text(saved)
    assert main(["replay", "check", "lamp.ipynb"]) == 0
    with cassette.open("a") as file:
        file.write(cassette.read_text().splitlines()[1].replace("hello", "AKIAIOSFODNN7EXAMPLQ") + "\n")
    assert main(["replay", "check", "lamp.ipynb"]) == 1
    assert "secret: line 4 of lamp.cassette.jsonl holds a secret (AWS key)" in capsys.readouterr().out


def test_a_secret_that_a_cell_shows_is_not_saved(lamp, scripted, environment, capsys):
    """What a cell prints is looked through like a cassette: nothing is saved, and it is said where it stands."""
    environment.setenv("OPENAI_API_KEY", "sk-abcdefghijklmnopqrstuv")
    path = lamp(ASK.format(text="Hi"), "import os\nprint(os.environ['OPENAI_API_KEY'])")
    scripted.says("hello")
    before = path.read_bytes()
    assert main(["record", "lamp.ipynb"]) == 1
    assert "secret: cell c2 (import os) shows a secret (OPENAI_API_KEY) in its output" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    printed = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>AKIAIOSFODNN7EXAMPLQ</b>"}}
    cell = {"cell_type": "code", "id": "c2", "source": "lamp", "outputs": [printed]}
    (found,) = check.shown({"cells": [cell]})
    assert "AWS key" in found.text


def test_diff_compares_with_a_run_that_is_there_already(tmp_path, capsys):
    """Outputs are compared with an executed copy, cell by cell; counts, pieces and addresses do not matter."""

    def write(name, texts, count):
        outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in texts]
        cell = nbformat.v4.new_code_cell("print(lamp)", id="c1", outputs=outputs, execution_count=count)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / name)
        return str(tmp_path / name)

    saved = write("saved.ipynb", ["on ", "<Lamp at 0x7f0000000001>\n"], 1)
    same = write("same.ipynb", ["on <Lamp at 0x7f0000000002>\n"], 7)
    other = write("other.ipynb", ["off <Lamp at 0x7f0000000002>\n"], 1)
    assert main(["replay", "diff", saved, "--executed", same]) == 0
    assert main(["replay", "diff", saved, "--executed", other]) == 1
    assert "stale: cell c1 (print(lamp))" in capsys.readouterr().out


def test_a_recording_that_fails_leaves_the_old_one(lamp, scripted, capsys):
    """A notebook that fails, or that does not replay, changes neither its cassette nor its outputs."""
    path = lamp(ASK.format(text="Hi"))
    scripted.says("hello")
    assert main(["record", "lamp.ipynb"]) == 0
    old = path.with_suffix(".cassette.jsonl").read_bytes()

    failing = lamp(ASK.format(text="Hi"), "1 / 0").read_bytes()
    scripted.says("other")
    assert main(["record", "lamp.ipynb"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert path.with_suffix(".cassette.jsonl").read_bytes() == old
    assert path.read_bytes() == failing

    lamp("import random\n" + ASK.format(text="Hi").replace("'Hi'", "str(random.random())"))
    scripted.says("other")
    assert main(["record", "lamp.ipynb"]) == 1
    assert "a cell must ask the same in each run" in capsys.readouterr().out.splitlines()[-1]
    assert path.with_suffix(".cassette.jsonl").read_bytes() == old


def test_what_is_edited_while_it_is_recorded_is_not_overwritten(lamp, scripted, capsys):
    """Somebody saves the notebook meanwhile: that stays, and nothing is recorded for what it was before."""
    touch = "from pathlib import Path\nfile = Path('lamp.ipynb')\nfile.write_text(file.read_text() + '\\n')"
    path = lamp(ASK.format(text="Hi"), touch)
    scripted.says("hello")
    before = path.read_text()
    assert main(["record", "lamp.ipynb"]) == 1
    assert "the notebook was changed while it was being recorded" in capsys.readouterr().out
    assert path.read_text().strip() == before.strip()
    assert not path.with_suffix(".cassette.jsonl").exists()


def test_a_recording_that_is_stopped_leaves_everything(lamp):
    """Ctrl-C ends the kernel and the command, in one line and with a shell's status for that."""
    path = lamp("import time\ntime.sleep(600)")
    before = path.read_bytes()
    command = [sys.executable, "-m", "nbagents.cli", "record", path.name]
    with subprocess.Popen(
        command, cwd=path.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        while "cell 2 of 2" not in run.stdout.readline():
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        said = run.stderr.read()
    assert run.returncode == 130
    assert said.splitlines()[-1] == "nbagents: stopped; what was not finished is as it was"
    assert "AssertionError" not in said
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_what_prevents_a_mode_is_the_reason(lamp, environment, capsys):
    """Where enabling itself fails, that is said, and not that nothing was enabled."""
    environment.delenv("OPENAI_BASE_URL")
    lamp()
    assert main(["record", "lamp.ipynb"]) == 1
    printed = capsys.readouterr().out
    assert "ModeError: mode 'record' needs a model to reach" in printed
    assert "no cell enables nbagents" not in printed


def test_a_notebook_that_asks_no_model_says_so(lamp, capsys):
    """Nothing to record is a finding, not an empty cassette; and so is a notebook that chooses its mode itself."""
    path = lamp("1 + 1")
    assert main(["record", "lamp.ipynb"]) == 1
    assert "nothing was recorded: no model was asked" in capsys.readouterr().out
    lamp("nbagents.enable(mode='offline')\n1 / 0")
    assert main(["record", "lamp.ipynb"]) == 1
    printed = capsys.readouterr().out
    assert "cell c1 (nbagents.enable(mode='offline')): ZeroDivisionError" in printed
    assert "the notebook itself chooses" not in printed
    assert not path.with_suffix(".cassette.jsonl").exists()


def test_what_was_not_on_is_said():
    """Without nbagents, or in a mode that the notebook chooses, nothing is recorded: that is said."""
    assert "no cell enables nbagents" in check.failed(Outcome(), "record", "no key").text
    assert "no cell enables nbagents" in check.nothing_recorded(Outcome()).text
    chosen = Outcome(modes=["offline"])
    assert "the notebook itself chooses mode offline" in check.failed(chosen, "replay", "no key").text
    (found,) = check.replayed(Cassette(Path("lamp.cassette.jsonl")), chosen, None)
    assert "the notebook itself chooses mode offline" in found.text
    one = Recording("c1", 1, 0, "0" * 16, "2026-01-01", {}, {"ms": 1})
    switched = Outcome(modes=["replay", "offline"], replayed=True)
    unused, why = check.replayed(Cassette(Path("lamp.cassette.jsonl"), [one]), switched, None)
    assert (unused.kind, why.kind) == ("unused", "failed")
    assert "the notebook itself chooses mode offline" in why.text


def test_one_bad_file_stops_no_other(tmp_path, monkeypatch, capsys):
    """What cannot be read, and a cassette whose notebook is gone, are findings; all are looked at."""
    monkeypatch.chdir(tmp_path)
    Path("a.cassette.jsonl").write_text("<<<<<<< HEAD\n")
    nbformat.write(nbformat.v4.new_notebook(), "a.ipynb")
    Path("b.cassette.jsonl").write_text('{"nbagents_cassette": 1}\n')
    Path("b.ipynb").write_text("<<<<<<< HEAD\n")
    Path("c.cassette.jsonl").write_text('{"nbagents_cassette": 1}\n')
    Path("nbagents.cassette.jsonl").write_text('{"nbagents_cassette": 1}\n')
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "gone", "display_name": "Gone"}})
    nbformat.write(notebook, "d.ipynb")
    Path("d.cassette.jsonl").write_text('{"nbagents_cassette": 1}\n')
    assert main(["replay", "check"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in printed if ": failed: " in line] == [
        "a.ipynb",
        "b.ipynb",
        "d.ipynb",
    ]
    assert "its kernel 'gone' is not installed here" in "".join(printed)
    assert "0 of 3 notebooks are ok; look at: a.ipynb, b.ipynb, d.ipynb" in printed
    assert printed[-1].startswith("c.cassette.jsonl: unused: there is no c.ipynb beside it")


@pytest.mark.parametrize(
    "arguments",
    [["record", "none.ipynb"], ["replay", "check", "none.ipynb"], ["replay", "check"], ["replay", "diff", "x"]],
)
def test_a_file_that_is_not_there_is_wrong_usage(arguments, tmp_path, monkeypatch, capsys):
    """Status 2 is for a command that could not be used; the line says why."""
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "no notebook" in capsys.readouterr().out


def test_an_unknown_option_is_wrong_usage(capsys):
    """Only `lab` hands its options on."""
    with pytest.raises(SystemExit) as info:
        main(["record", "a.ipynb", "--fast"])
    assert info.value.code == 2


def test_notebooks_are_found_by_their_cassettes(tmp_path):
    """Below the folder, in order, without hidden folders, and only with a notebook beside the cassette."""
    for name in ("b/two", "a/one", ".hidden/three"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.ipynb").write_text("{}")
        (tmp_path / f"{name}.cassette.jsonl").write_text("")
    (tmp_path / "alone.cassette.jsonl").write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in notebooks_with_cassettes(tmp_path)]
    assert found == ["a/one.ipynb", "b/two.ipynb"]
