"""Several processes, threads, event loops and cancelled callers on one file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest

from nbagents.errors import SessionClosedError
from nbagents.sessions.sqlite.session import SQLiteSession

USER = {"role": "user", "content": "Hi"}


class Holder:
    """Somebody who holds the write lock, until told not to."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.connection.execute("BEGIN IMMEDIATE")

    def release(self):
        self.connection.rollback()
        self.connection.close()


@pytest.fixture
async def holder(session, path):
    await session.get_items()
    holder = Holder(path)
    yield holder
    holder.release()


async def test_a_held_lock_is_waited_for(session, path):
    """A writer that finds the file locked waits for it, and the loop goes on meanwhile."""
    await session.get_items()
    holder = Holder(path)
    adding = asyncio.ensure_future(session.add_items([USER]))
    done, _ = await asyncio.wait({adding}, timeout=1)
    assert done == set()
    holder.release()
    await adding
    assert await session.get_items() == [USER]


async def test_reads_do_not_wait_for_another_writer(session, holder, path):
    """WAL: a reader sees what was there."""
    async with SQLiteSession("support-42", path) as reader:
        assert await reader.get_items() == []


@pytest.mark.parametrize("method", ["add_items", "pop_item", "clear_session"])
async def test_a_cancelled_write_is_whole(filled, path, history, method):
    """A caller cancelled while it waits for the lock: done or not done, and the connection is free."""
    holder = Holder(path)
    call = {"add_items": lambda: filled.add_items([USER, USER])}.get(method, getattr(filled, method))
    writing = asyncio.ensure_future(call())
    await asyncio.wait({writing}, timeout=0.1)
    writing.cancel()
    await asyncio.wait({writing}, timeout=0.1)
    holder.release()
    with pytest.raises(asyncio.CancelledError):
        await writing
    expected = {"add_items": [*history, USER, USER], "pop_item": history[:-1], "clear_session": []}[method]
    assert await filled.get_items() in (expected, history)
    assert await filled._run(lambda connection: connection.in_transaction) is False
    with closing(sqlite3.connect(path, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")


async def test_cancelled_at_any_point_of_a_first_use(tmp_path):
    """Cancelled while the file is opened or after: the next use works."""
    for hops in range(12):
        async with SQLiteSession("s", tmp_path / f"{hops}.db") as session:
            adding = asyncio.ensure_future(session.add_items([USER, USER]))
            for _ in range(hops):
                await asyncio.sleep(0)
            adding.cancel()
            with pytest.raises(asyncio.CancelledError):
                await adding
            assert len(await session.get_items()) in {0, 2}
            await session.add_items([USER])
            assert len(await session.get_items()) in {1, 3}


async def test_a_failed_write_leaves_no_transaction(filled, path, history):
    """An error in the middle undoes all of it."""
    trigger = (
        "CREATE TRIGGER refuse BEFORE INSERT ON agent_messages "
        "WHEN NEW.message_data LIKE '%third%' BEGIN SELECT raise(ABORT, 'no'); END"
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(trigger)
    with pytest.raises(Exception, match="no"):
        await filled.add_items([USER, USER, {"role": "user", "content": "third"}])
    assert await filled.get_items() == history
    assert await filled._run(lambda connection: connection.in_transaction) is False


async def test_many_tasks_at_once(session):
    """First use by 50 tasks opens one connection; every item is there."""
    await asyncio.gather(*(session.add_items([{"role": "user", "content": str(n)}]) for n in range(50)))
    assert len(await session.get_items()) == 50


def test_event_loops_one_after_another(path):
    """``asyncio.run`` twice over one session, as in two cells of a script."""
    session = SQLiteSession("s", path)
    for number in range(3):
        asyncio.run(session.add_items([{"role": "user", "content": str(number)}]))
    assert len(asyncio.run(session.get_items())) == 3
    asyncio.run(session.close())


async def test_event_loops_in_threads_at_once(session):
    """``Runner.run_sync`` in threads beside the notebook's own loop."""
    await session.add_items([USER])

    def add():
        for _ in range(20):
            asyncio.run(session.add_items([USER]))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        await session.add_items([USER])
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    assert len(await session.get_items()) == 101


def test_first_use_in_several_threads_at_once(path):
    """Whoever comes first opens; the others wait, each on its own loop."""
    session = SQLiteSession("s", path)
    together = threading.Barrier(6)
    failed = []

    def add():
        together.wait()
        try:
            asyncio.run(session.add_items([USER]))
        except Exception as exc:  # noqa: BLE001 - shown below
            failed.append(exc)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(asyncio.run(session.get_items())) == 6
    asyncio.run(session.close())


async def test_closing_under_use(path):
    """What was begun before close is finished; what comes after is refused."""
    session = SQLiteSession("s", path)
    await session.get_items()
    adds = [asyncio.ensure_future(session.add_items([USER])) for _ in range(10)]
    await asyncio.sleep(0)
    await asyncio.gather(session.close(), session.close())
    outcomes = await asyncio.gather(*adds, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, SessionClosedError) for outcome in outcomes)
    async with SQLiteSession("s", path) as again:
        assert len(await again.get_items()) == outcomes.count(None)
