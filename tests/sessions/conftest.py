from __future__ import annotations

import itertools
import json
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from openai import AsyncOpenAI

from nbagents.sessions.sqlite.session import SQLiteSession

HISTORY = [
    {"role": "user", "content": "My lamp arrived broken, order A-1043."},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up."}]},
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "lookup_order",
        "arguments": '{"order_id": "A-1043"}',
        "status": "completed",
    },
    {"type": "function_call_output", "call_id": "call_1", "output": '{"status": "delivered"}'},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [
            {
                "type": "output_text",
                "text": "I'm sorry about the lamp.",
                "annotations": [{"type": "url_citation", "url": "https://example.com"}],
                "logprobs": [],
            }
        ],
    },
]


_FIGURES = []


@pytest.fixture
def figure():
    """Say a figure that a test measured; all are printed at the end of the run."""
    return _FIGURES.append


def pytest_terminal_summary(terminalreporter):
    if _FIGURES:
        terminalreporter.section("figures of the session store")
        for text in _FIGURES:
            terminalreporter.line(text)


@pytest.fixture
def history():
    """A turn with reasoning, a tool call, its output and an answer."""
    import copy

    return copy.deepcopy(HISTORY)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notebook.nbagents.db"


@pytest.fixture
async def session(path):
    async with SQLiteSession("support-42", path) as session:
        yield session


@pytest.fixture
async def filled(session, history):
    await session.add_items(history)
    return session


@contextmanager
def serving_redis(folder, *options):
    """Run a real redis-server on a free port; gives the process and the port."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    port = 65_535
    while port > 55_535:  # a cluster's nodes talk to each other 10,000 above
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            if not any("Ready to accept connections" in line for line in server.stdout):
                pytest.fail(f"redis-server on port {port} did not start")
            yield server, port
        finally:
            server.kill()


@pytest.fixture
def redis_server(tmp_path):
    """A redis-server of the test's own; gives the process and the port."""
    with serving_redis(tmp_path) as served:
        yield served


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """The URL of one redis-server for all tests that do not harm it."""
    with serving_redis(tmp_path_factory.mktemp("redis")) as (_, port):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def redis_cluster(tmp_path):
    """The port of a Redis Cluster of one node."""
    with serving_redis(tmp_path, "--cluster-enabled", "yes") as (_, port):
        cli = ["redis-cli", "-p", str(port), "cluster", "addslotsrange", "0", "16383"]
        subprocess.run(cli, check=True, capture_output=True)
        yield port


class Conversations(ThreadingHTTPServer):
    """The Conversations API on loopback, as its reference describes it.

    ``failing`` says which requests are answered with which status, after how many others; None cuts off.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.stored = {}
        self.requests = []
        self.failing = []
        self.ids = itertools.count(1)
        self.held = None

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_DELETE(self):
        self._serve("DELETE")

    def _serve(self, verb):
        url = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        parts = url.path.removeprefix("/v1/conversations").strip("/").split("/")
        self.server.requests.append((verb, url.path.removeprefix("/v1"), url.query))
        for place, (what, status, *skipped) in enumerate(self.server.failing):
            if what in f"{verb} {url.path}":
                if skipped and skipped[0]:
                    self.server.failing[place] = (what, status, skipped[0] - 1)
                    continue
                del self.server.failing[place]
                if status is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._answer(status, {"error": {"message": f"made to fail with {status}", "type": "test"}})
                return
        if self.headers["Authorization"] != "Bearer right":
            self._answer(401, {"error": {"message": "Incorrect API key provided"}})
        elif parts == [""]:
            self._begin()
        elif parts[0] not in self.server.stored:
            self._answer(404, {"error": {"message": f"Conversation with id '{parts[0]}' not found."}})
        else:
            getattr(self, f"_{verb.lower()}_{len(parts)}")(parts, body, dict(parse_qsl(url.query)))

    def _begin(self):
        id_ = f"conv_{next(self.server.ids)}"
        self.server.stored[id_] = []
        self._answer(200, self._conversation(id_))

    def _conversation(self, id_):
        return {"id": id_, "object": "conversation", "created_at": 1, "metadata": {}}

    def _delete_1(self, parts, body, query):
        del self.server.stored[parts[0]]
        self._answer(200, {"id": parts[0], "object": "conversation.deleted", "deleted": True})

    def _get_2(self, parts, body, query):
        limit = int(query.get("limit", 20))
        if not 1 <= limit <= 100:
            self._answer(400, {"error": {"message": f"limit {limit} is not from 1 to 100"}})
            return
        items = self.server.stored[parts[0]][:: 1 if query.get("order", "desc") == "asc" else -1]
        if "after" in query:
            items = items[[item["id"] for item in items].index(query["after"]) + 1 :]
        self._answer(200, self._page(items[:limit], len(items) > limit))

    def _page(self, items, has_more):
        first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
        return {"object": "list", "data": items, "has_more": has_more, "first_id": first, "last_id": last}

    def _post_2(self, parts, body, query):
        unknown = [key for item in body["items"] for key in item if key.startswith("_")]
        if len(body["items"]) > 20 or unknown:
            text = f"Unknown parameter: {unknown[0]}" if unknown else "at most 20 items"
            self._answer(400, {"error": {"message": text}})
            return
        items = [self._stored(item) for item in body["items"]]
        known = {item["id"] for item in self.server.stored[parts[0]]}
        if twice := known.intersection(item["id"] for item in items):
            self._answer(400, {"error": {"message": f"Duplicate item found with id {twice.pop()}"}})
            return
        self.server.stored[parts[0]] += items
        if self.server.held is not None:
            began, go = self.server.held
            began.set()
            go.wait()
        self._answer(200, self._page(items, has_more=False))

    def _stored(self, item):
        """Complete an item as the API does."""
        kind = item.get("type", "message")
        item = {"id": f"{kind[:3]}_{next(self.server.ids)}", "type": kind, "status": "completed", **item}
        if kind == "message" and isinstance(item["content"], str):
            part = {"type": "output_text", "annotations": [], "logprobs": []}
            part = part if item["role"] == "assistant" else {"type": "input_text"}
            item["content"] = [{**part, "text": item["content"]}]
        return item

    def _delete_3(self, parts, body, query):
        items = self.server.stored[parts[0]]
        if parts[2] not in [item["id"] for item in items]:
            self._answer(404, {"error": {"message": f"Item with id '{parts[2]}' not found."}})
            return
        self.server.stored[parts[0]] = [item for item in items if item["id"] != parts[2]]
        self._answer(200, self._conversation(parts[0]))

    def _answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def conversations():
    """The Conversations API on loopback."""
    with Conversations() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
async def openai(conversations):
    async with AsyncOpenAI(base_url=conversations.base_url, api_key="right", max_retries=0) as client:
        yield client
