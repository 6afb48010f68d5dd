from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager

import pytest

from nbagents.sessions.sqlite_session import SQLiteSession

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
