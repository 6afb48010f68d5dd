"""Nothing that was acknowledged is lost: many writers, a held file, a killed process, a full disk."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from nbagents.errors import StoreBusyError, StoreFullError
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}


connecting = sys.modules["nbagents._sqlite.connect"]  # its function has the same name in the package


def user(text):
    return {"role": "user", "content": text}


_WRITER = """
import asyncio, sys
from nbagents.sessions.sqlite.session import SQLiteSession

async def main(path, name, count):
    session = SQLiteSession("s", path)
    for number in range(int(count)):
        await session.add_items([{"role": "user", "content": f"{name} {number}"}])

asyncio.run(main(*sys.argv[1:]))
"""


def test_eight_processes_lose_nothing(path, figure):
    """8 processes write to one session: all is there, each process's in order, and nobody is told of a lock."""
    count = 1000
    started = time.perf_counter()
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, path, str(name), str(count)], stderr=subprocess.PIPE)
        for name in range(8)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=300)
        assert (writer.returncode, errors) == (0, b"")
    seconds = time.perf_counter() - started
    items = asyncio.run(read(path))
    assert len(items) == 8 * count
    for name in range(8):
        mine = [item["content"] for item in items if item["content"].startswith(f"{name} ")]
        assert mine == [f"{name} {number}" for number in range(count)]
    figure(f"8 processes x {count:,} writes: 0 lost, 0 out of order, 0 locked errors, {seconds:.1f} s")


async def read(path, session_id="s"):
    async with SQLiteSession(session_id, path) as session:
        assert len(await session.doctor()) == 0
        return await session.get_items()


_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(path):
    """Another process that holds the write lock until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        yield holder
        holder.stdin.close()


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="only Linux tells who holds a lock")  # noqa: PTH110 - at import
@pytest.mark.parametrize("wait", [0.3, pytest.param(30, marks=pytest.mark.soak)])
def test_past_the_patience_the_holder_is_named(path, figure, monkeypatch, wait):
    """A file that is held for too long: the error says by which process, and nothing was written."""
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_MS", int(wait * 1000))

    async def main():
        async with SQLiteSession("s", path) as session:
            await session.add_items([USER])
            with holding(path) as holder:
                started = time.perf_counter()
                with pytest.raises(StoreBusyError, match=f"process {holder.pid} .*sqlite3") as caught:
                    await session.add_items([USER])
                seconds = time.perf_counter() - started
            assert str(holder.pid) in caught.value.holder
            assert f"locked for {wait:g} s" in str(caught.value)
            await session.add_items([USER])
            assert len(await session.get_items()) == 2
        return seconds

    figure(f"a file held for longer than {wait} s: error after {asyncio.run(main()):.1f} s, names the process")


def test_a_holder_in_this_process_is_named(path, monkeypatch):
    """A forgotten transaction of the notebook's own is found as well."""
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_MS", 50)

    async def main():
        async with SQLiteSession("s", path) as session:
            await session.add_items([USER])
            holder = sqlite3.connect(path)
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError, match=r"this process .* is writing|another process"):
                await session.add_items([USER])
            holder.close()

    asyncio.run(main())


@pytest.mark.soak
def test_a_file_held_for_20_seconds_is_waited_for(path, figure):
    """Less than the patience of 30 s: the write is made once the other process lets go."""

    async def main():
        async with SQLiteSession("s", path) as session:
            await session.add_items([USER])
            with holding(path) as holder:
                started = time.perf_counter()
                adding = asyncio.ensure_future(session.add_items([USER]))
                done, _ = await asyncio.wait({adding}, timeout=20)
                assert not done
                holder.stdin.close()
                await adding
            assert len(await session.get_items()) == 2
            return time.perf_counter() - started

    figure(f"a file held for 20 s: written after {asyncio.run(main()):.2f} s")


# Forks a writer again and again and kills each at a random moment; prints what each was told before it died.
_KILLER = """
import asyncio, json, os, random, signal, sys, time
from nbagents.sessions.sqlite.session import SQLiteSession

def write(path, life, acknowledged):
    async def main():
        session = SQLiteSession("s", path)
        for number in range(100_000):
            text = f"{life} {number}"
            items = [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
            for name, call in (("add", lambda: session.add_items(items)), ("pop", session.pop_item),
                               ("undo", session.undo), ("redo", session.redo)):
                await call()
                os.write(acknowledged, f"{name} {text}\\n".encode())
    asyncio.run(main())

path, lives, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
for life in range(lives):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write(path, life, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        first = told.readline()
        time.sleep(random.uniform(0, 0.04))
        os.kill(child, signal.SIGKILL)
        print(json.dumps([first.strip(), *told.read().splitlines()]), flush=True)
    os.waitpid(child, 0)
"""


def test_a_killed_writer_loses_nothing_that_was_acknowledged(path, figure):
    """SIGKILL at random moments: what was told to be done is there, at most one thing more, and all is sound."""
    lives = 100
    command = [sys.executable, "-c", _KILLER, path, str(lives), "11"]
    killer = subprocess.run(command, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in killer.stdout.splitlines()]
    assert len(told) == lives
    there = [item["content"] for item in asyncio.run(read(path))]
    for life, acknowledged in enumerate(told):
        mine = [text for text in there if text.startswith(f"{life} ")]
        assert mine in (_history(acknowledged), _history([*acknowledged, _next(acknowledged[-1])]))
    writes = sum(map(len, told))
    figure(f"{lives} x SIGKILL amid {writes:,} acknowledged writes: 0 lost, doctor() finds nothing")


def _next(line):
    name, life, number = line.split()
    names = ("add", "pop", "undo", "redo")
    after = names[(names.index(name) + 1) % 4]
    return f"{after} {life} {int(number) + (after == 'add')}"


def _history(lines):
    """What adds, pops, undos and redos leave; a redo pops again."""
    texts = []
    for line in lines:
        name, text = line.split(" ", 1)
        if name == "add":
            texts += [text, text]
        elif name == "undo":
            texts.append(text)
        else:
            texts.pop()
    return texts


async def pragma(session, text):
    return await session._run(lambda connection: connection.execute(f"PRAGMA {text}").fetchone())


async def test_a_full_disk(path, figure):
    """A clear error; what was there is still there, and can be read, edited and undone once there is room."""
    async with SQLiteSession("s", path) as session:
        await session.add_items([USER])
        pages = await session._run(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        await session._run(
            lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 40}").fetchall()
        )
        added = 1
        with pytest.raises(StoreFullError, match="is full; nothing was written") as caught:
            while True:
                await session.add_items([user("x" * 5000)] * 3)
                added += 3
        assert caught.value.path == path
        assert len(await session.get_items()) == added > 1
        with pytest.raises(StoreFullError):
            await session.clear_session()  # the log needs room for what is cleared
        assert len(await session.get_items()) == added
        assert len(await session.doctor()) == 0
        await pragma(session, "max_page_count = 1000000")
        await session.clear_session()
        await session.undo()
        await session.add_items([USER])
    assert len(await read(path)) == added + 1
    figure(f"a full disk after {added} items: {added} there, and the session goes on once there is room")
