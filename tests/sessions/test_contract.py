"""What every session must do, whatever keeps it: one suite over every backend."""

from __future__ import annotations

import asyncio
import threading
import uuid

import agents
import pytest
from agents.memory import Session, SessionSettings
from openai import AsyncOpenAI

from nbagents import CompressedSession, OpenAIConversationsSession, SQLiteSession, apply_frame, to_frame
from nbagents.errors import ConflictError

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}
LONG = {"role": "user", "content": "My lamp arrived broken. " * 100}


def user(text):
    return {"role": "user", "content": text}


class Backend:
    """Makes sessions of one kind."""

    negative_is_all = True

    def __init__(self, path):
        self.path = path
        self.leaving = []

    def make(self, name="s", settings=None):
        session = self.open(f"{name}-{uuid.uuid4().hex}", settings)
        self.leaving.append(getattr(session, "close", None))
        return session

    @staticmethod
    def said(items):
        """What items say, without what a server adds to them."""
        return [(item.get("role"), _text(item.get("content"))) for item in items]

    async def leave(self):
        for close in self.leaving:
            ended = close() if close else None
            if ended is not None:
                await ended


def _text(content):
    return content if content is None or isinstance(content, str) else "".join(part["text"] for part in content)


class Sdk(Backend):
    def open(self, name, settings):
        return agents.SQLiteSession(name, self.path, session_settings=settings)


class Sqlite(Backend):
    def open(self, name, settings):
        return SQLiteSession(name, self.path, session_settings=settings)


class Memory(Backend):
    def open(self, name, settings):
        return SQLiteSession(name, ":memory:", session_settings=settings)


class Compressed(Sqlite):
    def open(self, name, settings):
        return CompressedSession(super().open(name, settings), threshold=100)


class Encrypted(Sqlite):
    def open(self, name, settings):
        pytest.importorskip("cryptography")
        from agents.extensions.memory import EncryptedSession

        base = super().open(name, settings)
        self.leaving.append(base.close)
        return EncryptedSession(name, base, encryption_key="k" * 32)


class SqlAlchemy(Backend):
    def open(self, name, settings):
        pytest.importorskip("sqlalchemy")
        from agents.extensions.memory import SQLAlchemySession

        url = f"sqlite+aiosqlite:///{self.path}"
        session = SQLAlchemySession.from_url(name, url=url, create_tables=True, session_settings=settings)
        self.leaving.append(session.engine.dispose)
        return session


class Redis(Backend):
    negative_is_all = False

    def __init__(self, path, url):
        super().__init__(path)
        self.url = url

    def open(self, name, settings):
        from nbagents import RedisSession

        return RedisSession.from_url(name, url=self.url, session_settings=settings)


class Conversations(Backend):
    def __init__(self, path, base_url):
        super().__init__(path)
        self.client = AsyncOpenAI(base_url=base_url, api_key="right", max_retries=0)
        self.leaving.append(self.client.close)

    def open(self, name, settings):
        return OpenAIConversationsSession(openai_client=self.client, session_settings=settings)


@pytest.fixture(
    params=["sdk", "sqlite", "memory", "redis", "conversations", "compressed", "encrypted", "sqlalchemy"]
)
async def backend(request, path):
    match request.param:
        case "redis":
            pytest.importorskip("redis")
            backend = Redis(path, request.getfixturevalue("redis_url"))
        case "conversations":
            backend = Conversations(path, request.getfixturevalue("conversations").base_url)
        case name:
            kinds = {
                "sdk": Sdk,
                "sqlite": Sqlite,
                "memory": Memory,
                "compressed": Compressed,
                "encrypted": Encrypted,
            }
            backend = kinds.get(name, SqlAlchemy)(path)
    yield backend
    await backend.leave()


async def test_satisfies_the_protocol(backend):
    """A session is one by the SDK's own protocol, once it is used: OpenAI names a conversation then."""
    session = backend.make()
    await session.get_items()
    assert isinstance(session, Session)


async def test_items_come_back_as_they_were_added(backend):
    """Order and values are kept, over several adds; long texts too."""
    session = backend.make()
    await session.add_items([USER, ANSWER])
    await session.add_items([])
    await session.add_items([LONG])
    assert backend.said(await session.get_items()) == backend.said([USER, ANSWER, LONG])


