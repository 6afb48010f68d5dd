"""A notebook user never calls close(): loops and the process end, and nothing is lost or said."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from nbagents import SQLiteSession, edit
from nbagents._sqlite import connect, migrate
from nbagents.sessions.sqlite import connection
from nbagents.sessions.sqlite.connection import FileReplacedWarning

USER = {"role": "user", "content": "Hi"}

_BEGIN = """
import asyncio, gc, sys, threading
from nbagents.sessions.sqlite.session import SQLiteSession
USER = {"role": "user", "content": "Hi"}
path = sys.argv[1]
"""

_SCRIPTS = {
    "asyncio.run": """
session = SQLiteSession("s", path)
asyncio.run(session.add_items([USER]))
""",
    "collected while a loop runs": """
async def main():
    for _ in range(5):
        await SQLiteSession("s", path).add_items([USER])
        gc.collect()
asyncio.run(main())
gc.collect()
""",
    "collected without a loop": """
session = SQLiteSession("s", path)
asyncio.run(session.add_items([USER]))
del session
gc.collect()
""",
    "a loop that stays open, as in a kernel": """
loop = asyncio.new_event_loop()
session = SQLiteSession("s", path)
loop.run_until_complete(session.add_items([USER]))
import atexit
atexit.register(loop.close)
""",
    "a thread's loop": """
session = SQLiteSession("s", path)
thread = threading.Thread(target=lambda: asyncio.run(session.add_items([USER])))
thread.start()
thread.join()
""",
    "an open that fails": """
from nbagents.errors import StoreOpenError
for _ in range(100):
    try:
        asyncio.run(SQLiteSession("s", path + "/none/x.db").add_items([USER]))
    except StoreOpenError:
        pass
open(path, "x").close()
""",
    "in memory": """
session = SQLiteSession("s", ":memory:")
asyncio.run(session.add_items([USER]))
open(path, "x").close()
""",
    "loops that were closed in the middle": """
import logging, time
logging.getLogger("asyncio").disabled = True  # it reports the task that was left
threading.excepthook = lambda _: None  # the thread that dies of it is aiosqlite's
def outlive_a_loop(session):
    asyncio.run(session.add_items([USER]))
    begun, go_on = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()
    loop.create_task(session._run(lambda _: (begun.set(), go_on.wait(30))))
    loop.run_until_complete(asyncio.to_thread(begun.wait, 30))
    loop.close()
    go_on.set()
    line = session._desk._opening.result()._line
    line.thread.join()
    return line.raw
def wait_closed(raw):
    gc.collect()
    while not raw.is_closed:
        time.sleep(0.01)
session = SQLiteSession("closed", path)
raw = outlive_a_loop(session)
asyncio.run(session.close())
assert raw.is_closed
session = SQLiteSession("collected", path)
raw = outlive_a_loop(session)
del session
wait_closed(raw)
session = SQLiteSession("used and collected", path)
raw = outlive_a_loop(session)
asyncio.run(session.add_items([USER]))
assert not raw.is_closed
del session
wait_closed(raw)
session = SQLiteSession("left", path)
raw = outlive_a_loop(session)
""",
    "a process that was forked": """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads, from Python 3.12 on
session, memory = SQLiteSession("s", path), SQLiteSession("s", ":memory:")
for one in (session, memory):
    asyncio.run(one.add_items([USER]))
child = os.fork()
for one in (session, memory):
    asyncio.run(one.add_items([USER]))
if child:
    assert os.waitpid(child, 0)[1] == 0
assert len(asyncio.run(memory.get_items())) == 2
assert not child or len(asyncio.run(session.get_items())) == 3
""",
    "an exception": """
session = SQLiteSession("s", path)
async def main():
    await session.add_items([USER])
    raise SystemExit(0)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("script", _SCRIPTS.values(), ids=_SCRIPTS.keys())
