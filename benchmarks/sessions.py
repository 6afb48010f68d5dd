"""Our SQLiteSession beside the SDK's AsyncSQLiteSession: both in one run, taken in turns, medians.

python benchmarks/sessions.py
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from agents.extensions.memory import AsyncSQLiteSession

from nbagents.sessions.sqlite.session import SQLiteSession

ITEMS = 10_000
MOST = 0.7  # of the SDK's time, for adding at the same durability
ON_DISK = 1.2
ROUNDS = 300
# At FULL each commit waits for the disk, as long for one as for the other. What is left is seen where the disk
# takes no time: there the goal holds, and on the disk the wait is shown.
MEMORY = Path("/dev/shm")


def turn(number: int) -> list[dict[str, object]]:
    call_id = f"call_{number:024d}"
    return [
        {"role": "user", "content": f"My lamp arrived broken, order A-{number}."},
        {
            "arguments": json.dumps({"order_id": f"A-{number}"}),
            "call_id": call_id,
            "name": "lookup_order",
            "type": "function_call",
            "id": f"fc_{number:040d}",
            "status": "completed",
        },
        {
            "call_id": call_id,
            "output": json.dumps({"status": "delivered", "total": 42.5}),
            "type": "function_call_output",
        },
        {
            "id": f"msg_{number:040d}",
            "content": [
                {"annotations": [], "text": "I'm sorry about the lamp. Shall I refund it?", "type": "output_text"}
            ],
            "role": "assistant",
            "status": "completed",
            "type": "message",
        },
    ]


async def alternate(rounds, ours, theirs):
    """Time two coroutine functions in turns; medians in seconds, and the median of each pair's ratio."""
    times = ([], [])
    for number in range(rounds + 2):
        order = ((0, ours), (1, theirs)) if number % 2 else ((1, theirs), (0, ours))
        for side, call in order:
            start = time.perf_counter()
            await call()
            if number >= 2:  # the first are for caches
                times[side].append(time.perf_counter() - start)
    ratio = statistics.median(mine / other for mine, other in zip(*times, strict=True))
    return statistics.median(times[0]), statistics.median(times[1]), ratio


async def measure(folder: Path):
    """Reading, and adding as each does it by itself."""
    ours, theirs = await filled(folder, "own")
    two = turn(1)[:2]
    for name, rounds, mine, other in (
        ("get_items(20) of 10,000", 200, lambda: ours.get_items(20), lambda: theirs.get_items(20)),
        ("get_items() of 10,000", 41, ours.get_items, theirs.get_items),
        ("to_frame() : get_items() alone", 41, ours.to_frame, theirs.get_items),
        ("add_items of two", ROUNDS, lambda: ours.add_items(two), lambda: theirs.add_items(two)),
    ):
        yield name, 1, await alternate(rounds, mine, other)
    await ours.close()
    await theirs.close()


async def measure_adding(folder: Path, durability: str):
    """Adding two items, both at one durability."""
    ours, theirs = await filled(folder, durability)
    pragma = f"PRAGMA synchronous = {durability}"
    await ours._run(lambda connection: connection.execute(pragma))  # noqa: SLF001 - there is no public way
    await theirs._connection.execute(pragma)  # noqa: SLF001 - likewise
    two = turn(1)[:2]
    measured = await alternate(ROUNDS, lambda: ours.add_items(two), lambda: theirs.add_items(two))
    await ours.close()
    await theirs.close()
    return measured


async def filled(folder, name):
    """A session of each, with the same history."""
    history = [item for number in range(ITEMS // 4) for item in turn(number)]
    ours = SQLiteSession("bench", folder / f"ours-{name}.db")
    theirs = AsyncSQLiteSession("bench", folder / f"theirs-{name}.db")
    for session in (ours, theirs):
        await session.add_items(history)
    return ours, theirs


async def measure_all(memory):
    """Print each line as it is measured; whether every ratio that must hold does."""
    good = True

    def tell(name, most, measured):
        nonlocal good
        ours, theirs, ratio = measured
        print(f"{name:44} {ours * 1e3:7.3f} ms {theirs * 1e3:7.3f} ms {ratio:6.2f}", flush=True)
        good = good and ratio <= most

    with tempfile.TemporaryDirectory() as folder:
        async for line in measure(Path(folder)):
            tell(*line)
        tell("add_items of two, both at NORMAL", MOST, await measure_adding(Path(folder), "NORMAL"))
        tell("add_items of two, both at FULL, on this disk", ON_DISK, await measure_adding(Path(folder), "FULL"))
    if memory:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            tell("add_items of two, both at FULL, in memory", MOST, await measure_adding(Path(folder), "FULL"))
    return good


def main() -> int:
    """Print the table; 1 where a ratio that must hold does not."""
    print(f"{'':44} {'ours':>10} {'the SDK':>10} {'ratio':>6}")
    return 0 if asyncio.run(measure_all(MEMORY if MEMORY.is_dir() else None)) else 1


if __name__ == "__main__":
    sys.exit(main())
