"""Rows on a real Dask cluster: a scheduler and worker processes on loopback, one of which is killed."""

from __future__ import annotations

import os
import signal
import threading

import pandas as pd
import pytest
from agents import Agent, function_tool

from nbagents.errors import ConfigError
from nbagents.replay.wire.client import install, uninstall
from nbagents.run.batch.cluster import parcel_rows
from nbagents.run.batch.map_agent import map_agent

distributed = pytest.importorskip("distributed", reason="dask.distributed, the extra dask, is not installed")


@pytest.fixture(scope="module")
def offline():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
            patch.delenv(name, raising=False)
        patch.setenv("NBAGENTS_OFFLINE_SPEED", "0")
        install("offline")
        yield
        uninstall()


@pytest.fixture(scope="module")
def cluster(offline, tmp_path_factory):
    """A scheduler and four worker processes on loopback."""
    with (
        distributed.LocalCluster(
            n_workers=4,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=tmp_path_factory.mktemp("dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def worker_ids(client):
    return client.run(os.getpid)


async def test_a_killed_worker_s_rows_are_done_elsewhere(cluster, store, tmp_path):
    """With one of four workers killed half-way the frame is complete, each row once, its trace in the store."""
    marks = tmp_path / "marks"
    marks.mkdir()

    @function_tool
    def look_up_order(order_id: str) -> str:
        """Look up the status of an order."""
        (marks / f"{order_id}-{os.getpid()}").touch()
        return f"{order_id}: delivered"

    agent = Agent(name="Support", instructions="Help with orders.", tools=[look_up_order])
    rows = 80
    killed = []

    def kill_half_way():
        while len(list(marks.iterdir())) < rows // 2:
            over.wait(0.01)
        victim = next(iter(worker_ids(cluster).values()))
        killed.append(victim)
        os.kill(victim, signal.SIGKILL)

    over = threading.Event()
    killer = threading.Thread(target=kill_half_way)
    killer.start()
    data = pd.Series([f"Where is order A-{n}?" for n in range(rows)])
    frame = await map_agent(agent, data, client=cluster, concurrency=16, progress=False)
    killer.join()
    assert len(killed) == 1
    assert frame["error"].isna().all()
    assert [f"A-{n}: delivered" in text for n, text in enumerate(frame["output"])] == [True] * rows
    assert frame["trace_id"].is_unique
    traces = {trace.trace_id: trace for trace in store.records()}
    assert set(frame["trace_id"]) == set(traces)
    for n, trace_id in enumerate(frame["trace_id"]):
        trace = traces[trace_id]
        assert (trace.metadata, trace.status) == ({"row": str(n)}, "ok")
        assert [span.name for span in trace.spans if span.type == "function"] == ["look_up_order"]
    again = await map_agent(agent, data, client=cluster, progress=False)
    pd.testing.assert_frame_equal(frame, again)


async def test_errors_on_workers_and_what_cannot_be_sent(cluster, path):
    """A row that fails there has its error here; what cannot run on workers is an error before anything does."""
    broken = Agent(name="Broken", instructions=explode)
    frame = await map_agent(broken, pd.Series(["a?", "b?"]), client=cluster, progress=False)
    assert frame["error"].str.contains("LookupError: no instructions").all()
    lock = threading.Lock()

    @function_tool
    def locked() -> str:
        with lock:
            return "x"

    for agent, client in ((Agent(name="Locked", tools=[locked]), cluster), (broken, "127.0.0.1:8786")):
        with pytest.raises(ConfigError):
            await map_agent(agent, pd.Series(["c?"]), client=client, progress=False)


def test_parcels():
    """A slow row travels alone, or beside those it runs with; the last rows are shared out among all threads."""
    assert [parcel_rows(3, 2, seconds, left=1_000) for seconds in (0, 0.1, 0.6, 60)] == [250, 30, 3, 3]
    assert [parcel_rows(1, 4, 0.01, left) for left in (80, 20, 3)] == [10, 2, 1]


def explode(_context, _agent):
    raise LookupError("no instructions")
