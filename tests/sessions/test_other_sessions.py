"""Sessions of the SDK's and anybody's as tables: to_frame and apply_frame through the protocol alone."""

from __future__ import annotations

import asyncio
import json

import agents
import pandas as pd
import pytest
from agents.extensions.memory import AdvancedSQLiteSession, AsyncSQLiteSession
from agents.memory import OpenAIResponsesCompactionSession, SessionSettings

from nbagents import SQLiteSession, apply_frame, to_frame
from nbagents.errors import ConfigError, ConflictError, FrameError, RewriteError, UnsupportedError
from nbagents.sessions.table.edits import EditReport

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


@pytest.fixture
def encrypt():
    pytest.importorskip("cryptography")
    from agents.extensions.memory import EncryptedSession

    return lambda session: EncryptedSession("other", session, encryption_key="k" * 32)


def compacted(session):
    return OpenAIResponsesCompactionSession("other", session, client=object(), model="gpt-4.1")


@pytest.fixture(params=["sdk", "async", "advanced", "sqlalchemy", "encrypted", "encrypted ours", "compaction"])
async def other(request, path, encrypt):
    """A session that knows nothing of tables, or hides those of the session it wraps."""
    closing = []
    match request.param:
        case "sdk" | "encrypted" | "compaction":
            session = agents.SQLiteSession("other", path)
            closing.append(session)
        case "async":
            session = AsyncSQLiteSession("other", path)
            closing.append(session)
        case "advanced":
            session = AdvancedSQLiteSession(session_id="other", db_path=path, create_tables=True)
            closing.append(session)
        case "encrypted ours":
            session = SQLiteSession("other", path)
            closing.append(session)
        case "sqlalchemy":
            pytest.importorskip("sqlalchemy")
            from agents.extensions.memory import SQLAlchemySession

            session = SQLAlchemySession.from_url("other", url=f"sqlite+aiosqlite:///{path}", create_tables=True)
            closing.append(session.engine)
    if request.param.startswith("encrypted"):
        session = encrypt(session)
    yield compacted(session) if request.param == "compaction" else session
    for each in closing:
        ended = each.dispose() if hasattr(each, "dispose") else each.close()
        if ended is not None:
            await ended


async def test_a_history_is_read_edited_and_written_back(other, history):
    """Text is edited, a row removed, one added; everything else stays as it was, and ciphertext is never shown."""
    await other.add_items(history)
    frame = await to_frame(other)
    assert frame["text"].tolist()[0] == history[0]["content"]
    assert frame["id"].isna().all()
    frame.loc[4, "text"] = "Could you send a photo?"
    frame = frame.drop(index=[1, 2, 3])
    frame.loc[99] = {"role": "user", "text": "Here it is."}
    assert await apply_frame(other, frame) == EditReport(inserted=1, updated=1, deleted=3)
    history[4]["content"][0]["text"] = "Could you send a photo?"
    assert await other.get_items() == [history[0], history[4], {"role": "user", "content": "Here it is."}]


async def test_rows_change_their_order(other, history):
    """The order of the rows is the order of the history."""
    await other.add_items([USER, ANSWER, {"role": "user", "content": "Bye"}])
    frame = (await to_frame(other)).iloc[[2, 0, 1]]
    assert await apply_frame(other, frame) == EditReport(0, 0, 0, moved=1)
    assert [item["content"] for item in await other.get_items()] == ["Bye", "Hi", "Hello"]


async def test_a_stale_frame_is_refused(other):
    """What came in since the frame was read is shown, and nothing is written."""
    await other.add_items([USER])
    frame = await to_frame(other)
    frame.loc[0, "text"] = "Edited"
    await other.add_items([ANSWER])
    with pytest.raises(ConflictError) as caught:
        await apply_frame(other, frame)
    assert [(c.expected, json.loads(c.found)) for c in caught.value.conflicts] == [(None, ANSWER)]
    assert await other.get_items() == [USER, ANSWER]


async def test_an_orphan_is_refused_or_settled(other, history):
    """The policies are those of SQLiteSession."""
    await other.add_items(history)
    frame = (await to_frame(other)).drop(index=[3])
    with pytest.raises(FrameError, match="no output after it"):
        await apply_frame(other, frame)
    assert await apply_frame(other, frame, on_orphan="stub") == EditReport(1, 0, 1)
    assert (await to_frame(other))["type"].tolist()[3] == "function_call_output"


async def test_a_frame_is_written_once(other):
    """Written again it is found in place; edited again it must be read again."""
    await other.add_items([USER])
    frame = await to_frame(other)
    frame.loc[0, "text"] = "Edited"
    assert (await apply_frame(other, frame)).updated == 1
    assert await apply_frame(other, frame) == EditReport(0, 0, 0)
    frame.loc[0, "text"] = "Edited again"
    with pytest.raises(FrameError, match="written before"):
        await apply_frame(other, frame)


@pytest.fixture
def sdk(path):
    session = agents.SQLiteSession("other", path)
    yield session
    session.close()


class Failing(agents.SQLiteSession):
    """Fails where it is told to."""

    fail_add = 0

    async def add_items(self, items):
        if self.fail_add:
            self.fail_add -= 1
            raise OSError("disk full")
        await super().add_items(items)


async def edited(session, items):
    await session.add_items(items)
    frame = await to_frame(session)
    frame.loc[0, "text"] = "Edited"
    return frame


