"""The notebooks of the teaching set, recorded from a server that answers by the offline rules, and replayed."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest

from nbagents.cli import main
from nbagents.realtime.local import LocalRealtimeServer
from nbagents.replay import offline
from nbagents.replay.commands.execute import execute

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
OWN_MODES = "11_record_and_replay"  # records and replays in itself, whatever mode it is run in
LARGEST_BYTES = 200_000  # of a text cassette
PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def rules():
    """A loopback server whose model is the offline one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = offline.answer("POST", self.path, body)
            self.send_response(answer.status)
            for name, value in dict(answer.headers).items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for chunk in [*answer.chunks, b""]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/v1"
        http.shutdown()
        thread.join()


@pytest.fixture
def record(rules, environment, tmp_path, monkeypatch, capsys):
    """Record a copy of a notebook of the set from servers that are then ended, and return it."""

    def make(source):
        monkeypatch.chdir(tmp_path)
        for beside in source.parent.glob(f"{source.stem}.wav"):
            shutil.copy(beside, tmp_path)
        path = tmp_path / source.name
        environment.setenv("OPENAI_BASE_URL", rules)
        with LocalRealtimeServer() as realtime:
            talks = f"RealtimeConfig(url='{realtime.url}',"
            path.write_text(source.read_text().replace("RealtimeConfig(", talks))
            assert main(["record", path.name]) == 0, capsys.readouterr().out
        environment.delenv("OPENAI_BASE_URL")
        return path

    return make


def as_text(notebook):
    return json.dumps(notebook, sort_keys=True)


def results(path, times, mode="replay"):
    """Run a notebook some times in a row, and return its different results."""
    found = set()
    for _ in range(times):
        again = execute(path, {"NBAGENTS_MODE": mode}, lambda *_: None)
        assert again.error is None
        found.add(as_text(again.notebook))
    return found


def test_a_notebook_is_the_same_each_time(record):
    """A notebook with tools, an error and guardrails is replayed byte for byte, from a small cassette."""
    (source,) = [path for path in NOTEBOOKS if path.stem.startswith("04")]
    path = record(source)
    assert results(path, 1) == {as_text(nbformat.read(path, as_version=4))}
    assert path.with_suffix(".cassette.jsonl").stat().st_size < LARGEST_BYTES


@pytest.mark.soak
@pytest.mark.parametrize("source", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_fifty_replays_are_one(source, record):
    """Fifty replays in a row of every notebook are byte-identical, each from a small cassette."""
    if source.stem == OWN_MODES:
        assert len(results(source, 50, "offline")) == 1
    else:
        path = record(source)
        assert len(results(path, 50)) == 1
        assert path.with_suffix(".cassette.jsonl").stat().st_size < LARGEST_BYTES


@pytest.mark.parametrize("source", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_outputs_are_saved(source):
    """A notebook that was never run shows nothing on a static page: outputs are saved, whole and small."""
    cells = [cell for cell in nbformat.read(source, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    figures = [output.data for output in outputs if PLOTLY in output.get("data", {})]
    assert all("image/svg+xml" in data for data in figures)  # a static page has no Plotly
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    assert source.stat().st_size < 300_000
    assert "widget-view" not in source.read_text()
