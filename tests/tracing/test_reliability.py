"""Traces under violence, with figures: a kill at any moment, and a hundred thousand spans at once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import closing
from contextvars import copy_context
from functools import partial
from itertools import pairwise

import pytest
from agents import custom_span, trace

from nbagents._sqlite import connect, migrate
from nbagents.tracing.stored.store import TraceStore

SURE_AFTER_NS = 50_000_000  # a span that ended this long before the last sign of life is in the file
PULSE_NS, LATELY_NS = 5_000_000, 200_000_000

# One interpreter forks a child for each kill, so that a kill costs no import. A child tells when each span has
# begun and ended; what it said last is its last sign of life. A thread of it tells how long a busy machine keeps
# a thread waiting: the writer's is kept as long.
NURSERY = """
import os, sys, threading, time
from agents import custom_span, trace
from agents.tracing import get_trace_provider, set_trace_processors
import psutil, sqlite3
from nbagents.tracing.capture.processor import NotebookTracingProcessor
def say(what, name):
    os.write(1, f"{what} {name} {time.monotonic_ns()}\\n".encode())
def pulse():
    while True:
        say("pulse", "-")
        time.sleep(0.005)
def live(number):
    set_trace_processors([NotebookTracingProcessor(f"{number}.db")])
    threading.Thread(target=pulse, daemon=True).start()
    with trace("run"):
        step = 0
        while True:
            with custom_span(f"outer-{step}"):
                say("began", f"outer-{step}")
                for part in range(3):
                    with custom_span(f"inner-{step}-{part}", {"text": "a lamp, " * 50}):
                        say("began", f"inner-{step}-{part}")
                        time.sleep(0.0005)
                    say("ended", f"inner-{step}-{part}")
            say("ended", f"outer-{step}")
            step += 1
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        live(int(line))
    os.write(1, f"child {child} 0\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone - 0\\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kills", [pytest.param(8, id="short"), pytest.param(100, marks=pytest.mark.soak)])
def test_a_kill_at_any_moment_costs_at_most_the_last_50_ms(tmp_path, kills):
    """Every span that ended more than 50 ms before is whole in the file; every open one shows as interrupted."""
    chance, sure = random.Random(4), 0
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with nursery:
        for number in range(kills):
            with closing(connect(tmp_path / f"{number}.db")) as connection:
                migrate(connection, tmp_path / f"{number}.db")  # as enable() leaves it
            nursery.stdin.write(f"{number}\n")
            nursery.stdin.flush()
            said = until_killed(nursery, chance.randrange(200, 800))
            sure += check(TraceStore(tmp_path / f"{number}.db").records(), said)
        nursery.stdin.close()
    assert sure > 20 * kills


def until_killed(nursery, signs):
    """Kill the child after some signs of life; return all it said."""
    said, child = [], None
    for line in nursery.stdout:
        what, name, moment = line.split()
        if what == "gone":
            break
        if what == "child":
            child = int(name)
        else:
            said.append((what, name, int(moment)))
        if child is not None and len(said) >= signs:
            os.kill(child, signal.SIGKILL)
            child, signs = None, float("inf")
    return said


def kept_waiting(said):
    """For how long the machine let a thread of the child wait lately, in nanoseconds."""
    pulses = [moment for what, _, moment in said if what == "pulse"]
    last = said[-1][2]
    gaps = [after - before for before, after in pairwise([*pulses, last]) if after > last - LATELY_NS]
    return sum(max(0, gap - PULSE_NS) for gap in gaps)


def check(records, said):
    spans = {span.name: span for record in records for span in record.spans}
    sure = said[-1][2] - SURE_AFTER_NS - kept_waiting(said)
    began = {name for what, name, moment in said if what == "began" and moment < sure}
    ended = {name for what, name, moment in said if what == "ended" and moment < sure}
    assert ended <= {name for name, span in spans.items() if span.status == "ok" and span.data is not None}
    assert began <= set(spans)
    last = {name for what, name, _ in said if what == "ended"}
    assert {span.status for span in spans.values()} <= {"ok", "interrupted"}
    assert all(span.status == "interrupted" for name, span in spans.items() if name not in last and name in began)
    assert {record.status for record in records} <= {"interrupted"}
    return len(ended)


THREADS, LOOPS, TASKS = 16, 4, 4


def branches(worker, count):
    """Begin and end spans, four to a branch; give way after each branch."""
    for number in range(count):
        with custom_span(f"{worker} {number}"):
            with custom_span("left"), custom_span("deep"):
                pass
            with custom_span("right"):
                pass
        yield


def lines_up(rows):
    """Give each span's name with those of what it is in, the innermost first."""
    names = {row.span_id: (row.name, row.parent_id) for row in rows}
    for row in rows:
        line, above = [], row.span_id
        while above is not None:
            name, above = names[above]
            line.append(name)
        yield tuple(line)


@pytest.mark.parametrize("spans", [pytest.param(6_400, id="short"), pytest.param(100_000, marks=pytest.mark.soak)])
def test_spans_from_threads_and_loops_at_once_are_all_there(processor, store, spans):
    """Sixteen threads in one trace, four loops of tasks beside: each span once, its parents right, in order."""
    each = spans // (THREADS + LOOPS * TASKS) // 4

    async def task(worker):
        with trace(worker):
            for _ in branches(worker, each):
                await asyncio.sleep(0)

    async def loop(number):
        await asyncio.gather(*(task(f"task-{number}-{n}") for n in range(TASKS)))

    with trace("shared"):
        work = [partial(list, branches(f"thread-{n}", each)) for n in range(THREADS)]
        threads = [threading.Thread(target=copy_context().run, args=(one,)) for one in work]
        threads += [threading.Thread(target=lambda n=n: asyncio.run(loop(n))) for n in range(LOOPS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = defaultdict(list)
    for record in store.records():
        assert [row.seq for row in record.rows] == list(range(len(record.rows)))
        assert all(row.ended_us is not None for row in record.rows)
        for line in lines_up(record.rows):
            found[line[-1].split()[0]].append(line)
    assert len(found) == THREADS + LOOPS * TASKS
    for worker, lines in found.items():
        expected = []
        for number in range(each):
            root = f"{worker} {number}"
            expected += [(root,), ("left", root), ("deep", "left", root), ("right", root)]
        assert lines == expected