async def test_a_failed_write_puts_the_old_history_back():
    """The error says that it is back, and it is."""
    session = Failing("other")
    frame = await edited(session, [USER, ANSWER])
    session.fail_add = 1
    with pytest.raises(RewriteError, match="is back") as caught:
        await apply_frame(session, frame)
    assert caught.value.restored
    assert await session.get_items() == [USER, ANSWER]
    assert (await apply_frame(session, frame)).updated == 1
    session.close()


async def test_what_cannot_be_put_back_is_in_the_error():
    """The error says that the old history is gone from the store, and holds it."""
    session = Failing("other")
    frame = await edited(session, [USER, ANSWER])
    session.fail_add = 2
    with pytest.raises(RewriteError, match="could not be put back") as caught:
        await apply_frame(session, frame)
    assert not caught.value.restored
    assert caught.value.items == [USER, ANSWER]
    await session.add_items(list(caught.value.items))
    assert await session.get_items() == [USER, ANSWER]
    session.close()


async def test_a_cancelled_edit_is_whole():
    """A cancellation between clear and add waits for the add."""

    class Slow(agents.SQLiteSession):
        cleared = asyncio.Event()
        go = asyncio.Event()

        async def clear_session(self):
            await super().clear_session()
            self.cleared.set()
            await self.go.wait()

    session = Slow("other")
    frame = await edited(session, [USER, ANSWER])
    task = asyncio.create_task(apply_frame(session, frame))
    await session.cleared.wait()
    task.cancel()
    await asyncio.sleep(0)
    session.go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [item["content"] for item in await session.get_items()] == ["Edited", "Hello"]
    session.close()


async def test_added_rows_are_only_added():
    """Rows at the end need no clearing, so nothing can be lost."""

    class Kept(agents.SQLiteSession):
        async def clear_session(self):
            raise AssertionError("cleared")

    session = Kept("other")
    await session.add_items([USER])
    frame = await to_frame(session)
    frame.loc[1] = {"role": "assistant", "text": "Hello"}
    assert await apply_frame(session, frame) == EditReport(1, 0, 0)
    assert await session.get_items() == [USER, ANSWER]
    session.close()


@pytest.mark.parametrize(
    ("edit", "message", "column"),
    [
        (lambda f: f.drop(columns=["position"]), "no position column", "position"),
        (lambda f: f.assign(position=[1, 1]), "position 1 is there twice", "position"),
        (lambda f: f.assign(position=[1, 7]), "has no position 7", "position"),
        (lambda f: f.assign(position=[1, 1.5]), "not a whole number", "position"),
        (lambda f: f.assign(metadata=['{"a": 1}', None]), "keeps no metadata", "metadata"),
        (lambda f: f.assign(tokens=[1, 1]), "cannot be edited", "tokens"),
    ],
)
async def test_what_no_history_can_be_is_refused(sdk, edit, message, column):
    """The error names the column, and nothing is written."""
    await sdk.add_items([USER, ANSWER])
    frame = edit(await to_frame(sdk))
    with pytest.raises(FrameError, match=message) as caught:
        await apply_frame(sdk, frame)
    assert caught.value.column == column
    assert await sdk.get_items() == [USER, ANSWER]


async def test_a_frame_of_another_session_is_refused(sdk):
    """A frame belongs to the session it was read from."""
    mine = agents.SQLiteSession("mine")
    await mine.add_items([USER])
    with pytest.raises(FrameError, match=r"read from session 'mine'"):
        await apply_frame(sdk, await to_frame(mine))
    mine.close()


async def test_a_frame_without_attrs_is_recognised(sdk):
    """pandas drops attrs where frames are concatenated."""
    await sdk.add_items([USER])
    frame = await to_frame(sdk)
    more = pd.concat([frame.astype(object), pd.DataFrame([{"role": "assistant", "text": "Hello"}])])
    assert not more.attrs
    assert await apply_frame(sdk, more.reset_index(drop=True)) == EditReport(1, 0, 0)


async def test_a_policy_that_does_not_exist(sdk):
    """Refused before anything is read."""
    with pytest.raises(ConfigError):
        await apply_frame(sdk, await to_frame(sdk), on_orphan="drop")


async def test_a_limit_in_the_settings_does_not_cut_the_table(path):
    """An edit of the newest rows must not lose the others."""
    session = agents.SQLiteSession("other", path, session_settings=SessionSettings(limit=1))
    await session.add_items([USER, ANSWER])
    frame = await to_frame(session)
    frame.loc[1, "text"] = "Hello!"
    await apply_frame(session, frame)
    assert [item["content"] for item in await session.get_items(9)] == ["Hi", "Hello!"]
    session.close()


async def test_branches_are_not_deleted_by_an_edit(path):
    """AdvancedSQLiteSession clears every branch, so a session that has several is only added to."""
    session = AdvancedSQLiteSession(session_id="other", db_path=path, create_tables=True)
    for number in range(2):
        await session.add_items([{"role": "user", "content": f"Question {number}"}, ANSWER])
    await session.create_branch_from_turn(2, "second")
    frame = await to_frame(session)
    frame.loc[0, "text"] = "Edited"
    with pytest.raises(UnsupportedError, match="branches"):
        await apply_frame(session, frame)
    assert len(await session.list_branches()) == 2
    session.close()


async def test_rows_without_an_item_are_named_and_never_lost(sdk):
    """The SDK hands over what is not an object; it is not shown, and an edit does not clear it away."""
    await sdk.add_items([USER, 42])
    with pytest.warns(UserWarning, match="row 2 holds no item"):
        frame = await to_frame(sdk)
    assert len(frame) == 1
    frame.loc[0, "text"] = "Edited"
    with pytest.raises(FrameError, match="hold no item"):
        await apply_frame(sdk, frame)
    assert await sdk.get_items() == [USER, 42]
