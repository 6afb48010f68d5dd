import asyncio
from types import SimpleNamespace

import pytest

from nbagents.errors import ConfigError
from nbagents.replay import notice
from nbagents.replay.wire import pace, transport


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf"])
def test_a_speed_that_is_no_factor_is_named(text):
    """A factor that cannot multiply a wait is refused with the variable's name."""
    with pytest.raises(ConfigError, match="NBAGENTS_OFFLINE_SPEED") as caught:
        pace.offline_speed({"NBAGENTS_OFFLINE_SPEED": text})
    assert text == caught.value.value


def test_a_wrong_speed_reaches_the_caller_as_an_api_error(offline, environment):
    """The transport reports a wrong setting once, as a refusal that is not tried again."""
    import openai

    environment.setenv("NBAGENTS_OFFLINE_SPEED", "fast")
    with pytest.raises(openai.BadRequestError, match="NBAGENTS_OFFLINE_SPEED"):
        offline.sync_openai_client().responses.create(model="m", input="Hello!")


async def test_a_stream_spreads_its_wait_over_its_events(offline, environment, monkeypatch):
    """The words of a stream arrive over the whole wait, an equal part before each event."""
    waited = []

    async def note(seconds):
        waited.append(seconds)

    environment.setenv("NBAGENTS_OFFLINE_SPEED", "2")
    monkeypatch.setattr(transport, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": note}))  # for it alone
    stream = await offline.openai_client().responses.create(model="m", input="Hello!", stream=True)
    events = [event async for event in stream]
    monkeypatch.undo()
    assert len(events) == len(waited)
    assert sum(waited) == pytest.approx(2 * 0.015 * 7)  # "Hello! What can I do for you?"


async def test_waiting_can_be_cancelled(offline, environment):
    """Interrupting a run interrupts the wait of its offline answer."""
    environment.setenv("NBAGENTS_OFFLINE_SPEED", "1000")
    task = asyncio.create_task(offline.openai_client().responses.create(model="m", input="Hello!"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_notice_is_told_once(monkeypatch):
    """The notice that says the answers are rules is written once in a process, with the way to a real model."""
    monkeypatch.setattr(notice, "_told", False)
    lines = []
    assert [notice.tell_once(lines.append), notice.tell_once(lines.append)] == [True, False]
    (line,) = lines
    assert "not from a language model" in line
    assert "OPENAI_API_KEY" in line
    assert "OPENAI_BASE_URL" in line
    assert all(len(part) < 110 for part in line.split("\n"))  # JupyterLab would break it inside a word


def test_the_first_offline_answer_tells_the_notice(offline, monkeypatch, capsys):
    """Code that never called enable() is told too, at its first answer, and not before."""
    monkeypatch.setattr(notice, "_told", False)
    client = offline.sync_openai_client()
    assert capsys.readouterr().out == ""
    client.responses.create(model="m", input="Hello!")
    client.responses.create(model="m", input="Hello!")
    assert capsys.readouterr().out == notice.NOTICE + "\n"
