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
NORMAL = "add_items of two, both at synchronous=NORMAL"
MOST_OF_NORMAL = 0.7  # at FULL both wait for the disk, which is nearly all of it


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
    """Time two coroutine functions in turns; medians in seconds."""
    times = ([], [])
    for number in range(rounds + 2):
        order = ((0, ours), (1, theirs)) if number % 2 else ((1, theirs), (0, ours))
        for side, call in order:
            start = time.perf_counter()
            await call()
            if number >= 2:  # the first are for caches
                times[side].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


async def measure(folder: Path):
    history = [item for number in range(ITEMS // 4) for item in turn(number)]
    two = turn(1)[:2]
    ours = SQLiteSession("bench", folder / "ours.db")
    theirs = AsyncSQLiteSession("bench", folder / "theirs.db")
    synced = SQLiteSession("bench", folder / "synced.db")
    quick = AsyncSQLiteSession("bench", folder / "quick.db")
    for session in (ours, theirs, synced, quick):
        await session.add_items(history)
    await quick._connection.execute("PRAGMA synchronous = NORMAL")  # noqa: SLF001 - likewise
    await synced._run(lambda connection: connection.execute("PRAGMA synchronous = FULL"))  # noqa: SLF001 - no public way
    results = [
        (
            "get_items(20) of 10,000",
            *await alternate(200, lambda: ours.get_items(20), lambda: theirs.get_items(20)),
        ),
        ("get_items() of 10,000", *await alternate(41, ours.get_items, theirs.get_items)),
        ("to_frame() : get_items() alone", *await alternate(41, ours.to_frame, theirs.get_items)),
        ("add_items of two", *await alternate(200, lambda: ours.add_items(two), lambda: theirs.add_items(two))),
        (
            NORMAL,
            *await alternate(200, lambda: ours.add_items(two), lambda: quick.add_items(two)),
        ),
        (
            "add_items of two, both at synchronous=FULL",
            *await alternate(200, lambda: synced.add_items(two), lambda: theirs.add_items(two)),
        ),
    ]
    for session in (ours, theirs, synced, quick):
        await session.close()
    return results


def main() -> int:
    """Print the table; 1 where a ratio that must hold does not."""
    with tempfile.TemporaryDirectory() as folder:
        results = asyncio.run(measure(Path(folder)))
    print(f"{'':44} {'ours':>10} {'the SDK':>10} {'ratio':>6}")
    for name, ours, theirs in results:
        print(f"{name:44} {ours * 1e3:7.3f} ms {theirs * 1e3:7.3f} ms {ours / theirs:6.2f}")
    most = {NORMAL: MOST_OF_NORMAL}
    return 0 if all(ours <= theirs * most.get(name, 1) for name, ours, theirs in results) else 1


if __name__ == "__main__":
    sys.exit(main())