@pytest.mark.parametrize("limit", [None, 2, 99, 0, -1])
async def test_limit_is_the_newest_oldest_first(backend, limit):
    """A limit gives the newest N and 0 none; a negative one all, but none in Redis, as in the SDK."""
    session = backend.make()
    items = [user(str(number)) for number in range(5)]
    await session.add_items(items)
    everything = items if backend.negative_is_all else []
    expected = {None: items, 2: items[-2:], 99: items, 0: [], -1: everything}[limit]
    assert backend.said(await session.get_items(limit)) == backend.said(expected)


async def test_settings_give_the_default_limit(backend):
    """An explicit limit wins over the settings'."""
    session = backend.make(settings=SessionSettings(limit=1))
    await session.add_items([USER, ANSWER])
    assert backend.said(await session.get_items()) == backend.said([ANSWER])
    assert backend.said(await session.get_items(2)) == backend.said([USER, ANSWER])


async def test_pop_takes_the_newest(backend):
    """Popping goes back in time and ends with None."""
    session = backend.make()
    await session.add_items([USER, ANSWER])
    popped = [await session.pop_item() for _ in range(3)]
    assert (backend.said(popped[:2]), popped[2]) == (backend.said([ANSWER, USER]), None)


async def test_clear_leaves_other_sessions(backend):
    """Sessions of one store do not touch each other, and a cleared one goes on."""
    one, other = backend.make("one"), backend.make("other")
    await one.add_items([USER])
    await other.add_items([ANSWER])
    await one.clear_session()
    assert await one.get_items() == []
    assert backend.said(await other.get_items()) == backend.said([ANSWER])
    await one.add_items([ANSWER])
    assert backend.said(await one.get_items()) == backend.said([ANSWER])


async def test_cancelled_in_the_middle_of_a_write(backend):
    """Cancelled at any of its steps, an add is done or not done, and the next one works."""
    session = backend.make()
    there = 0
    for hops in range(16):
        adding = asyncio.ensure_future(session.add_items([USER, USER]))
        for _ in range(hops):
            await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait({adding})
        await session.add_items([ANSWER])
        found = len(await session.get_items())
        assert found in {there + 1, there + 3}
        there = found


def on_another_thread(make):
    """Run a coroutine on an event loop of a thread's own, as a widget's handler may."""
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(asyncio.run(make())))
    thread.start()
    thread.join()
    return outcome[0]


async def test_another_thread_uses_it(backend):
    """A widget's handler runs on another thread, while the notebook's loop is alive and has used the session."""
    session = backend.make()
    await session.add_items([USER])
    await asyncio.to_thread(on_another_thread, lambda: session.add_items([ANSWER]))
    found = await asyncio.to_thread(on_another_thread, session.get_items)
    assert backend.said(found) == backend.said([USER, ANSWER])
    assert backend.said(await session.get_items()) == backend.said([USER, ANSWER])


async def test_two_event_loops_at_once(backend):
    """``Runner.run_sync`` in a thread beside the notebook's own loop: all is there, each side in its order."""
    session = backend.make()
    await session.add_items([USER])

    async def add(name):
        for number in range(5):
            await session.add_items([user(f"{name} {number}")])

    await asyncio.gather(asyncio.to_thread(on_another_thread, lambda: add("theirs")), add("ours"))
    texts = [text for _, text in backend.said(await session.get_items())]
    for name in ("ours", "theirs"):
        assert [text for text in texts if text.startswith(name)] == [f"{name} {number}" for number in range(5)]
    assert len(texts) == 11


async def test_it_is_a_table(backend):
    """Any session is read, edited and written back; what came in since is a conflict."""
    session = backend.make()
    await session.add_items([USER, ANSWER])
    frame = await to_frame(session)
    assert frame["text"].tolist() == ["Hi", "Hello"]
    frame.loc[0, "text"] = "Good morning"
    assert (await apply_frame(session, frame)).updated == 1
    assert backend.said(await session.get_items()) == backend.said([user("Good morning"), ANSWER])
    frame = await to_frame(session)
    await session.add_items([USER])
    frame.loc[0, "text"] = "Good evening"
    with pytest.raises(ConflictError):
        await apply_frame(session, frame)
    assert len(await session.get_items()) == 3
