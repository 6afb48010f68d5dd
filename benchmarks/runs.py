"""Many runs: map_agent beside the bare SDK, four Dask workers beside four bare processes, and a cache hit.

Each side runs in processes of its own, warm, in turns; every turn is printed after the median. On a shared machine
the clock says little, because others run in between, so throughput is told by the CPU that a row needs too.

A hundred calls of 50 ms at once would be 2,000 rows a second. But the SDK needs some 4 ms of a core for each run
(the request and the answer as models, the runner's own tasks, HTTP), so that one process ends near 250; map_agent,
which keeps Python's garbage collector from searching what was there before, near 300. Hence two shares: of nothing
but waiting, which is what the SDK leaves, and of the bare SDK. More processes are more rows:
``client=distributed.Client()`` uses every core of a machine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROWS, CONCURRENCY, DELAY_S = 2_000, 100, 0.05
CPU_ROWS, WORKERS, WARM_ROWS = 160, 4, 4
HITS = 400
TURNS = 3


def answer(text):
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    message["content"] = [{"type": "output_text", "text": text, "annotations": []}]
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": "gpt-4o",
        "output": [message],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, **details},
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def serve(ports):
    """Answer every request after 50 ms, over connections that stay open."""
    body = json.dumps(answer("OK")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()

    async def client(reader, writer):
        while request := await reader.readuntil(b"\r\n\r\n"):
            length = int(request.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            await asyncio.sleep(DELAY_S)
            writer.write(head + body)

    async def quiet(reader, writer):
        try:
            await client(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main():
        server = await asyncio.start_server(quiet, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def side(run, url, folder, results):
    """Run one side in this process and say what its second round took, in time and CPU, and what memory."""
    os.environ |= {"OPENAI_BASE_URL": url, "NBAGENTS_DB": str(Path(folder, f"{run.__name__}.db"))}
    logging.disable(logging.ERROR)  # the SDK's exporter says of each batch that there is no key
    results.put((*asyncio.run(run()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


async def bare():
    """Bare Runner.run, no tracing, nothing stored"""
    from agents import Agent, Runner, set_default_openai_client, set_tracing_disabled
    from openai import AsyncOpenAI

    set_tracing_disabled(disabled=True)
    set_default_openai_client(AsyncOpenAI(api_key="none"), use_for_tracing=False)
    agent = Agent(name="A", instructions="Answer.", model="gpt-4o")
    gate = asyncio.Semaphore(CONCURRENCY)

    async def row(text):
        async with gate:
            return await Runner.run(agent, text)

    async def rows(texts):
        await asyncio.gather(*map(row, texts))

    return await second_round(rows)


async def mapped():
    """map_agent, traced and stored"""
    from agents import Agent

    from nbagents import enable, map_agent

    enable(mode="live")
    agent = Agent(name="A", instructions="Answer.", model="gpt-4o")
    return await second_round(lambda texts: map_all(map_agent, agent, texts))


async def spread():
    """map_agent on two Dask workers of this machine"""
    import distributed
    from agents import Agent

    from nbagents import enable, map_agent

    enable(mode="live")
    agent = Agent(name="A", instructions="Answer.", model="gpt-4o")
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        return await second_round(lambda texts: map_all(map_agent, agent, texts, client=client))


async def map_all(map_agent, agent, texts, **options):
    import pandas as pd

    frame = await map_agent(agent, pd.Series(texts), concurrency=CONCURRENCY, **options)
    assert frame["error"].isna().all()


async def second_round(rows):
    """Seconds and CPU seconds of all rows, when connections and imports are there."""
    await rows([f"warm {n}" for n in range(CONCURRENCY)])
    started, used = time.perf_counter(), time.process_time()
    await rows([f"{n}?" for n in range(ROWS)])
    return time.perf_counter() - started, time.process_time() - used


def throughput():
    context = multiprocessing.get_context("spawn")
    ports, results = context.Queue(), context.Queue()
    server = context.Process(target=serve, args=(ports,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ports.get()}/v1"
    found = {run: [] for run in (bare, mapped, spread)}
    for _ in range(TURNS):
        for run, turns in found.items():
            with tempfile.TemporaryDirectory() as folder:
                process = context.Process(target=side, args=(run, url, folder, results))
                process.start()
                turns.append(results.get())
                process.join()
    server.terminate()
    server.join()
    ideal = ROWS * DELAY_S / CONCURRENCY
    say(f"{ROWS} rows of {DELAY_S * 1000:.0f} ms, {CONCURRENCY} at once: nothing but waiting", f"{ideal:7.2f} s")
    for run, turns in found.items():
        wall, cpu, memory = zip(*turns, strict=True)
        by_row = each([1000 * used / ROWS for used in cpu], "ms of CPU a row")
        say(run.__doc__, f"{each(wall, 's')}   {by_row}   {max(memory):.0f} MB")
    by_sdk, ours, by_two = found.values()
    waiting = [(ideal, ideal)] * TURNS
    say("map_agent to the bare SDK: throughput", shares(by_sdk, ours))
    say("map_agent to nothing but waiting", f"{shares(waiting, ours)}     (goal: 0.90, under 300 MB)")
    say("bare SDK to nothing but waiting", shares(waiting, by_sdk))
    say(
        "two Dask workers to one process: throughput",
        each([one[0] / two[0] for one, two in zip(ours, by_two, strict=True)]),
    )


def say(what, figures):
    print(f"{what:58s} {figures}")


def an_agent():
    from agents import Agent, function_tool

    @function_tool
    def look_up_order(order_id: str) -> str:
        """Look up the status of an order, with about 0.1 s of one core."""
        total = 0
        for n in range(1_500_000):
            total = (total * 31 + n) % 1_000_003
        return f"{order_id}: {total}"

    return Agent(name="Support", instructions="Help with orders.", tools=[look_up_order])


def bare_process(rows, start):
    """Rows of one process, run one after the other."""
    from agents import Runner, set_tracing_disabled

    from nbagents.replay.wire.client import install

    set_tracing_disabled(disabled=True)
    install("offline")
    agent = an_agent()

    async def run():
        for n in range(WARM_ROWS):
            await Runner.run(agent, f"Where is order W-{n}?")
        start.wait()
        for n in rows:
            await Runner.run(agent, f"Where is order A-{n}?")
        start.wait()  # everything is counted
        start.wait()

    with redirect_stdout(StringIO()):  # what the offline mode says of itself
        asyncio.run(run())


def cpu_of(processes):
    """CPU seconds that processes have used until now."""
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


def on_bare_processes():
    """Seconds and CPU seconds of the rows on warm processes."""
    import psutil

    context = multiprocessing.get_context("spawn")
    start = context.Barrier(WORKERS + 1)
    parts = [range(n, CPU_ROWS, WORKERS) for n in range(WORKERS)]
    processes = [context.Process(target=bare_process, args=(part, start)) for part in parts]
    for process in processes:
        process.start()
    counted = [psutil.Process(process.pid) for process in processes]
    start.wait()
    started, used = time.perf_counter(), cpu_of(counted)
    start.wait()
    figures = time.perf_counter() - started, cpu_of(counted) - used
    start.wait()
    for process in processes:
        process.join()
    return figures


def plain_row(agent, text):
    """What one would send to Dask without nbagents; nothing is traced and nothing kept."""
    from agents import RunConfig, Runner

    return Runner.run_sync(agent, text, run_config=RunConfig(tracing_disabled=True)).final_output


async def on_dask():
    """The same for rows sent to Dask one by one, then for map_agent; scheduler and client count too."""
    import distributed
    import pandas as pd

    from nbagents import enable, map_agent
    from nbagents.replay.notice import tell_once
    from nbagents.replay.wire.client import install

    enable(mode="offline")
    agent = an_agent()

    async def plain(texts):
        futures = [client.submit(plain_row, agent, text, pure=False) for text in texts]
        await asyncio.to_thread(client.gather, futures)

    async def ours(texts):
        frame = await map_agent(agent, pd.Series(texts), client=client, concurrency=WORKERS, resume=False)
        assert frame["error"].isna().all()

    with (
        distributed.LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(install, "offline")
        client.run(tell_once, len)  # to nobody: the figures say what they are
        return [await on_warm_workers(way) for way in (plain, ours)]


async def on_warm_workers(way):
    import psutil

    await way([f"Where is order W-{n}?" for n in range(WARM_ROWS * WORKERS)])
    me = psutil.Process()
    counted = [me, *me.children(recursive=True)]
    started, used = time.perf_counter(), cpu_of(counted)
    await way([f"Where is order A-{n}?" for n in range(CPU_ROWS)])
    return time.perf_counter() - started, cpu_of(counted) - used


def cluster():
    os.environ["NBAGENTS_OFFLINE_SPEED"] = "0"
    found = {f"{WORKERS} bare processes": [], "plain Dask, a task for each row": [], "map_agent on Dask": []}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NBAGENTS_DB"] = str(Path(folder, "dask.db"))
        for _ in range(TURNS):
            with redirect_stdout(StringIO()):
                turn = [on_bare_processes(), *asyncio.run(on_dask())]
            for turns, figures in zip(found.values(), turn, strict=True):
                turns.append(figures)
    print(f"{CPU_ROWS} rows of a CPU-bound tool on {WORKERS} workers, each side warm, in turns")
    for name, turns in found.items():
        wall, cpu = zip(*turns, strict=True)
        say(name, f"{each(wall, 's')}   {each([1000 * used / CPU_ROWS for used in cpu], 'ms of CPU a row')}")
    bare, plain, ours = found.values()
    say("map_agent to bare processes: throughput", f"{shares(bare, ours)}     (goal: 0.85)")
    say("plain Dask to bare processes: throughput", shares(bare, plain))
    say("map_agent to plain Dask: throughput", shares(plain, ours))


def shares(base, other):
    """What another side reaches of a base, turn by turn and as medians: by the clock, and by the CPU it needs."""
    said = []
    for place, name in enumerate(("clock", "CPU")):
        ratios = [one[place] / two[place] for one, two in zip(base, other, strict=True)]
        said.append(f"by {name} {each(ratios)}")
    return "   ".join(said)


def each(values, unit=""):
    return f"{statistics.median(values):.2f} {unit} ({', '.join(f'{value:.2f}' for value in values)})"


async def hits(path):
    """Milliseconds of a model call that is answered from the cache."""
    from agents import ModelResponse, ModelTracing, Usage
    from agents.testing import ScriptedModel, assistant_message

    from nbagents.run.cache.cached_agent import CachedAgent
    from nbagents.run.cache.key import ModelCall

    response = ModelResponse(output=[assistant_message("OK")], usage=Usage(), response_id=None)
    agent = CachedAgent(name="A", model=ScriptedModel([response]), tools=an_agent().tools * 8, path=path)
    items = [{"role": "user", "content": f"Where is order A-{n}? " * 5} for n in range(20)]
    call = ModelCall(
        "Help. " * 100, items, agent.model_settings, agent.tools, None, [], ModelTracing.DISABLED, None, None, None
    )
    took = []
    for _ in range(HITS):
        started = time.perf_counter()
        await call.ask(agent.model)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took[1:]), sorted(took[1:])[int(0.95 * len(took))]


def cache():
    with tempfile.TemporaryDirectory() as folder:
        for name, path in (("in memory", None), ("in the file", Path(folder, "cache.db"))):
            middle, late = asyncio.run(hits(path))
            print(
                f"{f'a cache hit {name}: 20 items, 8 tools':58s} {middle:7.2f} ms  95 %: {late:.2f} ms (goal: 0.5)"
            )


def main():
    throughput()
    cluster()
    cache()


if __name__ == "__main__":
    sys.exit(main())
