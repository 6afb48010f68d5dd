"""Record and replay through a real kernel, with cells that have ids and cells that have none."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ENABLE = "import nbagents; nbagents.enable(display=False); client = nbagents.openai_client(); None"
ASK = "r = await client.responses.create(model='m', input={text!r}); print(r.output_text)"
ANSWER = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "real",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


@pytest.fixture
def server():
    """Says back in capitals what it is asked, with the number of the request."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
            asked = asked if isinstance(asked, str) else asked[-1]["content"]
            seen.append(asked)
            text = {"type": "output_text", "text": f"{asked.upper()} {len(seen)}", "annotations": []}
            message = {"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": [text]}
            payload = json.dumps({**ANSWER, "output": [message]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}/v1"
        http.shutdown()
        thread.join()


def notebook(*cells):
    made = [
        {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": []}
        for name, source in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_cells_without_an_id_are_found_in_the_file(start, tmp_path, server):
    """Recorded in JupyterLab, replayed by a program that names no cells: each cell still has its own answers."""
    ask = ASK.format(text="hi")
    path = tmp_path / "lamp.ipynb"
    path.write_text(notebook(("c0", ENABLE), ("c1", ask), ("c2", ask)))
    kernel = start(bare=True, NBAGENTS_MODE="record", OPENAI_BASE_URL=server, NBAGENTS_NOTEBOOK=str(path))
    kernel.run(ENABLE, "c0")
    assert kernel.run(ask, "c2").text == "HI 1\n"
    assert kernel.run(ask, "c1").text == "HI 2\n"
    kernel = start(bare=True, NBAGENTS_MODE="replay", NBAGENTS_NOTEBOOK=str(path))
    kernel.run(ENABLE)
    assert kernel.run(ask).text == "HI 2\n"
    assert kernel.run(ask).text == "HI 1\n"


def test_a_miss_in_a_notebook_names_its_cell(start, tmp_path, server):
    """What a person sees names the cell and shows what differs; the status says which recordings are unused.

    Without a key the cassette is replayed by itself, and a page that somebody looks at says so once.
    """
    path = tmp_path / "lamp.ipynb"
    path.write_text(notebook(("c0", ENABLE), ("c1", ASK.format(text="hi"))))
    kernel = start(bare=True, NBAGENTS_MODE="record", OPENAI_BASE_URL=server, NBAGENTS_NOTEBOOK=str(path))
    kernel.run(ENABLE, "c0")
    kernel.run(ASK.format(text="hi"), "c1")
    kernel = start(bare=True, JPY_SESSION_NAME=str(path))
    said = "nbagents replays lamp.cassette.jsonl: no key is set"
    assert said in kernel.run("%load_ext nbagents", "c0").text
    assert said not in kernel.run(ENABLE, "c0").text
    reply = kernel.wait(kernel.send(ASK.format(text="ho"), "c1"))
    (error,) = [m["content"] for m in reply.messages if m["msg_type"] == "error"]
    assert error["ename"] == "CassetteMissError"
    assert error["traceback"] == [f"CassetteMissError: {error['evalue']}"]
    assert "cell c1 (r = await client" in error["evalue"]
    assert '$.body.input: recorded "hi", asked "ho"' in error["evalue"]
    status = kernel.run("%nbagents").text
    assert "lamp.cassette.jsonl: 0 of 1 calls used" in status
    assert "not used: POST responses (cell c1, call 1)" in status


def test_a_replay_begins_empty_with_each_kernel(start, tmp_path, server):
    """A session that a replay kept would be asked along the next time: run all, restart and run all are the same.

    Within one kernel a cell that runs twice does go on, and the miss says what to do.
    """
    enable = "%load_ext nbagents\nfrom agents import Agent, Runner\nfrom nbagents import SQLiteSession"
    ask = "print((await Runner.run(Agent('A'), 'hi', session=SQLiteSession('class'))).final_output)"
    path = tmp_path / "lamp.ipynb"
    path.write_text(notebook(("c0", enable), ("c1", ask)))
    recorded = {"NBAGENTS_MODE": "record", "OPENAI_BASE_URL": server, "NBAGENTS_NOTEBOOK": str(path)}
    kernel = start(bare=True, **recorded)
    kernel.run(enable, "c0")
    said = kernel.run(ask, "c1").text
    for _ in range(2):
        kernel = start(bare=True, NBAGENTS_MODE="replay", NBAGENTS_NOTEBOOK=str(path))
        kernel.run(enable, "c0")
        assert kernel.run(ask, "c1").text == said
    reply = kernel.wait(kernel.send(ask, "c1"))
    (error,) = [m["content"] for m in reply.messages if m["msg_type"] == "error"]
    assert "Restart the kernel and run all cells." in error["evalue"]
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["lamp.nbagents.db"]  # the recording's


def test_the_kernel_opens_no_socket_in_replay(start, tmp_path):
    """Any library's connection is refused in the kernel, with the name of the cell that runs."""
    (tmp_path / "lamp.cassette.jsonl").write_text('{"nbagents_cassette": 1}\n')
    kernel = start(bare=True, NBAGENTS_MODE="replay", NBAGENTS_NOTEBOOK=str(tmp_path / "lamp.ipynb"))
    kernel.run(ENABLE, "c0")
    reply = kernel.wait(kernel.send("import urllib.request; urllib.request.urlopen('http://192.0.2.1/')", "c5"))
    (error,) = [m["content"] for m in reply.messages if m["msg_type"] == "error"]
    assert "cell c5 (import urllib.request" in error["evalue"]
    assert "192.0.2.1" in error["evalue"]
