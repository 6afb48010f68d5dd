"""Whole files of sessions: listed, searched, and read at their end; what plain SQL or the SDK takes beside it.

python benchmarks/session_files.py
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import agents

sys.path.insert(0, str(Path(__file__).parent))
from sessions import turn

from nbagents import SQLiteSession, list_sessions, search_sessions

SESSIONS = 10_000
ITEMS = 100_000
LIST_MS = 200
SEARCH_MS = 50


async def timed(rounds, call):
    """Time a coroutine function, in milliseconds: the first call, and the median of those after it."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        await call()
        times.append((time.perf_counter() - start) * 1e3)
    return times[0], statistics.median(times[1:])


async def many_sessions(path):
    """10,000 sessions of one turn or two, 60,000 items."""
    async with SQLiteSession("s0", path) as session:
        await session.get_items()
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [f"s{number}" for number in range(SESSIONS)]
        connection.executemany("INSERT INTO agent_sessions (session_id) VALUES (?)", [(name,) for name in names])
        connection.executemany(
            "INSERT INTO agent_messages (session_id, message_data) VALUES (?, ?)",
            [
                (name, json.dumps(item))
                for number, name in enumerate(names)
                for item in turn(number) * (1 + number % 2)
            ],
        )
    return names


async def with_the_sdk(path, names):
    """Read every session with the SDK, which has no list; the names are given."""
    start = time.perf_counter()
    for name in names:
        session = agents.SQLiteSession(name, path)
        await session.get_items()
        session.close()
    return (time.perf_counter() - start) * 1e3


async def measure_list(folder):
    path = folder / "many.db"
    names = await many_sessions(path)
    await list_sessions(folder / "none.db")  # pandas is imported, as in any notebook that shows a frame
    first, later = await timed(11, lambda: list_sessions(path))
    print(f"list_sessions() of {SESSIONS:,}: {later:6.1f} ms, the first time, all items read, {first:,.0f} ms")
    print(f"{'':13}every session read with the SDK: {await with_the_sdk(path, names):,.0f} ms")
    return later <= LIST_MS


def by_like(path, text):
    with closing(sqlite3.connect(path)) as connection:
        select = "SELECT id FROM agent_messages WHERE message_data LIKE ? ORDER BY id DESC LIMIT 100"
        return connection.execute(select, (f"%{text}%",)).fetchall()


async def measure_search(session, path):
    start = time.perf_counter()
    await session.search("lamp")
    print(f"search: the index of {ITEMS:,} items made in {(time.perf_counter() - start) * 1e3:,.0f} ms, once")
    good = True
    for text in ("A-17777", "lamp", '"arrived broken"', "delivered", "nowhere"):
        _, ours = await timed(11, lambda text=text: session.search(text))
        _, all_ = await timed(11, lambda text=text: search_sessions(text, path))
        start = time.perf_counter()
        by_like(path, text.strip('"'))
        plain = (time.perf_counter() - start) * 1e3
        print(f"{text:>20}: {ours:6.1f} ms, all sessions {all_:6.1f} ms, LIKE {plain:6.1f} ms")
        good = good and max(ours, all_) <= SEARCH_MS
    return good


async def measure_newest(session, folder):
    """get_items(20) of a short and of a long history, in turns."""
    async with SQLiteSession("short", folder / "short.db") as short:
        await short.add_items([item for number in range(25) for item in turn(number)])
        times = ([], [])
        for _ in range(200):
            for side, one in enumerate((short, session)):
                start = time.perf_counter()
                await one.get_items(20)
                times[side].append((time.perf_counter() - start) * 1e3)
    few, many = map(statistics.median, times)
    print(f"get_items(20): {few:.3f} ms of 100 items, {many:.3f} ms of {ITEMS:,}, ratio {many / few:.2f}")
    return many <= 1.5 * few


async def measure_branch(session):
    """A branch of the whole history and one of its half; all rows are copied at once."""
    ids = (await session.to_frame())["id"]
    for name, at in (("all", None), ("half", int(ids[ITEMS // 2 - 1]))):
        start = time.perf_counter()
        await (await session.branch(f"branch-{name}", at)).close()
        took = (time.perf_counter() - start) * 1e3
        print(f"branch() of {name} of {ITEMS:,} items: {took:,.0f} ms")


async def measure(folder):
    good = [await measure_list(folder)]
    path = folder / "long.db"
    async with SQLiteSession("long", path) as session:
        for start in range(0, ITEMS // 4, 2500):
            await session.add_items([item for number in range(start, start + 2500) for item in turn(number)])
        good += [await measure_newest(session, folder), await measure_search(session, path)]
        await measure_branch(session)
    return all(good)


def main() -> int:
    """Print the figures; 1 where one is not what it must be."""
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