def test_a_process_that_never_closes_ends_quietly(path, script):
    """No hang, no ResourceWarning, no traceback of a thread; the items are in the file."""
    ended = subprocess.run(
        [sys.executable, "-W", "always", "-c", _BEGIN + script, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert path.exists()


def test_a_loop_that_ends_waits_for_its_write(path):
    """asyncio.run cancels what is left and closes its loop: the write is whole, and the next loop can write."""
    session = SQLiteSession("s", path)
    asyncio.run(session.get_items())
    holder = sqlite3.connect(path, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")

    async def leave_it_waiting():
        adding = asyncio.ensure_future(session.add_items([USER]))
        done, _ = await asyncio.wait({adding}, timeout=0.1)
        assert not done
        threading.Timer(0.2, holder.close).start()

    asyncio.run(leave_it_waiting())
    asyncio.run(session.add_items([USER]))
    assert asyncio.run(session.get_items()) == [USER, USER]


@pytest.fixture
def held_up():
    """Make a session's thread busy for a loop that is closed meanwhile; what is returned lets the thread go on."""
    go_on, busy = threading.Event(), []

    def hold_up(session):
        begun = threading.Event()
        loop = asyncio.new_event_loop()
        busy.append(loop.create_task(session._run(lambda _: (begun.set(), go_on.wait(30)))))
        loop.run_until_complete(asyncio.to_thread(begun.wait, 30))
        loop.close()
        return go_on

    yield hold_up
    go_on.set()


async def begun_before(go_on, call):
    """Await a call that is handed in while the thread is still busy."""
    calling = asyncio.ensure_future(call)
    await asyncio.wait({calling}, timeout=0.1)
    go_on.set()
    return await calling


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # aiosqlite's, of that loop
@pytest.mark.parametrize("where", ["lamp.db", ":memory:"])
def test_a_loop_that_is_closed_in_the_middle_is_outlived(tmp_path, where, held_up):
    """What another loop had handed in meanwhile is done, on the same connection: memory keeps its items too."""
    session = SQLiteSession("s", where if where == ":memory:" else tmp_path / where)
    asyncio.run(session.add_items([USER]))
    asyncio.run(begun_before(held_up(session), session.add_items([USER])))
    assert asyncio.run(session.get_items()) == [USER, USER]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_session_held_up_by_a_closed_loop_can_be_closed(path, held_up):
    """Closing does not wait for a thread that has died."""
    session = SQLiteSession("s", path)
    asyncio.run(session.add_items([USER]))
    raw = session._desk._opening.result()._line.raw
    asyncio.run(begun_before(held_up(session), session.close()))
    assert raw.is_closed


async def ended(line):
    """Whether a connection is closed by and by."""
    for _ in range(3000):
        if line.raw.is_closed:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize("where", ["lamp.db", ":memory:"])
async def test_a_session_that_nobody_has_any_more_is_closed(tmp_path, where):
    """A kernel that makes a session for each question does not end with thousands of threads and open files."""
    session = SQLiteSession("s", where if where == ":memory:" else tmp_path / where)
    await session.add_items([USER])
    assert await session.get_items() == [USER]
    line = session._desk._opening.result()._line
    del session
    gc.collect()
    assert await ended(line)


async def test_of_many_open_files_the_idle_ones_are_closed(tmp_path, monkeypatch):
    """A cell that shows a session and is run a thousand times ends with no thousand threads; nothing is lost."""
    monkeypatch.setattr(connection, "_MOST_OPEN", 3)
    monkeypatch.setattr(connection, "_IDLE_S", 0.0)
    memory = SQLiteSession("memory", ":memory:")
    sessions = [memory, *(SQLiteSession(f"s{n}", tmp_path / "lamp.db") for n in range(8))]
    lines = []
    for session in sessions:
        await session.add_items([USER])
        lines.append(session._desk._opening.result()._line)
    for line in lines[1:5]:
        assert await ended(line)
    assert not lines[0].raw.is_closed  # what it holds is nowhere else

    async def use(session):
        for _ in range(5):
            await session.add_items([USER])
        return await session.get_items()

    assert await asyncio.gather(*map(use, sessions)) == [[USER] * 6] * 9
    for session in sessions:
        await session.close()


@pytest.mark.parametrize("by", ["removed", "replaced"])
async def test_a_file_that_is_gone_is_left(tmp_path, by):
    """What comes after somebody removed the file is in a new one, never in one that nobody can open."""
    path = tmp_path / "lamp.db"
    async with SQLiteSession("s", path) as session:
        await session.add_items([{"role": "user", "content": "before"}])
        sheet = edit(session)._sheet
        before = await sheet.version()
        for file in tmp_path.glob("lamp.db*"):
            file.unlink()
        if by == "replaced":
            async with SQLiteSession("s", path) as other:
                await other.add_items([{"role": "user", "content": "theirs"}])
        with pytest.warns(FileReplacedWarning, match="is kept in a new file"):
            await session.add_items([{"role": "user", "content": "after!"}])
        assert await sheet.version() != before
        async with SQLiteSession("s", path) as again:
            found = [item["content"] for item in await again.get_items()]
    assert found == (["after!"] if by == "removed" else ["theirs", "after!"])


def test_a_file_of_traces_alone_is_shown_as_no_items(tmp_path):
    """The first look at a session in a notebook that only ran agents is an empty table, no error."""
    path = tmp_path / "lamp.db"
    with closing(connect(path)) as connection:
        migrate(connection, path)
    _, text = edit(SQLiteSession("s", path)).static_forms()
    assert "0 items" in text
