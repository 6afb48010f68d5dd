"""Calls share connections: one after the other the same one, many at once in several small pools."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from nbagents.replay.wire.pools import AsyncPools

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK"


class Server:
    """Answers "OK", once the gate is open; knows its connections and how many calls wait."""

    def __init__(self):
        self.connections = 0
        self.waiting = asyncio.Semaphore(0)
        self.gate = asyncio.Event()

    async def __call__(self, reader, writer):
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.waiting.release()
                await self.gate.wait()
                writer.write(ANSWER)
        except asyncio.IncompleteReadError:
            writer.close()


@pytest.fixture
async def server():
    there = Server()
    async with await asyncio.start_server(there, "127.0.0.1", 0) as listening:
        there.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield there


async def test_one_connection_in_sequence_and_small_pools_at_once(server):
    """No call waits for another's connection, a pool stays small, and what is closed can be used again."""
    pools = AsyncPools()

    async def call():
        response = await pools.send(httpx2.Request("GET", server.url, extensions={"timeout": {"pool": 5}}))
        return await response.aread()

    server.gate.set()
    assert [await call() for _ in range(3)] == [b"OK"] * 3
    assert (server.connections, len(pools._waiting)) == (1, 1)
    server.gate.clear()
    calls = [asyncio.create_task(call()) for _ in range(200)]
    for _ in range(3 + len(calls)):
        await server.waiting.acquire()
    assert sorted(pools._waiting.values()) == [25] * 8
    calls.pop().cancel()
    server.gate.set()
    assert await asyncio.gather(*calls) == [b"OK"] * 199
    assert set(pools._waiting.values()) == {0}
    await pools.aclose()
    assert await call() == b"OK"
    await pools.aclose()
