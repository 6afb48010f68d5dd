"""A notebook user never calls close(): the process ends, and says nothing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from nbagents import SQLiteSession, edit
from nbagents._sqlite import connect, migrate
from nbagents.sessions.sqlite.connection import FileReplacedWarning

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
